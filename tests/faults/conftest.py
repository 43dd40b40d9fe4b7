import shutil
from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery
from tests.faults.template import Templates, new_folder


@pytest.fixture(scope="session")
def templates() -> Iterator[Templates]:
    """Hubs to copy. Their folder is kept when a test failed: its run is there."""
    folder = new_folder()
    with Nursery() as nursery:
        yield Templates(folder, nursery)
    if not any(folder.glob("run-*")):
        shutil.rmtree(folder)
