"""The menu offers nobody a page that would turn them away."""

import inspect

import pytest
from fastapi import FastAPI

from cabas.parts import five_services
from chassis.identity import Grant
from ui import navigation

PARTS = {part.name: part for part in five_services()}


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
async def apps(started) -> dict[str, FastAPI]:
    kinds = {name: inspect.get_annotations(part.create_app, eval_str=True)["settings"] for name, part in PARTS.items()}
    return {name: await started(part.create_app, kinds[name], database_url=None) for name, part in PARTS.items()}


async def test_every_entry_answers_every_role_it_is_shown_to(apps, client_for):
    wrong = []
    for entry in navigation.ENTRIES:
        service = entry.url.split("/")[1] or "ordering"
        path = entry.url if entry.url != "/" else "/ordering/home"
        for role in entry.roles:
            grant = Grant(role, group_id="g", household_id="h", producer_id="p")
            answer = await client_for(apps[service], grant).get(path)
            if answer.status_code != 200:
                wrong.append((entry.url, role.value, answer.status_code))
    assert wrong == []
