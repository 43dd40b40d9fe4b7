"""Links that open a pick list: ours open until their day, others never."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.link import ExpiredLink, ForgedLink, Links
from logistics.pick_list import list_id

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
LIST = list_id("cycle-1", "pic")


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Links:
    made = Links(tmp_path_factory.mktemp("keys") / "links.key", timedelta(days=30))
    made.prepare()
    return made


def token(links: Links) -> str:
    return links.token(LIST, NOW + links.lifetime)


def test_a_link_opens_its_list_for_thirty_days(links: Links) -> None:
    assert links.open(token(links), NOW) == LIST
    assert links.open(token(links), NOW + timedelta(days=29, hours=23)) == LIST
    with pytest.raises(ExpiredLink):
        links.open(token(links), NOW + timedelta(days=30))


@given(position=st.integers(0, 74), letter=st.sampled_from("ABCxyz019-_"))
def test_a_link_changed_in_one_place_opens_nothing(links: Links, position: int, letter: str) -> None:
    ours = token(links)
    changed = ours[:position] + letter + ours[position + 1 :]
    # The last letter holds two bits that no byte uses: it may differ and mean the same.
    if changed != ours and position < len(ours) - 1:
        with pytest.raises(ForgedLink):
            links.open(changed, NOW)


@given(st.text(max_size=120))
def test_no_text_breaks_it(links: Links, text: str) -> None:
    with pytest.raises(ForgedLink):
        links.open(text, NOW)


def test_a_key_of_another_hub_opens_nothing(links: Links, tmp_path: Path) -> None:
    others = Links(tmp_path / "others.key", links.lifetime)
    others.prepare()
    with pytest.raises(ForgedLink):
        others.open(token(links), NOW)


def test_the_key_is_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "logistics_links.key"
    first, second = Links(file, timedelta(days=30)), Links(file, timedelta(days=30))
    first.prepare()
    second.prepare()
    assert second.open(token(first), NOW) == LIST
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "links.key"
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="32 are needed"):
        Links(file, timedelta(days=30)).prepare()
