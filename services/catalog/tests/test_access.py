"""Who may do what: every route, every role, one's own and others' things."""

import pytest
from catalog_shelf import (
    GOOD,
    hidden,
    new_certificate,
    new_pool,
    new_producer,
    new_product,
    products_of,
    upload_list,
    words,
)

from chassis.identity import Grant
from contracts import Role

READ = {Role.COORDINATOR, Role.BOOKKEEPER, Role.REFERENT, Role.MEMBER, Role.PRODUCER, Role.OPERATOR}
SELL = {Role.COORDINATOR, Role.PRODUCER}
COORDINATE = {Role.COORDINATOR}

ROUTES = [
    ("GET", "/catalog/producers", READ),
    ("GET", "/catalog/producers/new", COORDINATE),
    ("POST", "/catalog/producers/new", COORDINATE),
    ("GET", "/catalog/producers/{producer}", READ),
    ("GET", "/catalog/producers/{producer}/edit", SELL),
    ("POST", "/catalog/producers/{producer}/edit", SELL),
    ("GET", "/catalog/producers/{producer}/lock-prices", SELL),
    ("POST", "/catalog/producers/{producer}/lock-prices", SELL),
    ("GET", "/catalog/products", READ),
    ("GET", "/catalog/products/new", SELL),
    ("POST", "/catalog/products/new", SELL),
    ("GET", "/catalog/products/{product}", READ),
    ("GET", "/catalog/products/{product}/edit", SELL),
    ("POST", "/catalog/products/{product}/edit", SELL),
    ("POST", "/catalog/products/{product}/withdraw", SELL),
    ("POST", "/catalog/products/{product}/offer", SELL),
    ("POST", "/catalog/products/{product}/lock", SELL),
    ("POST", "/catalog/products/{product}/unlock", SELL),
    ("GET", "/catalog/pools", SELL),
    ("GET", "/catalog/pools/new", SELL),
    ("POST", "/catalog/pools/new", SELL),
    ("GET", "/catalog/pools/{pool}", SELL),
    ("GET", "/catalog/pools/{pool}/edit", SELL),
    ("POST", "/catalog/pools/{pool}/edit", SELL),
    ("POST", "/catalog/pools/{pool}/sizes", SELL),
    ("GET", "/catalog/certificates", SELL),
    ("GET", "/catalog/certificates/new", COORDINATE),
    ("POST", "/catalog/certificates/new", COORDINATE),
    ("POST", "/catalog/certificates/{certificate}/take-back", COORDINATE),
    ("GET", "/catalog/certificates/{certificate}/proof", READ),
    ("GET", "/catalog/certificates/{certificate}/file", COORDINATE),
    ("POST", "/catalog/certificates/{certificate}/file", COORDINATE),
    ("GET", "/catalog/fragments/home", COORDINATE),
    ("GET", "/catalog/seasons", READ),
    ("GET", "/catalog/food-facts", SELL),
    ("GET", "/catalog/import", SELL),
    ("POST", "/catalog/import", SELL),
    ("GET", "/catalog/import/{list}", SELL),
    ("POST", "/catalog/import/{list}/apply", SELL),
    ("POST", "/catalog/import/{list}/refuse", SELL),
    ("GET", "/catalog/api/producers", READ),
    ("POST", "/catalog/api/producers", COORDINATE),
    ("GET", "/catalog/api/products", READ),
    ("POST", "/catalog/api/certificates", COORDINATE),
    ("POST", "/catalog/api/price-lists", COORDINATE),
]
SMALL = "reference;nom;unite;prix;tva;conservation\nA1;Pain;kg;4,50;FOOD;AMBIENT\n"


@pytest.fixture
async def farm(coordinator):
    """A producer with a product and a previewed price list."""
    producer_id = await new_producer(coordinator, "Ferme", "Bugarach", email="ferme@bousole.example", phone="04 68")
    product_id = await new_product(coordinator, producer_id)
    sent = await upload_list(coordinator, producer_id, SMALL)
    pool_id = await new_pool(coordinator, producer_id)
    certificate_id = await new_certificate(coordinator, producer_id)
    return {
        "producer": producer_id,
        "product": product_id,
        "list": sent.headers["location"].rsplit("/", 1)[1],
        "pool": pool_id,
        "certificate": certificate_id,
    }


def test_every_route_of_ours_is_in_the_walk(app):
    known = {(method, path) for method, path, _roles in ROUTES}
    shared = ("/catalog/health", "/catalog/metrics", "/catalog/asyncapi", "/catalog/operations", "/ui/")
    for route in _routes(app):
        for method in route.methods - {"HEAD"}:
            path = route.path.replace("_id}", "}")
            if not path.startswith(shared):
                assert (method, path) in known, f"{method} {path} is not walked"


def _routes(app):
    from fastapi.routing import APIRoute

    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) > len(ROUTES), "routes behind an included router are not seen here"
    return routes


