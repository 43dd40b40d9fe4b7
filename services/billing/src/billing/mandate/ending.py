"""How a contract goes on or ends: a term renewed or over, notice, an end at once, the invoicing mandate revoked."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing import announcing
from billing.days import today_at
from billing.mandate.contract import Mandate, find, keep, locked, mandate_version, note
from billing.mandate.life import IN_FORCE, Life, OutOfTurn, Turn, turned
from chassis.database import Writer
from chassis.timers import Timer
from contracts.mandate import MandateChanged, MandateEnded, MandateEndsSoon

TERM_OVER = "mandate_term_over"
"""The timer of the first moment after the term, or after the last day of a notice."""
ENDS_SOON = "mandate_ends_soon"
"""The timer of the moment when producer and coordinators are written to."""
WARNING = timedelta(days=30)
"""Before the last day on which notice can still be given, where the term renews tacitly; else before the term's end."""


class TooSoon(Exception):
    """Notice is to be kept: `earliest` is the first day it can end."""

    def __init__(self, earliest: date) -> None:
        super().__init__(earliest.isoformat())
        self.earliest = earliest


def later(day: date, months: int) -> date:
    """The same day so many months on; the last of that month where it has no such day, and for the last of a month."""
    last_of_month = (day + timedelta(days=1)).month != day.month
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last if last_of_month or day.day > last.day else last.replace(day=day.day)


def notice_by(one: Mandate) -> date | None:
    """The last day on which notice keeps it from being renewed; None where it is not renewed."""
    if one.term_ends_on is None or not one.tacit_renewal or one.last_day is not None:
        return None
    return one.term_ends_on - timedelta(days=one.notice_days)


async def call_at_its_end(writer: Writer, one: Mandate, zone: ZoneInfo) -> None:
    """Have the end of its term, and the warning before it, called at their hour."""
    last = one.last_day or one.term_ends_on
    for name in (TERM_OVER, ENDS_SOON):
        await writer.cancel_call(name, one.id)
    if last is None:
        return
    await writer.call_at(TERM_OVER, one.id, _morning_after(last, zone))
    if one.life is not Life.IN_NOTICE:
        await writer.call_at(ENDS_SOON, one.id, _morning_after((notice_by(one) or last) - WARNING, zone))


def _morning_after(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


async def term_over(zone: ZoneInfo, writer: Writer, timer: Timer) -> None:
    """Its last day is over: it is renewed, as often as that takes after a long sleep, or it ends."""
    one = await find(writer, timer.key)
    if one is None or one.life not in IN_FORCE:
        return
    one = await locked(writer, timer.key)
    now, last = today_at(writer, zone), one.last_day or one.term_ends_on
    if last is None or last >= now:
        await call_at_its_end(writer, one, zone)
    elif one.last_day is None and one.tacit_renewal:
        renewed = replace(one, version=one.version + 1, life=turned(one.life, Turn.RENEW))
        while renewed.term_ends_on is not None and renewed.term_ends_on < now:
            renewed = replace(renewed, term_ends_on=later(renewed.term_ends_on, one.renewal_months))
        await keep(writer, renewed)
        await call_at_its_end(writer, renewed, zone)
        assert renewed.term_ends_on is not None
        await note(writer, one.id, one.newest.number, "renewed", "", renewed.term_ends_on.isoformat())
        await writer.announce(announcing.mandate(MandateChanged, renewed))
    else:
        await _end(writer, one, last, "", "", zone)


async def ends_soon(zone: ZoneInfo, writer: Writer, timer: Timer) -> None:
    """Weeks before: producer and coordinators are told."""
    one = await find(writer, timer.key)
    if one is None or one.life not in (Life.SIGNED, Life.RENEWED) or one.term_ends_on is None:
        return
    one = await locked(writer, timer.key)
    if one.term_ends_on is None or one.term_ends_on < today_at(writer, zone):
        return
    said = replace(one, version=one.version + 1)
    await keep(writer, said)
    warning = announcing.mandate(
        MandateEndsSoon,
        said,
        term_ends_on=one.term_ends_on,
        renews=one.tacit_renewal,
        notice_by=notice_by(one),
        said_at=writer.now,
    )
    await writer.announce(warning)
    await note(writer, one.id, one.newest.number, "warned", "", one.term_ends_on.isoformat())


async def give_notice(
    writer: Writer, mandate_id: str, last_day: date, who: str, reason: str, zone: ZoneInfo
) -> Mandate:
    """End it on a day that keeps the notice agreed. Raises NoMandate, OutOfTurn, TooSoon."""
    one = await locked(writer, mandate_id)
    life = turned(one.life, Turn.GIVE_NOTICE)
    earliest = today_at(writer, zone) + timedelta(days=one.notice_days)
    # What ends by itself earlier needs no notice for that day.
    if last_day < earliest:
        raise TooSoon(earliest)
    changed = replace(one, version=one.version + 1, life=life, last_day=last_day)
    await keep(writer, changed)
    await call_at_its_end(writer, changed, zone)
    await note(writer, one.id, one.newest.number, "notice", who, f"{last_day.isoformat()} {reason}".strip())
    await writer.announce(announcing.mandate(MandateChanged, changed))
    return changed


async def end_now(writer: Writer, mandate_id: str, who: str, reason: str, zone: ZoneInfo) -> Mandate:
    """End it at once, today being its last day: for a grave breach, or because both want it. Raises NoMandate,
    OutOfTurn."""
    return await _end(writer, await locked(writer, mandate_id), today_at(writer, zone), who, reason, zone)


async def _end(writer: Writer, one: Mandate, last: date, who: str, reason: str, zone: ZoneInfo) -> Mandate:
    ended = replace(one, version=one.version + 1, life=turned(one.life, Turn.END), last_day=last)
    await keep(writer, ended)
    for name in (TERM_OVER, ENDS_SOON):
        await writer.cancel_call(name, one.id)
    await note(writer, one.id, one.newest.number, "ended", who, f"{last.isoformat()} {reason}".strip())
    await writer.announce(announcing.mandate(MandateEnded, ended))
    return ended


async def revoke_invoicing(writer: Writer, mandate_id: str, who: str, reason: str, zone: ZoneInfo) -> Mandate:
    """Take the invoicing mandate back, with the notice it says; the sale goes on. Done twice, it is done once. Raises
    NoMandate, OutOfTurn where none is given."""
    one = await locked(writer, mandate_id)
    if one.life not in IN_FORCE:
        raise OutOfTurn(f"revoke the invoicing mandate of a contract that is {one.life}")
    given = [version for version in one.signed if version.invoicing]
    if not given:
        raise OutOfTurn("revoke an invoicing mandate that nobody gave")
    standing = [version for version in given if version.invoicing_until is None]
    if not standing:
        return one
    terms = standing[-1].terms.invoicing
    assert terms is not None, "it was signed"
    until = today_at(writer, zone) + timedelta(days=terms.notice_days)
    numbers = [version.number for version in standing]
    mine = (mandate_version.c.mandate_id == one.id) & mandate_version.c.number.in_(numbers)
    await writer.execute(mandate_version.update().where(mine).values(invoicing_until=until))
    await keep(writer, replace(one, version=one.version + 1))
    await note(writer, one.id, one.newest.number, "invoicing_revoked", who, f"{until.isoformat()} {reason}".strip())
    changed = await locked(writer, one.id)
    await writer.announce(announcing.mandate(MandateChanged, changed))
    return changed
