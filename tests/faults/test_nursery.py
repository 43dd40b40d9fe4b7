"""The parent of all processes tells of every end, however many come at once."""

import signal
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery


@pytest.mark.nats
def test_processes_that_end_together_are_all_told_of(tmp_path: Path) -> None:
    with Nursery() as nursery:
        children = [nursery("cabas", ["version"], {}, tmp_path / f"{number}.log") for number in range(5)]
        assert [child.wait(30) for child in children] == [0] * 5
        refused = nursery("cabas", ["no-such-command"], {}, tmp_path / "refused.log")
        assert refused.wait(30) == 2
        killed = nursery("cabas", ["up", "--data", str(tmp_path / "data"), "--port", "0"], {}, tmp_path / "killed.log")
        killed.send_signal(signal.SIGKILL)
        assert killed.wait(30) == -signal.SIGKILL
    assert "arguments" in (tmp_path / "refused.log").read_text() or (tmp_path / "refused.log").read_text()
