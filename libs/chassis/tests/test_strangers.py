"""What strangers send is kept as a dead letter, however long their words are, on both databases."""

import pytest
from counter.app import create_app

from chassis import dead_letter
from chassis.envelope import Received
from chassis.listening import DONE, Delivery
from chassis.settings import Settings


@pytest.mark.parametrize("event_id", ["", "x" * 80, "x" * 81, "x" * 5_000])
async def test_words_longer_than_our_columns_are_buried_once(started, event_id):
    service = (await started(create_app, Settings)).state.service
    received = Received(f"cabas.ordering.group.{'y' * 400}.v1.a", {"ce-type": "z" * 300, "ce-id": event_id}, b"{}")
    for attempt in (1, 2):
        delivery = Delivery(received, attempt)
        assert await service.intake.take("counter-from-ordering", [delivery]) == [DONE]
    async with service.database.read() as reader:
        (letter,) = await dead_letter.unresolved(reader)
    assert letter.reason == "unknown_type"
