"""Any event that can be built is read back: by its own model, from a newer sender, from before a field was."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import EVENTS, Event

from .building import built

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@every_event
def test_an_event_comes_out_of_json_as_it_went_in(event: type[Event]) -> None:
    @some
    @given(built(event))
    def holds(said: Event) -> None:
        assert event.model_validate_json(said.model_dump_json()) == said

    holds()


@every_event
def test_fields_a_reader_does_not_know_are_dropped_at_every_depth(event: type[Event]) -> None:
    @some
    @given(built(event), st.randoms(use_true_random=False))
    def holds(said: Event, chance: random.Random) -> None:
        newer = with_unknown_fields(json.loads(said.model_dump_json()), chance)
        assert newer != json.loads(said.model_dump_json())
        assert event.model_validate_json(json.dumps(newer)) == said

    holds()


@every_event
def test_an_event_from_before_the_optional_fields_is_read(event: type[Event]) -> None:
    @some
    @given(built(event))
    def holds(said: Event) -> None:
        oldest = json.loads(said.model_dump_json(exclude_defaults=True))
        assert event.model_validate_json(json.dumps(oldest)) == said

    holds()


@every_event
def test_an_event_cannot_be_changed(event: type[Event]) -> None:
    @settings(max_examples=1, deadline=None)
    @given(built(event))
    def holds(said: Event) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            said.version = 2

    holds()


@pytest.mark.parametrize("token", ["", "a.b", "a b", "*", "a>"])
def test_an_id_that_would_split_the_subject_is_refused(token: str) -> None:
    with pytest.raises(ValidationError):
        EVENTS["cabas.ordering.household.registered.v1"].model_validate(
            {"id": token, "version": 1, "group_id": "g", "name": "Roux"}
        )


def with_unknown_fields(value: Any, chance: random.Random, top: bool = True) -> Any:
    """The payload with fields nobody knows, always at the top, by chance below."""
    if isinstance(value, list):
        return [with_unknown_fields(inner, chance, top=False) for inner in value]
    if not isinstance(value, dict):
        return value
    out = {key: with_unknown_fields(inner, chance, top=False) for key, inner in value.items()}
    if top or chance.random() < 0.5:
        out["added_in_2031"] = chance.choice([None, 7, "ripe", {"deep": [1]}])
    return out
