"""Commissions in the books: of which contract, once, put right when amounts are; and the account that is rendered."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from billing_week import OLIVES, given, line, resold
from billing_week import producer as any_producer
from commission_week import NEXT, PLAIN, SUNDAY, TOMME, WINE, balances, faults, less, sold
from mandate_papers import CATALOGUE, COORDINATOR, GOATS, LIST, TYPED, hidden, link, producer, sign, signed
from sqlalchemy import select

from billing import vat
from billing.app import BillingSettings, create_app
from billing.ledger.book import entry, movement, movement_of
from billing.ledger.chart import HUB
from billing.ledger.commissions import TIMER, Commissions
from billing.ledger.cover import covers_on
from billing.mandate import contract
from chassis.testing import deliver
from chassis.timers import Timer
from contracts.logistics import DeliveredLine, DeliveryRecorded


@pytest.fixture
async def hub(app):
    await deliver(app, *CATALOGUE, any_producer("BioEspuña", country="ES"))
    return app


async def earned(app):
    return -(await balances(app)).get((HUB, "commission", ""), 0)


async def entries(app, rule="commission"):
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(entry).where(entry.c.rule == rule).order_by(entry.c.number))
    return [(row["cycle_id"], row["number"], row["counters"]) for row in rows]


async def test_what_the_hub_collects_is_lessened_by_its_commission(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    found = await balances(hub)
    assert {key: cents for key, cents in found.items() if key[0] == HUB} == {
        (HUB, "third_party", GOATS): 256,
        (HUB, "commission", ""): -213,  # 212.5
        (HUB, "vat", ""): -43,
    }
    # A flat-rate farmer deducts no VAT.
    assert (found[GOATS, "commission_paid", ""], found[GOATS, "third_party", HUB]) == (256, -256)
    assert await faults(hub) == []


async def test_what_producers_are_paid_directly_leaves_a_claim_on_them_and_deducts_nothing(hub, client_for):
    await deliver(hub, producer(version=2, seller_regime="NORMAL"))
    await signed(hub, client_for, **PLAIN, collection="direct_to_producer")
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    found = await balances(hub)
    assert found[HUB, "producers", GOATS] == 256
    assert (found[GOATS, "commission_paid", ""], found[GOATS, "vat_deductible", ""]) == (213, 43)
    assert found[GOATS, "supplier", HUB] == -256
    assert not [key for key in found if key[1] == "third_party"]


async def test_the_hub_is_covered_before_and_after_it_collects_nothing(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    async with hub.state.service.database.read() as reader:
        [cover] = await covers_on(reader, SUNDAY)
    assert (cover.claimed_cents, cover.held_cents, cover.owed_cents, cover.due_cents) == (1700, 0, -256, 0)
    assert cover.covered


async def test_a_class_has_the_rate_and_base_that_the_contract_says(hub, client_for):
    await deliver(hub, producer(version=2, seller_regime="NORMAL"))
    await signed(hub, client_for)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 4), line(WINE, 2)]))
    assert await earned(hub) == 425 + 160  # 12.5 % of 34.00 with VAT; 8 % of 20.00 without


async def test_without_a_contract_that_covers_the_delivery_nothing_is_earned(hub, client_for):
    await signed(hub, client_for)
    await deliver(hub, *sold(date(2026, 11, 24), [line(TOMME)], "early"))  # delivered two days before it begins
    await deliver(hub, *sold(SUNDAY, [line(OLIVES)], "spain"))
    assert await entries(hub) == []
    assert await entries(hub, "commission_owed") == []


async def test_a_revision_that_lowers_the_sales_takes_commission_back(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    await deliver(hub, *less(SUNDAY, [given(TOMME, 1, 2)]))
    assert await earned(hub) == 106
    assert [each[1:] for each in await entries(hub)] == [(1, None), (2, 1), (3, None)]
    await deliver(hub, *less(SUNDAY, [given(TOMME, 0, 2)], revision=3))
    assert {key for key in await balances(hub) if key[0] in (HUB, GOATS)} == set()
    assert await faults(hub) == []


async def test_what_was_not_delivered_earns_nothing(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    came = DeliveredLine(product_id="tomme", quantity_thousandths=1000)
    said = DeliveryRecorded(
        id="d-Marie",
        version=1,
        cycle_id="week-50",
        household_id="h-Marie",
        producer_id=GOATS,
        recorded_at=datetime(2026, 12, 11, 18, tzinfo=UTC),
        recorded_by="Odile",
        lines=(came,),
    )
    await deliver(hub, said, said)
    assert await earned(hub) == 106
    assert [each[1:] for each in await entries(hub)] == [(1, None), (2, 1), (3, None)]
    assert await faults(hub) == []


async def test_a_revision_that_changes_nothing_for_the_producer_books_nothing(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2), line(OLIVES)]))
    await deliver(hub, *less(SUNDAY, [given(TOMME, 2, 2), given(OLIVES, 0)]))
    assert len(await entries(hub)) == 1


async def test_the_least_follows_the_account_when_an_earlier_cycle_of_it_is_revised(hub, client_for):
    await signed(hub, client_for, **(PLAIN | {"minimum": "4"}))
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]), *sold(NEXT, [line(TOMME, 2)], "week-51"))
    assert await earned(hub) == 213 + 213  # the first brought to 4.00, the second to what both come to
    await deliver(hub, *less(SUNDAY, [given(TOMME, 0, 2)]))
    assert await earned(hub) == 400, "now the least is granted in the second"
    assert [each[0] for each in await entries(hub)] == ["week-50", "week-51", "week-50", "week-51", "week-51"]
    assert await faults(hub) == []


async def amended(app, client_for, mandate_id, effective_from, **changes):
    coordinator = client_for(app, COORDINATOR, name="Anne")
    await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "amend", "number": "1"})
    page = (await coordinator.get(f"{LIST}/{mandate_id}/edit")).text
    typed = {**TYPED, **PLAIN, "effective_from": effective_from, **changes}
    typed = {name: value for name, value in typed.items() if value is not None}
    answer = await coordinator.submit(
        f"{LIST}/{mandate_id}/edit", {**typed, **hidden(page, "id", "seen"), "do": "propose"}
    )
    assert answer.status_code == 303, answer.text
    assert (await sign(client_for(app), await link(app), "Paul Roc")).status_code == 303
    assert (await sign(coordinator, f"{LIST}/{mandate_id}/versions/2", "Josette Marty")).status_code == 303


async def test_each_cycle_has_the_terms_of_its_delivery_and_keeps_them(hub, client_for, clock):
    mandate_id = await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    clock.set(datetime(2026, 12, 7, 9, tzinfo=UTC))
    await amended(hub, client_for, mandate_id, "2026-12-10", rate="20")
    await deliver(hub, *sold(NEXT, [line(TOMME, 2)], "week-51"))
    assert await earned(hub) == 213 + 340
    # Delivered on the 11th, but ordered and closed before the other version was signed.
    await deliver(hub, *less(SUNDAY, [given(TOMME, 1, 2)]))
    assert await earned(hub) == 106 + 340


async def test_an_end_said_after_the_closing_changes_nothing(hub, client_for, clock):
    mandate_id = await signed(hub, client_for, **PLAIN)
    clock.set(datetime(2026, 12, 6, 20, tzinfo=UTC))
    await deliver(hub, *sold(SUNDAY, [line(TOMME, 2)]))
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    answer = await coordinator.submit(f"{LIST}/{mandate_id}/end", {"do": "end_now", "reason_end_now": "Faute grave"})
    assert answer.status_code == 303
    await deliver(hub, *less(SUNDAY, [given(TOMME, 1, 2)]))
    assert await earned(hub) == 106
    await deliver(hub, *sold(NEXT, [line(TOMME, 2)], "week-51"))
    assert await earned(hub) == 106, "but nothing is earned of what is closed later"


async def test_what_the_hub_buys_and_sells_again_earns_no_commission(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    await deliver(hub, *sold(SUNDAY, [resold(line(TOMME, 2))]))
    assert await entries(hub) == []


async def books(app):
    """Every entry with its movements, but for the hour and the id under which the event came."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(entry).order_by(entry.c.book, entry.c.number))
        moved = await reader.all(select(movement).order_by(*movement.primary_key))
    return [{**row, "posted_at": None, "hash": None, "cause": None} for row in rows], [
        movement_of(row) for row in moved
    ]


