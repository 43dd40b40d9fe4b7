"""The chassis is what every service must understand: it stays small."""

import ast
import io
import tokenize
from pathlib import Path

CHASSIS = Path(__file__).parents[2] / "libs" / "chassis" / "src" / "chassis"
LIMIT = 2_531
"""Lines of code that run in a service, so without migrations and what is for tests. The design wanted 1,500; what keeps
a service alive under faults, and what tells an operator how it is, came on top; whole transactions on SQLite's thread
halved what an event costs; waiting at the start for a database that went took eleven, making calls without a lock on
which a page waits in a circle thirty. It grows no further unasked."""
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(source: str) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    said: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            said |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - said)


def test_blank_lines_comments_and_docstrings_are_not_counted():
    assert lines_of_code('"""Says\nmuch."""\n\n# why\nx = [\n    1,\n]\n"""and what x is"""\n') == 3


def test_the_chassis_stays_small():
    counted = {
        file.name: lines_of_code(file.read_text())
        for file in CHASSIS.rglob("*.py")
        if not {"migrations", "testing"} & set(file.relative_to(CHASSIS).parts)
    }
    assert sum(counted.values()) <= LIMIT, counted
