"""Does the checker see it? A day that was published twice as it should be, and ways to spoil it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.checker import schedules
from tests.faults.evidence import EVERYWHERE, QUESTIONS, Evidence
from tests.faults.history import History

ON = "2026-12-02"
Spoil = Callable[[Evidence], None]


def version(number: int, thousandths: int) -> dict[str, Any]:
    line = {"product_id": "bread", "quantity": thousandths}
    one = {"id": "oven/north/1", "producer_id": "oven", "lines": [line]}
    stop = {"loads": [{"consignment_id": "oven/north/1"}]}
    plan = {"left_behind": [], "rounds": [{"stops": [stop]}]}
    return {"on": ON, "version": number, "day": {"consignments": [one]}, "plan": plan}


def announced(number: int) -> dict[str, Any]:
    kind = "published" if number == 1 else "changed"
    return {"subject": f"cabas.logistics.schedule.{kind}.v1.{ON}", "headers": {"cabas-version": str(number)}}


def pick_list(revision: int, thousandths: int) -> dict[str, Any]:
    lines = [{"article": {"product_id": "bread"}, "quantity_thousandths": thousandths}]
    return {"cycle_id": "c", "producer_id": "oven", "revision": revision, "content": {"lines": lines}}


def mail(number: int, state: str = "sent") -> dict[str, Any]:
    facts = {"version": number, "knows": {"goods:oven/north/1": {}}}
    return {"template": "schedule", "about": ON, "recipient": "oven", "state": state, "facts": facts}


def evidence() -> Evidence:
    """Published, revised, published again; the second time nothing of the oven's changed."""
    found = Evidence({name: {what: [] for what in asked | EVERYWHERE} for name, asked in QUESTIONS.items()})
    found.of("logistics", "schedules").extend([version(1, 4000), version(2, 3000)])
    found.of("logistics", "outbox").extend([announced(1), announced(2)])
    found.of("logistics", "all_lists").extend([pick_list(1, 4000), pick_list(2, 3000)])
    found.of("notify", "schedules").append({"id": ON, "version": 2})
    found.of("notify", "messages").append(mail(1))
    return found


def history() -> History:
    made = History()
    for n in (1, 2):
        made.note("publication", n=n, draft_id=f"d{n}", on=ON)
        made.note("outcome", n=n, status=303, detail=f"/logistics/days/{ON}/versions/{n}")
    return made


def rules(found: Evidence) -> set[str]:
    return {violation.rule for violation in schedules.check(history(), found)}


def test_a_day_that_is_published_twice_is_good() -> None:
    assert rules(evidence()) == set()


def removed(service: str, question: str, at: int) -> Spoil:
    def spoil(found: Evidence) -> None:
        del found.of(service, question)[at]

    return spoil


def added(service: str, question: str, row: dict[str, Any]) -> Spoil:
    return lambda found: found.of(service, question).append(row)


def another_quantity(found: Evidence) -> None:
    found.of("logistics", "schedules")[1]["day"]["consignments"][0]["lines"][0]["quantity"] = 3500


def left_behind(found: Evidence) -> None:
    found.of("logistics", "schedules")[1]["plan"]["left_behind"] = [{"consignment_id": "oven/north/1"}]


def not_loaded(found: Evidence) -> None:
    found.of("logistics", "schedules")[1]["plan"]["rounds"] = []


def older(found: Evidence) -> None:
    found.of("notify", "schedules")[0]["version"] = 1


def never_sent(found: Evidence) -> None:
    found.of("notify", "messages")[0]["state"] = "superseded"


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("schedule", removed("logistics", "schedules", 1)),
        ("schedule", removed("logistics", "schedules", 0)),
        ("schedule told", removed("logistics", "outbox", 1)),
        ("schedule told", added("logistics", "outbox", announced(3))),
        ("schedule told", added("logistics", "outbox", announced(2))),
        ("schedule goods", another_quantity),
        ("schedule goods", left_behind),
        ("schedule goods", not_loaded),
        ("schedule goods", removed("logistics", "all_lists", 1)),
        ("schedule heard", older),
        ("schedule heard", removed("notify", "schedules", 0)),
        ("schedule mail", never_sent),
        ("schedule mail", removed("notify", "messages", 0)),
    ],
)
def test_a_schedule_that_is_not_as_promised_is_found(rule: str, spoil: Spoil) -> None:
    found = evidence()
    spoil(found)
    assert rule in rules(found)
