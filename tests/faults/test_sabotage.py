"""What the controls take off is there to be taken off. They run by themselves and seldom: this looks every time."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALL = "from tests.faults.sabotage import BROKEN; [broken() for broken in BROKEN.values()]; print(len(BROKEN))"


def test_every_protection_that_a_control_takes_off_is_still_there() -> None:
    """In a process of its own, which is broken then."""
    said = subprocess.run([sys.executable, "-c", ALL], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-2000:]
    assert int(said.stdout) > 15
