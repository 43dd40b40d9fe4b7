"""`python -m contracts.gate check|write <folder of libs/contracts>`."""

import sys
from pathlib import Path

from contracts import EVENTS
from contracts.gate.committed import Folder
from contracts.gate.judgement import judge, write


def main(words: list[str]) -> int:
    """Exit status 0: may stand; 1: refused; 2: not understood."""
    match words:
        case ["write", root]:
            changed = write(Folder(Path(root)), EVENTS)
            sys.stdout.write("".join(f"schema written: {name}\n" for name in changed))
            return 0
        case ["check", root]:
            folder = Folder(Path(root))
            wrong = judge(folder, EVENTS)
            sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong))
            past = folder.past()
            known = "no git history here" if past is None else f"{len(past)} committed files"
            verdict = f"refused, {len(wrong)} reasons" if wrong else "they may stand"
            sys.stdout.write(f"contracts: {len(EVENTS)} events against {known}: {verdict}.\n")
            return 1 if wrong else 0
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
