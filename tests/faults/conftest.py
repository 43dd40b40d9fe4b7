import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery
from tests.faults.template import Templates


@pytest.fixture(scope="session")
def templates() -> Iterator[Templates]:
    """Hubs to copy, where PostgreSQL's own user can pass through. Kept when a test failed: its run is there."""
    folder = Path(tempfile.mkdtemp(prefix="cabas-faults-"))
    folder.chmod(0o755)
    with Nursery() as nursery:
        yield Templates(folder, nursery)
    if not any(folder.glob("run-*")):
        shutil.rmtree(folder)
