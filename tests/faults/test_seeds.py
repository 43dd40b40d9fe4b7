"""Some seeds, always the same: five processes go through faults, on both databases."""

import shutil

import pytest

from tests.faults.campaign import run_seed, told
from tests.faults.schedule import FIVE, shape_of
from tests.faults.template import Templates

pytestmark = pytest.mark.nats

SEEDS = (2, 3, 6, 8)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_hub_under_faults_keeps_what_it_promised(seed: int, templates: Templates) -> None:
    outcome = await run_seed(seed, templates)
    assert outcome.ok, told(outcome)
    shutil.rmtree(outcome.folder)


def test_these_are_five_processes_on_both_databases() -> None:
    assert {shape_of(seed) for seed in SEEDS} == {(FIVE, "sqlite"), (FIVE, "postgresql")}
