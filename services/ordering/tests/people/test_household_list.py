"""A pasted list of households."""

from typing import Any

from fastapi import FastAPI

from chassis.testing import Browser, announced
from contracts.ordering import HouseholdChanged, HouseholdRegistered
from ordering.household_list import Line, read

URL = "/ordering/households/import"

LIST = """foyer;nom;e-mail
Durand;Paul Durand;paul@example.org
Durand;Zoé Durand;
Martin;Luc Martin;luc@example.org
Martin;Josette;josette@example.org

Roux;;roux@example.org
;Personne;x@example.org
Blanc;Anne Blanc;anne@
Petit;Paul Petit;PAUL@example.org
"""


def test_a_list_is_read_as_workbooks_give_it() -> None:
    assert read('\ufeff"Roux" ;  Anne  Roux;anne@example.org\r\n\r\nBlanc\tLuc\t\n') == [
        Line(1, "Roux", "Anne Roux", "anne@example.org"),
        Line(3, "Blanc", "Luc", ""),
    ]


async def test_a_list_is_shown_before_anything_is_written(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    before = len(await announced(app))
    page = await coordinator.submit(URL, {"group_id": tools.LIMOUX, "list": LIST})
    assert page.status_code == 200
    assert "3 lines would be taken." in page.text
    for sentence in (
        "The person&#39;s name is missing.",
        "The name of the household is missing.",
        "This is no e-mail address.",
        "This address is in the list twice.",
    ):
        assert sentence in page.text
    assert len(await announced(app)) == before


async def test_what_is_right_is_taken_once(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    before = len(await announced(app))
    form = {"group_id": tools.LIMOUX, "list": LIST, "sure": "on"}
    for _ in range(2):
        assert (await coordinator.submit(URL, form)).status_code == 303
    said = (await announced(app))[before:]
    assert [type(event) for event in said] == [HouseholdRegistered, HouseholdChanged]
    assert isinstance(said[0], HouseholdRegistered)
    assert isinstance(said[1], HouseholdChanged)
    assert [p.name for p in said[0].people] == ["Paul Durand", "Zoé Durand"]
    assert {p.name for p in said[1].people} == {"Josette Martin", "Luc Martin"}


async def test_what_cannot_be_a_list_is_told(coordinator: Browser, referent: Browser, tools: Any) -> None:
    assert (await coordinator.get(URL)).status_code == 200
    for form in ({"group_id": tools.LIMOUX, "list": ""}, {"group_id": "", "list": LIST}):
        assert (await coordinator.submit(URL, form)).status_code == 422
    long = "\n".join(f"H{n};P{n};" for n in range(501))
    told = await coordinator.submit(URL, {"group_id": tools.LIMOUX, "list": long})
    assert told.status_code == 422
    assert "At most 500 lines" in told.text
    assert (await referent.submit(URL, {"group_id": tools.QUILLAN, "list": LIST})).status_code == 422
    assert (await referent.submit(URL, {"group_id": tools.LIMOUX, "list": LIST})).status_code == 200


async def test_a_forged_list_is_refused(coordinator: Browser, tools: Any) -> None:
    form = {"group_id": tools.LIMOUX, "list": LIST, "sure": "on"}
    assert (await coordinator.post(URL, data=form)).status_code == 403
