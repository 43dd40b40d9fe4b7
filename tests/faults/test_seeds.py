"""Some seeds, always the same: every shape of hub goes through a day of faults in a dozen seconds."""

import shutil

import pytest

from tests.faults.campaign import run_seed, told
from tests.faults.template import Templates

pytestmark = pytest.mark.nats

SEEDS = (1, 2, 3, 4, 6, 7)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_hub_under_faults_keeps_what_it_promised(seed: int, templates: Templates):
    outcome = await run_seed(seed, templates)
    assert outcome.ok, told(outcome)
    shutil.rmtree(outcome.folder)
