"""Is a cycle held in full? And do its sums agree?"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from logistics_week import usual_week

from contracts.ordering import Manifest, manifest_digest
from logistics.manifest import Sums, complete, disagreements

versions = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3))


def manifest_of(orders: dict[str, int]) -> Manifest:
    return Manifest(
        orders=len(orders),
        lines=0,
        quantity_thousandths=0,
        gross_cents=0,
        digest=manifest_digest(list(orders.items())),
        producers=(),
    )


@given(expected=versions, held=versions)
def test_complete_means_exactly_these_orders_at_exactly_these_versions(
    expected: dict[str, int], held: dict[str, int]
) -> None:
    found = complete(manifest_of(expected), list(held.items()))
    assert found.complete == (expected == held)
    assert (found.held, found.expected) == (len(held), len(expected))


def test_a_wrong_sum_a_missing_producer_and_one_too_many_are_all_told() -> None:
    manifest = usual_week().manifest()
    right = {
        total.producer_id: Sums(total.lines, total.quantity_thousandths, total.gross_cents)
        for total in manifest.producers
    }
    assert disagreements(manifest, manifest.orders, right) == []
    assert len(disagreements(manifest, manifest.orders - 1, right)) == 1
    wrong = right | {
        "pic": replace(right["pic"], gross_cents=right["pic"].gross_cents + 1),
        "stranger": Sums(1, 1000, 300),
    }
    del wrong["bio"]
    told = disagreements(manifest, manifest.orders, wrong)
    assert [sentence.split(":")[0] for sentence in told] == [
        "producer bio",
        "producer pic",
        "producer stranger",
        "in all",
    ]
