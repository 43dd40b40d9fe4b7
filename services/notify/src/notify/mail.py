"""A letter as an Internet message (RFC 5322): text and HTML side by side, attachments behind."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from notify.message import Letter


class BadAddress(Exception):
    """No mail can be addressed to this."""


def compose(
    letter: Letter, *, sender: str, name: str, email: str, message_id: str, language: str, now: datetime
) -> EmailMessage:
    """The message. `sender`: "Hub <hub@example.org>". Raises BadAddress.

    The Message-ID is made of the id of our row, so a mail that is sent twice after a crash is one to mail programs.
    """
    mail = EmailMessage()
    try:
        mail["From"] = sender
        mail["To"] = Address(display_name=_one_line(name), addr_spec=email)
        mail["Subject"] = _one_line(letter.subject)
    except (MessageError, ValueError, IndexError) as error:
        raise BadAddress(email) from error
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    mail["Date"] = format_datetime(now)
    # RFC 3834: holiday responders and the like must not answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = language
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    for attachment in letter.attachments:
        main, _slash, sub = attachment.media_type.partition("/")
        mail.add_attachment(attachment.content, maintype=main, subtype=sub or "octet-stream", filename=attachment.name)
    return mail


def _one_line(text: str) -> str:
    """Names come from people: no line break of theirs begins a header of ours."""
    return " ".join(text.split())
