"""How mail leaves, and whether anything answers there."""

import asyncio

from cabas.doctor.finding import Finding, fail, ok

PATIENCE = 3.0


async def mail() -> Finding:
    """By the environment of whoever asks: run the doctor with the hub's own."""
    # Imported here: a doctor that cannot find one service still has something to say of the others.
    from notify.app import NotifySettings
    from notify.post import SmtpAddress

    url = NotifySettings().smtp_url
    if not url:
        return ok("mail", "no mail server is set: messages stay in the mailbox page (/notify/mailbox)")
    try:
        address = SmtpAddress.parse(url)
    except ValueError as error:
        return fail("mail", str(error), "set CABAS_SMTP_URL")
    where = f"{address.host}:{address.port}"
    try:
        _reader, writer = await asyncio.wait_for(asyncio.open_connection(address.host, address.port), PATIENCE)
    except (OSError, TimeoutError) as error:
        why = str(error) or "no answer"
        return fail("mail", f"{where} does not answer ({why})", "mails wait; check CABAS_SMTP_URL and the mail server")
    writer.close()
    return ok("mail", f"{where} answers")
