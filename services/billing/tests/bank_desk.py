"""The bookkeeper at the bank's statements: what a week of transfers looks like, and the steps of the pages."""

from datetime import date

from mandate_papers import hidden
from payment_desk import mends, plain

from billing.bank import register
from billing.bank.statement import Line
from billing.ledger.chart import HUB
from billing.payment.reference import reference_of

BANK = "/billing/bank"
DAY = date(2026, 11, 22)
MARIES_IBAN = "FR1420041010050500013M02606"
REFERENCE = reference_of("h-Marie")
PAID = Line(DAY, 22_00, "B1", "", "", f"VIR SEPA {REFERENCE} merci", "M DUPONT", MARIES_IBAN)
"""What Marie owes to the two producers for whom the hub collects."""
UNKNOWN = Line(DAY, 13_50, "B2", text="COURSES", party_name="Marie Dupont", party_iban=MARIES_IBAN)
FEE = Line(DAY, -3_20, "B3", text="FRAIS DE TENUE DE COMPTE")


async def account(books, iban: str = "FR76 3000 6000 0112 3456 7890 189") -> str:
    """Added through the page. Its address."""
    page = (await books.get(BANK + "/new")).text
    typed = {**hidden(page, "id"), "name": "Crédit Coopératif", "iban": iban}
    answer = await books.submit(BANK + "/new", typed)
    assert answer.status_code == 303, mends(answer.text)
    return answer.headers["location"]


async def sent(books, where: str, data: bytes, name: str = "releve.xml"):
    fields = hidden((await books.get(where)).text, "id")
    return await books.submit(where + "/send", fields, files={"file": (name, data)})


async def kept(books, where: str, data: bytes, name: str = "releve.xml") -> str:
    """Sent, looked at and taken in. The preview."""
    answer = await sent(books, where, data, name)
    assert answer.status_code == 303, mends(answer.text)
    preview = answer.headers["location"]
    page = (await books.get(preview)).text
    assert (await books.submit(preview + "/keep")).status_code == 303
    return plain(page)


async def lines(app, where: str, stage: str = "") -> list[register.Kept]:
    async with app.state.service.database.read() as reader:
        return await register.lines_of(reader, where.rsplit("/", 1)[1], stage, 0, 1000)


async def only(app, where: str) -> str:
    """The address of the line to do, where there is one."""
    (one,) = await lines(app, where, "open")
    return f"{where}/lines/{one.id}"


def moved(before, after):
    """What changed in the hub's book."""
    found = {key[1:]: after.get(key, 0) - before.get(key, 0) for key in before | after if key[0] == HUB}
    return {key: cents for key, cents in found.items() if cents}
