"""How the API reads bodies, and says what is wrong with them: a sentence for each field."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from ui.forms import Form


class Wrong(Exception):
    """What was sent cannot be taken. `errors`: field -> sentence; in a list fields are called `3.name`."""

    def __init__(self, detail: str, errors: Mapping[str, str] = {}, status: int = 422) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors)
        self.status = status

    def response(self) -> JSONResponse:
        return JSONResponse({"detail": self.detail, "errors": self.errors}, status_code=self.status)


async def body_of(request: Request) -> Any:
    """What the body says. Raises Wrong, also for text that is none (half of a surrogate pair) and endless nesting."""
    try:
        text = (await request.body()).decode()
        body = json.loads(text)
        if "\\u" in text:
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong("the body is not JSON") from error
    return body


async def objects(request: Request) -> tuple[list[dict[str, Any]], bool]:
    """The objects of a body that is one or a list of them, and whether it was a list. Raises Wrong."""
    body = await body_of(request)
    many = isinstance(body, list)
    items = body if isinstance(body, list) else [body]
    if not all(isinstance(item, dict) for item in items):
        raise Wrong("send an object, or a list of objects")
    return items, many


def form_of(request: Request, item: Mapping[str, Any]) -> Form:
    """An object of the API as the form that a page would send: both are judged by the same rules."""
    return Form({name: _typed(value) for name, value in item.items() if value is not None}, request.state.translate)


def _typed(value: Any) -> Any:
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, float):
        return f"{value:.6f}"
    return str(value) if isinstance(value, int | str) else value


def refuse(errors: Mapping[str, str]) -> Wrong:
    return Wrong("; ".join(f"{field}: {sentence}" for field, sentence in errors.items()), errors)


def located(errors: Mapping[str, str], position: int, many: bool) -> dict[str, str]:
    """Field names that also say which object of a list they belong to, counted from 0."""
    return {f"{position}.{name}" if many else name: sentence for name, sentence in errors.items()}
