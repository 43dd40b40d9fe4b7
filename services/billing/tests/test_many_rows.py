import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from billing.household_balance import household_balance
from billing.ledger.book import balance
from billing.many import add_rows, among
from billing.order import Goods, goods, goods_of
from chassis.repeated import key_of

LITERAL = {"literal_binds": True}


async def _said(database, ids):
    of = household_balance.c.household_id
    async with database.read() as reader:
        return [row["household_id"] for row in await reader.all(select(of).where(among(of, ids)).order_by(of))]


async def test_rows_are_found_among_many_values_whatever_is_in_them(app):
    database = app.state.service.database
    ids = sorted([f"h-{n:04}" for n in range(1200)] + ["d'Ô\"livier", "a,b", "{x}", "NULL", "\\", "🥕", ""])
    async with database.write() as writer:
        rows = [(each, 1, "[]", writer.now) for each in ids]
        await writer.insert_rows(household_balance, tuple(household_balance.c.keys()), rows)
    assert await _said(database, set(ids)) == await _said(database, [*ids, "nobody"]) != []
    assert set(await _said(database, set(ids))) == set(ids)
    # The statement is kept, its values are not.
    assert await _said(database, ["🥕", "NULL"]) == ["NULL", "🥕"]
    assert await _said(database, {"a,b"}) == ["a,b"]
    assert await _said(database, ()) == []


async def test_they_are_looked_up_by_an_index_and_no_other_row_is_read(app):
    database, of = app.state.service.database, household_balance.c.household_id
    if not database.is_sqlite:
        pytest.skip("PostgreSQL rather reads a small table whole")
    asked = select(of).where(among(of, {"anne", "odile"})).compile(dialect=sqlite.dialect(), compile_kwargs=LITERAL)
    async with database.read() as reader:
        plan = [row["detail"] for row in await reader.all(text(f"EXPLAIN QUERY PLAN {asked}"))]
    assert plan[0].startswith("SEARCH household_balance USING"), plan


async def test_sums_are_added_to_the_rows_that_are_there(app):
    database, sums = app.state.service.database, ("debit_cents", "credit_cents")
    async with database.write() as writer:
        await add_rows(writer, balance, sums, [("p-1", "household", "Anne", 100, 0), ("p-1", "sales", "", 0, 100)])
        await add_rows(writer, balance, sums, [("p-1", "household", "Anne", 20, 7), ("p-2", "sales", "", 0, 5)])
        await add_rows(writer, balance, sums, [])
    async with database.read() as reader:
        held = await reader.all(select(balance).order_by(balance.c.book, balance.c.account))
    assert [tuple(row.values()) for row in held] == [
        ("p-1", "household", "Anne", 120, 7),
        ("p-1", "sales", "", 0, 100),
        ("p-2", "sales", "", 0, 5),
    ]


async def test_goods_are_remembered_by_their_key_and_read_anew_when_there_were_too_many(app, monkeypatch):
    database = app.state.service.database
    said = [
        Goods(producer_id="p", product_id=f"r-{n}", name_fr="Œufs", name_en="Eggs", unit="piece", vat_class="FOOD")
        for n in range(3)
    ]
    keys = [key_of(each.model_dump_json()) for each in said]
    async with database.write() as writer:
        rows = [(key, each.model_dump_json()) for key, each in zip(keys, said, strict=True)]
        await writer.insert_rows(goods, ("key", "content"), rows)
    async with database.read() as reader:
        first = await goods_of(reader, keys)
        assert first == dict(zip(keys, said, strict=True))
        again = await goods_of(reader, [*keys[:2], "nowhere"])
        assert list(again) == keys[:2]
        assert all(again[key] is first[key] for key in keys[:2])
    monkeypatch.setattr("billing.order.MOST_KNOWN", 0)
    more = said[0].model_copy(update={"product_id": "other"})
    async with database.write() as writer:
        await writer.insert_rows(goods, ("key", "content"), [(key_of("other"), more.model_dump_json())])
    async with database.read() as reader:
        assert (await goods_of(reader, [*keys, key_of("other")]))[key_of("other")] == more
        anew = await goods_of(reader, keys)
        assert anew == first
        assert all(anew[key] is not first[key] for key in keys)
