"""What the first page, a member's orders and the list of cycles read: what is shown, however many years lie behind."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from chassis.identity import Grant
from contracts import Role
from ordering import totals

from .conftest import CLOSES, COORDINATOR

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
PRODUCER = Grant(Role.PRODUCER, producer_id="bousole")


@pytest.fixture
def member(hub, client_for):
    return client_for(hub.app, MEMBER)


@pytest.fixture
def coordinator(hub, client_for):
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


@contextmanager
def asked():
    """The statements that are sent meanwhile, each as its words and all its values in one text."""
    said: list[str] = []

    def heard(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            said.append(f"{statement} {parameters}")

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", heard)


async def weeks(hub, count: int, first: int = 1) -> None:
    """So many cycles, ordered in by two households and closed, named w1, w2, ..."""
    for number in range(first, first + count):
        await hub.open(f"w{number}", closes_at=CLOSES + timedelta(hours=number))
        await hub.order("h1", cycle_id=f"w{number}", tomme=1_000, potatoes=2_000)
        await hub.order("h4", cycle_id=f"w{number}", tomme=1_000)
        await hub.close(f"w{number}")


async def reads(client, page: str) -> list[str]:
    with asked() as said:
        answer = await client.get(page)
    assert answer.status_code == 200
    return said


async def test_the_first_page_reads_no_closed_cycle_but_the_last(hub, coordinator):
    await weeks(hub, 2)
    await hub.open("now")
    before = await reads(coordinator, "/ordering/home")
    await weeks(hub, 3, first=3)
    after = await reads(coordinator, "/ordering/home")
    assert any("'now'" in each for each in after)
    assert len(after) == len(before)
    assert not [each for each in after if "'w1'" in each or "'w2'" in each]


async def test_who_belongs_to_no_household_has_no_order_looked_up(hub, client_for):
    await hub.open()
    said = await reads(client_for(hub.app, PRODUCER), "/ordering/home")
    assert any("cycle" in each for each in said)
    assert not [each for each in said if "household_order" in each or "order_line" in each]


async def test_the_orders_of_a_household_read_the_pickups_of_its_group_alone(hub, member):
    await weeks(hub, 3)
    said = await reads(member, "/ordering/orders")
    pickups = [each for each in said if "FROM cycle_pickup" in each]
    assert pickups
    assert all("'limoux'" in each for each in pickups)
    assert not [each for each in said if "cycle.manifest" in each and "cycle.id IN" in each]


async def test_whether_a_household_ordered_is_known_without_its_lines(hub, member):
    await hub.open()
    page = await member.get("/ordering/orders")
    assert "Vous n’avez pas encore commandé" in page.text
    await hub.order("h1", tomme=1_000)
    said = await reads(member, "/ordering/home")
    assert not [each for each in said if "FROM order_line" in each and "cycle_offer" not in each]
    assert "Vous n’avez pas encore commandé" not in (await member.get("/ordering/orders")).text
    await hub.order("h1", base=1)
    assert "Vous n’avez pas encore commandé" in (await member.get("/ordering/orders")).text


async def test_the_list_of_cycles_reads_no_manifest_and_no_pickup_of_what_is_closed(hub, coordinator, client_for):
    await weeks(hub, 2)
    await hub.open("w3", group_ids=("quillan",), closes_at=CLOSES + timedelta(hours=3))
    await hub.order("h4", cycle_id="w3", tomme=1_000)
    await hub.close("w3")
    await hub.open("now")
    said = await reads(coordinator, "/ordering/cycles")
    assert any("'now'" in each for each in said)
    assert not [each for each in said if "'w1'" in each or "'w2'" in each or "'w3'" in each]
    page = (await coordinator.get("/ordering/cycles")).text
    links = re.findall(r'<tr><th scope="row"><a href="/ordering/cycles/(w\d)">.*?</tr>', page)
    assert links == ["w3", "w2", "w1"]
    rows = dict(re.findall(r'/ordering/cycles/(w\d)">.*?<td data-label="Groupes" class="figure">(\d+)</td></tr>', page))
    assert rows == {"w3": "1", "w2": "2", "w1": "2"}
    of_limoux = client_for(hub.app, Grant(Role.REFERENT, group_id="limoux"))
    theirs = (await of_limoux.get("/ordering/cycles")).text
    assert "cycles/w1" in theirs
    assert "cycles/w3" not in theirs


async def test_the_sums_of_a_cycle_read_its_lines_once(hub, coordinator):
    await hub.open()
    await hub.order("h1", tomme=1_000, oranges=1_000)
    await hub.order("h4", tomme=2_000)
    for page in ("/ordering/home", "/ordering/cycles", "/ordering/cycles/c48", "/ordering/cycles/c48/live"):
        said = await reads(coordinator, page)
        assert len([each for each in said if "FROM order_line" in each]) == 1, page
    assert "La Ferme de Bousole" in (await coordinator.get("/ordering/home")).text
    async with hub.database.read() as reader:
        sums, producers = await totals.sums_and_producers(reader, "c48")
        assert (sums, [(one.producer_name, one.gross_cents) for one in producers]) == (
            await totals.sums_and_largest(reader, "c48", 9)
        )
        assert sums == await totals.sums(reader, "c48")
    assert (sums.orders, sums.lines, sums.producers, sums.quantity_thousandths) == (2, 3, 2, 4_000)
    assert [(one.producer_id, one.orders) for one in producers] == [("bioespuna", 1), ("bousole", 2)]
