"""Where mails go: to a mail server, or nowhere but our own mailbox pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib


class Undelivered(Exception):
    """The mail did not leave. `reason` is a code of `message.REASONS`."""

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(f"{reason}: {error}")
        self.reason = reason
        self.error = error


class Later(Undelivered):
    """This mail could not leave now; another might."""


class Unreachable(Undelivered):
    """No mail can leave now: the server is away, or does not want to talk to us."""


class Rejected(Undelivered):
    """This mail will never leave: the server says so for good."""


class Post(Protocol):
    """`secret`: what is sent leaves this house, so links that open doors need not be kept."""

    leaves_the_house: bool

    async def send(self, mail: EmailMessage) -> None:
        """Raises Undelivered."""
        ...

    async def rest(self) -> None:
        """Nothing more to send for now."""
        ...


class EmbeddedMailbox:
    """For a hub without a mail server: what would be sent is shown on the mailbox pages."""

    leaves_the_house = False

    async def send(self, mail: EmailMessage) -> None:
        mail.as_bytes()

    async def rest(self) -> None:
        pass


@dataclass(frozen=True)
class SmtpAddress:
    """`smtp://user:password@host:587?starttls` or `smtps://…:465`."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool

    @classmethod
    def parse(cls, url: str) -> "SmtpAddress":
        """Raises ValueError with what is wrong, and without the password."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("smtp_url must look like smtp://user:password@host:587?starttls")
        tls = parts.scheme == "smtps"
        options = parse_qs(parts.query, keep_blank_values=True)
        return cls(
            parts.hostname,
            parts.port or (465 if tls else 25),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            tls,
            "starttls" in options,
        )


class SmtpServer:
    """One connection, kept while there is something to send. `timeout` in seconds for every step."""

    leaves_the_house = True

    def __init__(self, address: SmtpAddress, timeout: float = 30) -> None:
        self.address = address
        self.timeout = timeout
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, mail: EmailMessage) -> None:
        client = await self._connected()
        try:
            with _translated():
                await client.send_message(mail)
        except Unreachable:
            await self.rest()
            raise

    async def rest(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit()
        except (TimeoutError, aiosmtplib.SMTPException, OSError):
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        client = aiosmtplib.SMTP(
            hostname=self.address.host,
            port=self.address.port,
            username=self.address.user or None,
            password=self.address.password or None,
            use_tls=self.address.tls,
            # Never in the clear where the address asks for encryption: True refuses a server without it.
            start_tls=True if self.address.starttls else None,
            timeout=self.timeout,
        )
        with _translated():
            await client.connect()
        self._client = client
        return client


@contextmanager
def _translated() -> Iterator[None]:
    """The mail server's answers in our words: 4xx is later, 5xx about this mail is never, the rest is the server's."""
    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as error:
        raise Unreachable("misconfigured", _words(error)) from error
    except aiosmtplib.SMTPRecipientsRefused as error:
        first = error.recipients[0]
        raise _answer(first.code, _words(first)) from error
    except aiosmtplib.SMTPSenderRefused as error:
        # Our own address is refused: so it will be for every mail, until somebody mends a setting.
        raise Unreachable("misconfigured", _words(error)) from error
    except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused) as error:
        raise _answer(error.code, _words(error)) from error
    except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
        raise Unreachable("unreachable", _words(error)) from error


def _answer(code: int, words: str) -> Undelivered:
    if code == 421:
        return Unreachable("unreachable", words)
    return Rejected("refused", words) if code >= 500 else Later("busy", words)


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
