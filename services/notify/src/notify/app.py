"""The notify service put together."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from chassis.clock import Clock, Ids
from chassis.listening import Together
from chassis.service import Service
from chassis.settings import Settings
from contracts.notify import MessageFailed, MessageSent
from notify import allocation, confirmation, new_sum, pages, pick_list, reminder, schedule
from notify.account import Accounts
from notify.allocation import Allocations
from notify.certificate import Certificates
from notify.claim import Claims
from notify.cold import ColdChain
from notify.confirmation import Confirmations
from notify.debit import Debits
from notify.facts import FACTS
from notify.household_transfer import HouseholdTransfers
from notify.invoice import Invoices
from notify.listening import listening
from notify.mandate import Mandates
from notify.new_sum import NewSums
from notify.pages.letter import Letters
from notify.payment_reminder import PaymentReminders
from notify.pick_list import PickLists
from notify.post import EmbeddedMailbox, Post, SmtpAddress, SmtpServer
from notify.postman import Fetch, Postman, Rules, no_document
from notify.recall import Recalls
from notify.reminder import Reminders
from notify.schedule import Schedules
from notify.schema import metadata
from notify.seal import Seals
from ui import Pages

STATIC = Path(__file__).parent / "static"


class NotifySettings(Settings):
    smtp_url: str | None = None
    """`smtp://user:password@host:587?starttls`, `smtps://…:465`. None: mails are only shown on the mailbox pages."""
    smtp_timeout: float = 30.0
    mail_from: str = "Cabas <cabas@localhost>"
    internal_url: str | None = None
    """Where this service fetches documents of the others. None: `public_url`."""
    confirmation_delay: float = 60.0
    """Seconds a confirmation is held back, for those who go on changing their basket; and what is said of an order
    later, or of a schedule, should it be corrected at once."""
    new_sum_delay: float = 3600.0
    """Seconds the mail about a new sum is held back: what was delivered is recorded producer by producer."""
    remind_before_hours: float = 24.0
    stale_hours: float = 72.0
    """Of what is older no mail is written any more: the history may be read again one day."""
    give_up_hours: float = 72.0
    mail_poll: float = 0.5
    send_mails: bool = True


def create_app(
    settings: NotifySettings, *, clock: Clock | None = None, ids: Ids | None = None, fetch: Fetch | None = None
) -> FastAPI:
    stale = timedelta(hours=settings.stale_hours)
    confirmations = Confirmations(timedelta(seconds=settings.confirmation_delay), stale)
    allocations = Allocations(timedelta(seconds=settings.confirmation_delay), stale)
    reminders = Reminders(timedelta(hours=settings.remind_before_hours))
    pick_lists = PickLists(stale)
    new_sums = NewSums(timedelta(seconds=settings.new_sum_delay), stale)
    schedules = Schedules(timedelta(seconds=settings.confirmation_delay), stale, ZoneInfo(settings.time_zone))
    service = Service(
        "notify",
        settings,
        metadata=metadata,
        migrations="notify.migrations",
        announces=(MessageSent, MessageFailed),
        listening=listening(
            confirmations,
            allocations,
            reminders,
            pick_lists,
            Certificates(stale),
            Mandates(stale),
            Accounts(stale),
            Invoices(stale),
            PaymentReminders(stale),
            Debits(stale),
            Claims(stale),
            new_sums,
            HouseholdTransfers(stale),
            Seals(stale),
            schedules,
            ColdChain(stale),
            Recalls(stale),
        ),
        timers={
            confirmation.TIMER: Together(confirmations.confirm),
            allocation.TIMER: Together(allocations.tell),
            reminder.TIMER: reminders.remind,
            new_sum.TIMER: new_sums.tell,
            pick_list.TIMER: pick_lists.look_again,
            schedule.TIMER: schedules.tell,
        },
        facts=FACTS,
        clock=clock,
        ids=ids,
    )
    Pages(service, package="notify")
    service.serve(*pages.ROUTERS)
    service.app.mount("/notify/static", StaticFiles(directory=STATIC), name="notify-static")
    _employ_postman(service, settings, fetch)
    return service.app


def _employ_postman(service: Service, settings: NotifySettings, fetch: Fetch | None) -> None:
    post: Post = EmbeddedMailbox()
    if settings.smtp_url:
        post = SmtpServer(SmtpAddress.parse(settings.smtp_url), settings.smtp_timeout)
    letters = Letters(settings.hub_name, settings.public_url, ZoneInfo(settings.time_zone))
    rules = Rules(settings.mail_from, timedelta(hours=settings.give_up_hours), settings.mail_poll)
    get = fetch or document_fetcher(settings.internal_url or settings.public_url)
    postman = service.app.state.postman = Postman(service.database, post, letters, get, rules)

    async def begin() -> None:
        if settings.send_mails:
            service.background("postman", lambda: postman.run(service.stopping))

    async def end() -> None:
        # A mail that is on its way is let go, and marked; a server that dawdles is not waited for.
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.graceful_timeout / 2), postman.on_a_round:
                pass

    service.on_start.append(begin)
    service.on_stop.append(end)


def document_fetcher(base_url: str) -> Fetch:
    """Gets documents of the other services over HTTP."""

    async def fetch(path: str) -> bytes:
        try:
            async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
                answer = await client.get(path)
                answer.raise_for_status()
                return answer.content
        except httpx.HTTPStatusError as error:
            raise no_document(f"HTTP {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise no_document(type(error).__name__) from error

    return fetch
