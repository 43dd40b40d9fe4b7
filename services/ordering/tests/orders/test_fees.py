"""Fees are told before anybody orders, as billing will charge them. On both databases."""

import re
from datetime import timedelta

import pytest

from contracts import Article, Sale
from contracts.fee import FeeKind, FeeSet, ShareBy
from ordering.fee import Bought, estimate

from .conftest import product
from .test_pages import MEMBER, SHOP, shop


def plain(answer):
    return " ".join(re.sub(r"<[^>]+>", "", answer.text).replace("\u00a0", " ").replace("\u202f", " ").split())


OPENED = "2026-11-10T08:00:00Z"


def fee(fee_id="transport", version=1, **changes):
    said = {"name": "Transport", "earner_id": "hub", "earner_name": "Panier de l’Aude", "first_day": "2026-11-01"}
    said |= {"kind": "per_order", "cents": 500, "free_from_cents": 5000, "set_at": OPENED}
    return FeeSet.model_validate({"id": fee_id, "version": version, **said, **changes})


VAN = {"name": "Camion", "earner_id": "bousole", "earner_name": "La Ferme de Bousole", "kind": "shared", "cents": 1000}


@pytest.fixture
def member(hub, client_for):
    return client_for(hub.app, MEMBER)


async def test_the_shop_tells_each_fee_and_what_it_comes_to(hub, member):
    await hub.hear(fee(), fee("van", **VAN, free_from_cents=0, share_by="equally"))
    await hub.open()
    page = plain(await member.get(SHOP))
    rule = "Transport : 5,00 € sur chaque commande · gratuit à partir de 50,00 € de marchandises."
    assert f"{rule} Sur toutes les marchandises." in page
    assert "Camion : 10,00 € pour toute la livraison, répartis à parts égales entre les foyers." in page
    assert "Sur les marchandises de La Ferme de Bousole." in page
    assert "Pour ce qui est commandé" not in page, "nothing is ordered yet"
    answer = await shop(member, tomme="2")
    order = plain(await member.get(answer.headers["location"]))
    assert "Pour ce qui est commandé : 5,00 €" in order
    assert "Votre part dépend de ce que commandent les autres" in order
    assert "Pour ce qui est commandé : 5,00 €" in plain(await member.get(SHOP))


async def test_a_basket_beyond_the_sum_from_which_it_is_free_is_told_of_no_fee(hub, member):
    """T19: 40,00 that becomes 55,00."""
    await hub.hear(fee())
    await hub.open()
    answer = await shop(member, oranges="2")
    where = answer.headers["location"]
    assert "Pour ce qui est commandé : 5,00 €" in plain(await member.get(where))
    await shop(member, oranges="3", version="1")
    assert "Transport" not in plain(await member.get(where))
    assert "Pour ce qui est commandé : 0,00 €" in plain(await member.get(SHOP))


async def test_what_is_set_after_the_opening_is_not_told(hub, member):
    await hub.hear(fee())
    await hub.open()
    later = (hub.clock.now() + timedelta(hours=1)).isoformat()
    await hub.hear(fee(version=2, cents=900, set_at=later), fee("other", name="Autre", set_at=later))
    page = plain(await member.get(SHOP))
    assert "5,00 € sur chaque commande" in page
    assert "9,00 €" not in page
    assert "Autre" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"group_ids": ("quillan",)},
        {"first_day": "2026-11-28"},
        {"last_day": "2026-11-26"},
        {"stopped": True},
        {"earner_id": "nobody-here"},
    ],
)
async def test_what_is_not_charged_is_not_told(hub, member, changes):
    await hub.hear(fee(), fee(version=2, **changes))
    await hub.open()
    assert "Transport" not in plain(await member.get(SHOP))


async def test_a_version_that_comes_late_takes_the_place_of_no_newer_one(hub, member):
    await hub.hear(fee(version=2, cents=600), fee(version=1), fee(version=2, cents=600))
    await hub.open()
    assert "6,00 € sur chaque commande" in plain(await member.get(SHOP))


def bought(count, **changes):
    article: Article = product("eggs", price_cents=300).article
    return Bought(article.model_copy(update=changes), count * 1000)


def test_a_share_of_the_price_is_told_as_billing_charges_it():
    """M-01."""
    one = fee(kind=FeeKind.PERCENT, cents=0, rate_hundredths=1110, free_from_cents=0)
    assert estimate(one, [bought(1)]) == 33
    assert estimate(one, [bought(4)]) == 132


def test_a_producers_fee_is_on_its_own_goods_alone_and_not_on_what_the_hub_sells():
    one = fee(earner_id="bousole", free_from_cents=0)
    assert estimate(one, [bought(1)]) == 500
    assert estimate(one, [bought(1, producer_id="bioespuna")]) == 0
    assert estimate(one, [bought(1, sale=Sale.RESALE)]) == 0


def test_a_part_of_a_shared_sum_is_not_guessed():
    one = fee(kind=FeeKind.SHARED, share_by=ShareBy.VALUE)
    assert estimate(one, [bought(1)]) is None
    assert estimate(one, []) == 0
