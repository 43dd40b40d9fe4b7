"""The months in which a product is sold. A window may wrap over New Year: oranges are sold from November to May."""

from datetime import date

from sqlalchemy import ColumnElement, and_, or_

from contracts import Season


def season_of(from_month: int | None, to_month: int | None) -> Season | None:
    """The window, or None for the whole year (twelve months, however they are counted)."""
    if from_month is None or to_month is None or (to_month - from_month) % 12 == 11:
        return None
    return Season(from_month=from_month, to_month=to_month)


def in_season(season: Season | None, day: date) -> bool:
    """Whether `day` lies in the window, first and last month included."""
    if season is None:
        return True
    return (day.month - season.from_month) % 12 <= (season.to_month - season.from_month) % 12


def sold_in(
    month: int, from_month: ColumnElement[int | None], to_month: ColumnElement[int | None]
) -> ColumnElement[bool]:
    """`in_season` for a query over columns."""
    return or_(
        from_month.is_(None),
        and_(from_month <= to_month, from_month <= month, to_month >= month),
        and_(from_month > to_month, or_(from_month <= month, to_month >= month)),
    )
