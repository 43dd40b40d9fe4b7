"""What people read when something goes wrong."""

import pytest
from fastapi import FastAPI

from chassis.testing import Browser


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("not-found", 404, "Vérifiez l’adresse"),
        ("refused", 409, "The cycle closed on Sunday."),
        ("too-many", 429, "Attendez une minute"),
        ("unavailable", 503, "se repose"),
        ("teapot", 418, "I make tea."),
        ("broken", 500, "chez nous"),
        ("file-gone", 500, "chez nous"),
        ("database-away", 503, "se repose"),
    ],
)
async def test_every_mishap_is_told_in_a_french_sentence(
    visitor: Browser, kind: str, status: int, sentence: str
) -> None:
    answer = await visitor.get(f"/stall/mishap/{kind}")
    assert answer.status_code == status
    assert sentence in answer.text
    assert "Traceback" not in answer.text


async def test_a_broken_route_tells_the_number_to_quote_and_keeps_its_secrets(visitor: Browser) -> None:
    answer = await visitor.get("/stall/mishap/broken")
    assert "kitchen" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


async def test_while_the_database_starts_again_people_and_programs_are_told_when_to_come_back(visitor: Browser) -> None:
    for address in ("/stall/mishap/database-away", "/stall/api/mishap/database-away"):
        answer = await visitor.get(address)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_programs_get_json(visitor: Browser) -> None:
    answer = await visitor.get("/stall/api/mishap/broken")
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "kitchen" not in answer.text


async def test_at_an_address_that_is_not_there_the_menu_is(coordinator: Browser) -> None:
    answer = await coordinator.get("/stall/nowhere")
    assert answer.status_code == 404
    assert "Josette" in answer.text
    assert "/ordering/people" in answer.text


async def test_a_wrong_number_in_an_address_is_a_page_that_is_not_there(visitor: Browser) -> None:
    assert (await visitor.get("/stall/number/abc")).status_code == 404


async def test_a_wrong_number_in_a_question_is_refused(visitor: Browser) -> None:
    answer = await visitor.get("/stall/number/3?least=abc", headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "least"


async def test_a_wrong_role_is_told_whom_to_ask(operator: Browser) -> None:
    answer = await operator.get("/stall/mine")
    assert answer.status_code == 403
    assert "coordinat" in answer.text


async def test_a_form_that_no_page_of_ours_made_changes_nothing(visitor: Browser) -> None:
    answer = await visitor.post("/stall/hello", data={"name": "Josette"})
    assert answer.status_code == 403
    assert "Ce formulaire a expiré" in answer.text
    assert "Rien n’a été modifié" in answer.text
    assert "rechargez la page" in answer.text


async def test_a_piece_of_a_page_gets_a_piece_of_an_error(visitor: Browser, app: FastAPI) -> None:
    answer = await visitor.get("/stall/mishap/unavailable", headers={"hx-request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert 'class="notice error"' in answer.text
