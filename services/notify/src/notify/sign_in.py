"""The mail with the link to sign in: at once, and never after the link has expired."""

from sqlalchemy import select

from chassis.database import Reader, Writer
from contracts.ordering import SignInRequested
from notify.household import Addressee
from notify.message import SIGN_IN, message, message_row, supersede, write_messages
from notify.reason import reason_of


async def later_link(reader: Reader, said: SignInRequested) -> bool:
    """Whether a link that expires later was already heard of."""
    later = (message.c.about == said.person_id) & (message.c.template == SIGN_IN)
    later &= message.c.expires_at > said.expires_at
    return await reader.first(select(message.c.id).where(later).limit(1)) is not None


async def hear_sign_in(writer: Writer, said: SignInRequested) -> None:
    if said.expires_at <= writer.now:
        return
    # Who asks again wants the newest link, and one mail.
    if await later_link(writer, said):
        return
    await supersede(writer, [said.person_id], SIGN_IN, but=reason_of(said))
    mail = message_row(
        writer,
        SIGN_IN,
        Addressee(said.person_id, said.name, said.email, said.language),
        caused_by=reason_of(said),
        about=said.person_id,
        facts={"path": said.path, "expires_at": said.expires_at.isoformat()},
        expires_at=said.expires_at,
    )
    await write_messages(writer, [mail])
