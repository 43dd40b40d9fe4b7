"""What an operator does about events that a service could not take in."""

from fastapi import FastAPI
from markup import Page

from chassis.testing import Browser, deliver
from contracts import Place
from contracts.catalog import ProducerRegistered

ROTTEN = ProducerRegistered(id="p1", version=1, name="Rotten", place=Place(name="Limoux"))
LETTERS = "/stall/operations/dead-letters"


async def test_without_dead_letters_the_page_says_so(operator: Browser) -> None:
    assert "Aucune lettre morte" in (await operator.get(LETTERS)).text


async def test_a_dead_letter_is_listed_explained_and_shown_with_its_body(app: FastAPI, operator: Browser) -> None:
    await deliver(app, ROTTEN, bury=True)
    listed = await operator.get(LETTERS)
    assert "c’est notre code qui a échoué" in listed.text
    shown = await operator.get(f"{LETTERS}/1")
    assert "cannot keep this" in shown.text
    assert "Rotten" in shown.text
    assert Page(listed.text).faults == []
    assert Page(shown.text).faults == []


async def test_a_retry_that_fails_again_says_why(app: FastAPI, operator: Browser) -> None:
    await deliver(app, ROTTEN, bury=True)
    answer = await operator.submit(f"{LETTERS}/1/retry")
    assert answer.headers["location"] == f"{LETTERS}/1"
    assert "cannot keep this" in (await operator.get(f"{LETTERS}/1")).text


async def test_an_event_is_set_aside_only_after_asking(app: FastAPI, operator: Browser) -> None:
    await deliver(app, ROTTEN, bury=True)
    asked = await operator.get(f"{LETTERS}/1/set-aside")
    assert Page(asked.text).faults == []
    await operator.submit(f"{LETTERS}/1/set-aside")
    assert "Aucune lettre morte" in (await operator.get(LETTERS)).text


async def test_operations_are_for_operators(coordinator: Browser) -> None:
    for path in ("/stall/operations", LETTERS, f"{LETTERS}/1"):
        assert (await coordinator.get(path)).status_code == 403


async def test_there_is_no_letter_of_another_number(operator: Browser) -> None:
    assert (await operator.get(f"{LETTERS}/99")).status_code == 404