async def test_every_route_serves_its_roles_and_no_other(app, client_for, farm):
    for method, path, roles in ROUTES:
        url = path.format(**farm)
        for role in Role:
            person = client_for(app, Grant(role, producer_id=farm["producer"] if role is Role.PRODUCER else ""))
            answer = await (person.get(url) if method == "GET" else person.submit(url))
            allowed = answer.status_code != 403
            assert allowed == (role in roles), f"{method} {url} as {role}: {answer.status_code}"
            assert answer.status_code < 500, f"{method} {url} as {role}"


async def test_nobody_unknown_sees_anything(app, client_for, farm):
    stranger = client_for(app)
    for method, path, _roles in ROUTES:
        url = path.format(**farm)
        answer = await (stranger.get(url) if method == "GET" else stranger.submit(url))
        assert answer.status_code in ((401,) if "/api/" in url else (303, 307)), f"{method} {url}"


async def test_other_producers_things_do_not_exist_for_a_producer(app, seller, farm):
    stranger = seller("another-producer")
    for method, path, roles in ROUTES:
        if Role.PRODUCER not in roles or "{" not in path:
            continue
        url = path.format(**farm)
        answer = await (stranger.get(url) if method == "GET" else stranger.submit(url, {"version": 1}))
        assert answer.status_code == 404, f"{method} {url}"
    for url in (
        f"/catalog/import?producer_id={farm['producer']}",
        f"/catalog/products/new?producer_id={farm['producer']}",
    ):
        assert (await stranger.get(url)).status_code == 404
    assert (await stranger.get(f"/catalog/api/products?producer_id={farm['producer']}")).status_code == 404
    assert (await stranger.get("/catalog/api/products")).json() == []
    assert (await stranger.get("/catalog/api/producers")).json() == []
    assert "Ferme" not in words((await stranger.get("/catalog/producers")).text)


async def test_a_producer_cannot_sell_in_another_name(app, seller, coordinator, farm):
    own = seller(await new_producer(coordinator, "Rucher", "Lagrasse"))
    page = (await own.get("/catalog/products/new")).text
    form = {**GOOD, "id": hidden(page, "id"), "producer_id": farm["producer"], "reference": "X"}
    assert (await own.submit("/catalog/products/new", form)).status_code == 404
    assert (await upload_list(own, farm["producer"], SMALL)).status_code == 404
    assert set(await products_of(coordinator)) == {"TOM-1"}


async def test_a_producer_cannot_take_over_a_product_by_its_id(app, seller, coordinator, farm):
    mine = await new_producer(coordinator, "Rucher", "Lagrasse")
    form = {**GOOD, "id": farm["product"], "producer_id": mine}
    assert (await seller(mine).submit("/catalog/products/new", form)).status_code == 404


async def test_a_producer_changes_its_contact_and_nothing_the_hub_vouches_for(app, seller, coordinator, farm):
    own = seller(farm["producer"])
    page = (await own.get(f"/catalog/producers/{farm['producer']}/edit")).text
    assert 'name="seller_regime"' not in page
    form = {
        "version": hidden(page, "version"),
        "language": "en",
        "phone": "06 99",
        "name": "Autre nom",
        "labels": ["DEMETER"],
        "seller_regime": "NOT_TAXABLE",
        "place": "Mula",
    }
    assert (await own.submit(f"/catalog/producers/{farm['producer']}/edit", form)).status_code == 303
    (sheet,) = (await coordinator.get("/catalog/api/producers")).json()
    assert (sheet["phone"], sheet["language"]) == ("06 99", "en")
    assert (sheet["name"], sheet["labels"], sheet["seller_regime"]) == ("Ferme", [], "NORMAL")
    assert (sheet["place"]["name"], sheet["active"]) == ("Bugarach", True)


async def test_a_producer_imports_its_own_list(app, seller, farm):
    own = seller(farm["producer"])
    sent = await upload_list(own, farm["producer"], SMALL)
    await own.submit(f"{sent.headers['location']}/apply")
    assert set(await products_of(own)) == {"TOM-1", "A1"}


async def test_members_look_and_see_no_contact_and_no_buttons(app, member, farm):
    sheet = (await member.get(f"/catalog/producers/{farm['producer']}")).text
    assert "Tomme de brebis" in sheet
    assert "ferme@bousole.example" not in sheet
    assert "04 68" not in sheet
    assert "/edit" not in sheet
    page = (await member.get(f"/catalog/products/{farm['product']}")).text
    assert "26" in page
    assert "/withdraw" not in page
    assert "Historique" not in page
    (known,) = (await member.get("/catalog/api/producers")).json()
    assert "email" not in known


async def test_a_form_without_its_token_changes_nothing(app, coordinator, farm):
    answer = await coordinator.post(f"/catalog/products/{farm['product']}/withdraw", data={"version": 1})
    assert answer.status_code == 403
    assert (await products_of(coordinator))["TOM-1"]["state"] == "offered"


async def test_odd_ids_of_forms_are_not_found(app, coordinator):
    for odd in ("", "a b", "../x", "x" * 37, "é", "'; drop table producer"):
        answer = await coordinator.submit("/catalog/producers/new", {"id": odd, "name": "X", "place": "Y"})
        assert answer.status_code == 404, odd
