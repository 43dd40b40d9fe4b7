"""Fees stand in the sales of a producer and in the statement of a household. On both databases."""

from billing_week import CHEESE, OLIVES, SOAP, line, placed
from payment_desk import plain
from test_fees import BOOKS, COORDINATOR, MEMBER, SPAIN, TRANSPORT, cycle, fee, hub
from test_sales_files import table

__all__ = ["hub"]
NOVEMBER = "?since=2026-11-01&until=2026-11-30"


async def test_a_producers_transport_is_in_its_sales_and_in_the_statement(hub, clock, client_for):
    await fee(client_for(hub, COORDINATOR), TRANSPORT | {"earner": SPAIN, "amount": "2,80"})
    await cycle(hub, clock, placed("Marie", [line(OLIVES), line(SOAP), line(CHEESE)]))
    _headings, *lines, total, booked, difference = await table(
        client_for(hub, BOOKS), f"/billing/accounts/{SPAIN}/sales.csv{NOVEMBER}"
    )
    assert [row[10] for row in lines if row[4] == "Transport"] == ["2,20", "0,60"]
    assert total[10] == booked[10] == "30,80"
    assert difference[7:] == ["0,00", "", "0,00", "0,00", "0,00", "0,00", "0,00"]
    page = plain((await client_for(hub, MEMBER).get(f"/billing/households/h-Marie/statement{NOVEMBER}")).text)
    assert "Transport BioEspuña 2,80 €" in page
    assert "Total 39,30 €" in page
