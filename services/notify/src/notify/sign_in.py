"""The mail with the link to sign in: at once, and never after the link has expired."""

from chassis.database import Writer
from contracts.ordering import SignInRequested
from notify.household import Addressee
from notify.message import SIGN_IN, supersede, write_message
from notify.reason import reason_of


async def hear_sign_in(writer: Writer, said: SignInRequested) -> None:
    if said.expires_at <= writer.now:
        return
    # Who asks again wants the newest link, and one mail.
    await supersede(writer, said.person_id, SIGN_IN)
    await write_message(
        writer,
        SIGN_IN,
        Addressee(said.person_id, said.name, said.email, said.language),
        caused_by=reason_of(said),
        about=said.person_id,
        facts={"path": said.path, "expires_at": said.expires_at.isoformat()},
        expires_at=said.expires_at,
    )
