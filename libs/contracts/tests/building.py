"""Hypothesis strategies that build any event from the fields of its model."""

import datetime
import re
import string
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

TOKEN = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)


def built(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of the model; fields with a default are left out now and then."""
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        target = required if field.is_required() else optional
        target[name] = values(field.annotation, field.metadata)
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: model(**fields))


def values(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        return values(inner, [*metadata, *(m for field in more for m in getattr(field, "metadata", [field]))])
    if origin in (Union, UnionType):
        return st.one_of(*(values(choice, metadata) for choice in get_args(kind)))
    if origin is tuple:
        least = bound(metadata, annotated_types.MinLen, "min_length", 0)
        return st.lists(values(get_args(kind)[0], []), min_size=least, max_size=3).map(tuple)
    if issubclass(kind, BaseModel):
        return built(kind)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    return plain(kind, metadata)


def plain(kind: type[Any], metadata: list[Any]) -> st.SearchStrategy[Any]:
    if kind is str:
        pattern = next((m.pattern for m in metadata if getattr(m, "pattern", None)), None)
        if pattern is None:
            return st.text(max_size=12)
        return TOKEN if re.search(pattern, "a") else st.from_regex(pattern, fullmatch=True)
    least = bound(metadata, annotated_types.Ge, "ge", None)
    most = bound(metadata, annotated_types.Le, "le", None)
    if kind is int:
        above = bound(metadata, annotated_types.Gt, "gt", None)
        return st.integers(least if above is None else above + 1, most)
    if kind is float:
        return st.floats(least, most)
    return {
        AwareDatetime: st.datetimes(timezones=st.just(datetime.UTC)),
        datetime.date: st.dates(),
        type(None): st.none(),
        bool: st.booleans(),
    }[kind]


def bound(metadata: list[Any], kind: type[Any], name: str, otherwise: Any) -> Any:
    return next((getattr(m, name) for m in metadata if isinstance(m, kind)), otherwise)
