"""The AsyncAPI document that every service serves, against FastStream's model of the specification."""

import inspect
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from cabas.docs import AWAITED
from cabas.parts import five_services
from contracts import EVENTS

PARTS = {part.name: part for part in five_services()}


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.mark.parametrize("name", PARTS)
async def test_the_document_is_served_and_valid(name, started, client_for):
    create_app = PARTS[name].create_app
    kind = inspect.get_annotations(create_app, eval_str=True)["settings"]
    app = await started(create_app, kind, database_url=None)
    document: dict[str, Any] = (await client_for(app).get(f"/{name}/asyncapi")).json()
    ApplicationSchema.model_validate(document)
    said = {o["channel"]["$ref"].removeprefix("#/channels/") for o in document["operations"].values()}
    assert said == set(document["channels"])
    assert said <= set(EVENTS)
    mine = {n for n, event in EVENTS.items() if event.service == name and event not in AWAITED}
    assert {o.removeprefix("send.") for o in document["operations"] if o.startswith("send.")} == mine
