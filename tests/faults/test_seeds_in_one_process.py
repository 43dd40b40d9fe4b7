"""Some seeds, always the same: the hub in one process goes through faults. A file of its own, for a core of its own."""

import shutil

import pytest

from tests.faults.campaign import run_seed, told
from tests.faults.schedule import ONE, shape_of
from tests.faults.template import Templates

pytestmark = pytest.mark.nats

SEEDS = (1, 4, 7, 10, 13)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_hub_in_one_process_keeps_what_it_promised(seed: int, templates: Templates) -> None:
    assert shape_of(seed)[0] == ONE
    outcome = await run_seed(seed, templates)
    assert outcome.ok, told(outcome)
    shutil.rmtree(outcome.folder)
