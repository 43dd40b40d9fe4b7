"""How mail leaves, and whether anything answers there."""

import asyncio

from cabas.doctor.finding import Finding, fail, ok

PATIENCE = 3.0


async def mail() -> Finding:
    """By the environment of whoever asks: run the doctor with the hub's own."""
    from notify.settings import NotifySettings

    settings = NotifySettings()
    host = settings.smtp_host
    if not host:
        return ok("mail", "no mail server is set: messages stay in the mailbox page (/notify/mailbox)")
    try:
        _reader, writer = await asyncio.wait_for(asyncio.open_connection(host, settings.smtp_port), PATIENCE)
    except (OSError, TimeoutError) as error:
        why = str(error) or "no answer"
        return fail(
            "mail", f"{host}:{settings.smtp_port} does not answer ({why})", "check CABAS_SMTP_HOST and CABAS_SMTP_PORT"
        )
    writer.close()
    return ok("mail", f"{host}:{settings.smtp_port} answers")