async def test_what_is_said_again_books_nothing_and_an_upgrade_books_what_is_missing_once(hub, client_for):
    await signed(hub, client_for, **PLAIN)
    events = sold(SUNDAY, [line(TOMME, 2)])
    await deliver(hub, *events)
    before = await books(hub)
    await deliver(hub, *events)
    again = Commissions(ZoneInfo("Europe/Paris"), vat.load(), "FR", "NORMAL")
    async with hub.state.service.database.write() as writer:
        await again.go_on(writer, Timer(TIMER, "week-50", writer.now, {}))
    assert await books(hub) == before


CONTRACTS = (contract.mandate, contract.mandate_version, contract.signature, contract.history)


async def test_a_lost_ledger_is_booked_the_same_where_the_contracts_are_kept(hub, client_for, clock, started):
    mandate_id = await signed(hub, client_for, **(PLAIN | {"minimum": "4"}))
    events = [
        *CATALOGUE,
        *sold(SUNDAY, [line(TOMME, 2)]),
        *sold(NEXT, [line(TOMME, 3)], "week-51"),
        *less(SUNDAY, [given(TOMME, 1, 2)]),
    ]
    await deliver(hub, *events)
    # What happens to the contract afterwards must not be seen when it is all heard again.
    clock.set(datetime(2026, 12, 20, 9, tzinfo=UTC))
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    await coordinator.submit(f"{LIST}/{mandate_id}/end", {"do": "end_now", "reason_end_now": "Faute grave"})
    rebuilt = await started(create_app, BillingSettings, database_url=None)
    async with hub.state.service.database.read() as reader, rebuilt.state.service.database.write() as writer:
        for table in CONTRACTS:
            await writer.execute(table.insert(), [dict(row) for row in await reader.all(select(table))])
    await deliver(rebuilt, *events)
    assert await balances(rebuilt) == await balances(hub)
    assert len(await entries(hub)) == 4
    assert await books(rebuilt) == await books(hub)
    assert await faults(rebuilt) == []
