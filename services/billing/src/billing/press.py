"""Papers as PDF. A page of typst takes some hundredths of a second in a thread, and lets others run meanwhile."""

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

FOLDER = Path(__file__).parent / "documents"
_one_at_a_time = Lock()


async def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The paper `template` of `documents/` with what it says: all its words and figures, as people read them."""
    return await asyncio.to_thread(_printed, template, json.dumps(data, ensure_ascii=False))


def _printed(template: str, data: str) -> bytes:
    with _one_at_a_time:
        made = _compiler(template).compile(format="pdf", sys_inputs={"data": data})
    assert isinstance(made, bytes)
    return made


@cache
def _compiler(template: str) -> typst.Compiler:
    # From a path: a Compiler made from bytes fails on its second document.
    return typst.Compiler(str(FOLDER / template), root=str(FOLDER), ignore_system_fonts=True)
