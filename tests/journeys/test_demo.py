"""`cabas demo`: one JSON object, figures from their owners, and no peace while they differ."""

import json
import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest

from cabas.demo import crates
from cabas.demo.figures import Figures, faults_of
from cabas.demo.size import SIZES

AGREEING: dict[str, dict[str, Any]] = {
    "ordering": {
        "orders": 2,
        "lines": 3,
        "households": 2,
        "producers": 1,
        "gross_cents": 500,
        "quantity_thousandths": 3500,
    },
    "logistics": {
        "orders_held": 2,
        "producers": 1,
        "gross_cents": 500,
        "quantity_thousandths": 3500,
        "pick_lists": [{"gross_cents": 500, "quantity_thousandths": 3500}],
    },
    "billing": {
        "households": 2,
        "producers": 1,
        "gross_cents": 500,
        "quantity_thousandths": 3500,
        "amounts": [{"gross_cents": 200}, {"gross_cents": 300}],
    },
}


@pytest.mark.nats
def test_a_demo_prints_one_object_whose_figures_agree() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cabas", "demo", "--orders", "5", "--json"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["ok"]
    assert (found["orders"], found["households"]) == (5, 5)
    # Of the lines of the story nobody gets the rice, and two households get another pasta beside the one they ordered.
    assert found["lines"] == 5 * SIZES["guide"].lines_each + len(crates.ASKS) - 1 + 2
    for happened in (
        "18 kg asked, 20 kg given",
        "it completes a case of 10",
        "the crate is full",
        "80.00 €, 72.00 € are ordered: a household takes what is missing",
        "a case holds 12: put off to the next cycle",
        "It is proposed to you again in the next cycle",
        "the producer delivers 6 pieces",
        "In place of “Wholemeal penne, sachet 500 g”, which is missing, as you agreed",
        "Marcel starts an hour later: it is published again",
        "households owe",
        "out of its wallet; 20.00 € stay in it",
        "will be debited from a household’s account, which Odile approved",
        "5 households pay",
        "transfers to the hub for 3 producers",
        "The hub earns",
        "3 producers in one file that Odile approved",
    ):
        assert any(happened in sentence.replace("\xa0", " ") for sentence in found["told"]), happened
    for figure in ("gross_cents", "quantity_thousandths"):
        assert set(found[figure]) == {"ordering", "logistics", "billing"}
        assert len(set(found[figure].values())) == 1
    assert found["seconds"]["total"] > 0


def test_figures_that_agree_are_fine() -> None:
    assert faults_of(AGREEING, orders=2, acknowledged_cents=500) == []


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("ordering", "orders"),
        ("logistics", "orders_held"),
        ("logistics", "gross_cents"),
        ("logistics", "quantity_thousandths"),
        ("billing", "gross_cents"),
        ("billing", "quantity_thousandths"),
        ("billing", "households"),
    ],
)
def test_one_cent_or_gram_or_order_of_difference_is_told(owner: str, name: str) -> None:
    totals = deepcopy(AGREEING)
    totals[owner][name] += 1
    faults = faults_of(totals, orders=2, acknowledged_cents=500)
    assert faults
    told = Figures(totals, faults).plain({})
    assert told["ok"] is False
    assert told["faults"] == faults


def test_a_cent_lost_on_the_way_from_the_household_is_told() -> None:
    faults = faults_of(AGREEING, orders=2, acknowledged_cents=501)
    assert faults == ["cents acknowledged to households: ordering says 500, expected 501"]


def test_amounts_that_do_not_add_up_to_the_total_are_told() -> None:
    totals = deepcopy(AGREEING)
    totals["billing"]["amounts"].pop()
    assert faults_of(totals, orders=2, acknowledged_cents=500)
