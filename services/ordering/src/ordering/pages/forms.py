"""What the forms about people have in common: ids they bring along, and what to say when somebody was faster."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from sqlalchemy import RowMapping

from chassis.service import Service
from ordering import person
from ui.forms import Form
from ui.i18n import LANGUAGES

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def sent(request: Request) -> Form:
    """The form that was sent."""
    return Form(await request.form(), request.state.translate)


def id_of(request: Request, form: Form, name: str = "id") -> str:
    """The id a form brought for what it makes; a fresh one when it brought none that looks like one of ours."""
    typed = form.value(name)
    return typed if _ID.fullmatch(typed) else Service.of(request).ids.new()


def version_of(form: Form) -> int:
    """The version the form was opened with; 0, which nothing has, when it does not say."""
    typed = form.value("version")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def say_changed(request: Request, form: Form, now: RowMapping, shown: Mapping[str, tuple[str, Any]]) -> None:
    """Tell that somebody else changed it meanwhile, and how it stands now. What was typed stays; sent again, it counts.

    `shown`: field -> (its label, how its present value reads).
    """
    _ = request.state.translate
    differing = [
        f"{label}: {value if value != '' else '–'}"
        for field, (label, value) in shown.items()
        if _as_sent(now[field]) != form.value(field)
    ]
    sentence = _("Somebody else changed this while you were typing. What you typed is still here.")
    if differing:
        sentence += " " + _("It now says: %(what)s.") % {"what": "; ".join(differing)}
    form.error("", sentence + " " + _("Check, then send it again."))
    form.values["version"] = str(now["version"])


def _as_sent(value: Any) -> str:
    """A value as a form sends it: a box that is ticked, or nothing."""
    if isinstance(value, bool):
        return "on" if value else ""
    return "" if value is None else str(value)


def say_sent_before(request: Request, form: Form, made: RowMapping) -> None:
    """Tell that the form made something already, with other contents. Sent again, it makes another one."""
    _ = request.state.translate
    sentence = _("This form was sent before and made “%(name)s”. Send it again if you want another one.")
    form.error("", sentence % {"name": made["name"]})
    form.values["id"] = Service.of(request).ids.new()


def say_email_taken(request: Request, form: Form, holder: RowMapping | None = None) -> None:
    """`holder`: who has the address, for those who may know."""
    _ = request.state.translate
    if holder is None:
        form.error("email", _("This address belongs to somebody else. Ask a coordinator."))
    else:
        form.error("email", _("This address belongs to %(name)s.") % {"name": holder["name"]})


def read_person(form: Form, *, name: str = "name", email: bool = True) -> person.Details:
    """The fields of a person. Without `email` the address is not read: the form does not offer it."""
    phone = form.text("phone", max_length=30)
    if phone and not re.fullmatch(r"[0-9+(][0-9 ().+-]{3,}", phone):
        form.error("phone", form._("Type a telephone number, for example 04 68 00 00 00."))
    return person.Details(
        name=form.text(name, required=True, max_length=100),
        email=form.email("email") if email else "",
        phone=phone,
        language=form.choice("language", LANGUAGES, required=False) or "fr",
    )


def page_of(request: Request) -> int:
    """The number behind ?page=; 1 when it is none."""
    typed = request.query_params.get("page", "")
    return max(1, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 1
