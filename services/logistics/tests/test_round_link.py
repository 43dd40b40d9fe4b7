"""Links of rounds: each opens one carrier's rounds of one date, until a week after it, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.link import ExpiredLink, ForgedLink, Links, Seal
from logistics.pick_list import list_id
from logistics.schedule.round_link import RoundLinks

FRIDAY = date(2026, 11, 27)
MORNING = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Links:
    made = Links(tmp_path_factory.mktemp("keys") / "links.key", timedelta(days=30))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def rounds(links: Links) -> RoundLinks:
    return RoundLinks(links.seal)


@given(st.dates(date(2020, 1, 1), date(2200, 1, 1)), st.text(min_size=1, max_size=60))
def test_a_link_says_the_date_and_the_carrier_it_was_made_for(rounds: RoundLinks, on: date, carrier_id: str) -> None:
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    assert rounds.open(rounds.token(on, carrier_id), noon) == (on, carrier_id)


def test_it_opens_before_the_day_and_until_a_week_after_it(rounds: RoundLinks) -> None:
    ours = rounds.token(FRIDAY, "marcel")
    assert rounds.path(FRIDAY, "marcel").endswith(ours)
    for days in (-4, 0, 7):
        assert rounds.open(ours, MORNING + timedelta(days=days)) == (FRIDAY, "marcel")
    with pytest.raises(ExpiredLink):
        rounds.open(ours, MORNING + timedelta(days=8))


@given(position=st.integers(0, 65), letter=st.sampled_from("ABCxyz019-_"))
def test_a_link_changed_in_one_place_opens_nothing(rounds: RoundLinks, position: int, letter: str) -> None:
    ours = rounds.token(FRIDAY, "marcel")
    changed = ours[:position] + letter + ours[position + 1 :]
    if changed != ours and position < len(ours) - 1:
        with pytest.raises(ForgedLink):
            rounds.open(changed, MORNING)


@given(st.text(max_size=120))
def test_no_text_breaks_it(rounds: RoundLinks, text: str) -> None:
    with pytest.raises(ForgedLink):
        rounds.open(text, MORNING)


def test_a_link_of_a_pick_list_opens_no_round_and_the_other_way_round(links: Links, rounds: RoundLinks) -> None:
    """The same key signs both: only the purpose keeps them apart."""
    with pytest.raises(ForgedLink):
        rounds.open(links.token(list_id("cycle-1", "pic"), MORNING + timedelta(days=1)), MORNING)
    # As long as what a link of a pick list says: 16 bytes.
    twin = rounds.token(FRIDAY, "x" * 12)
    with pytest.raises(ForgedLink):
        links.open(twin, MORNING)
    assert len(links.seal.open(b"round link v1", twin, MORNING)) == 16


def test_a_key_of_another_hub_opens_nothing(rounds: RoundLinks, tmp_path: Path) -> None:
    seal = Seal(tmp_path / "others.key")
    seal.prepare()
    with pytest.raises(ForgedLink):
        RoundLinks(seal).open(rounds.token(FRIDAY, "marcel"), MORNING)
