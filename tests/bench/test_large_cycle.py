# Its neighbours are found by name.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from large_cycle import LargeCycle

from contracts.ordering import OrderPlaced, manifest_digest

WEEK = LargeCycle(20, lines=5, products=40, producers=7)


def test_bodies_put_together_from_text_are_what_the_contracts_write():
    for n in (0, 7, 19):
        message = WEEK.received(n, version=2)
        assert message.read() == WEEK.placed(n, version=2)
        assert message.subject == WEEK.placed(n).subject
        assert message.type_name == OrderPlaced.type_name()


def test_the_manifest_is_that_of_its_orders():
    manifest = WEEK.closed().manifest
    placed = [WEEK.placed(n) for n in range(20)]
    assert manifest.digest == manifest_digest([(each.id, each.version) for each in placed])
    assert manifest.gross_cents == sum(each.gross_cents for each in placed)
    assert manifest.lines == sum(len(each.lines) for each in placed)
