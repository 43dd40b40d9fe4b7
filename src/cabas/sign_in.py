"""`cabas sign-in [EMAIL]`: a link from whoever runs the hub, for somebody who cannot receive one.

Without an address: for the first coordinator. The hub is the one of a data folder, or the deployment whose settings
of ordering (`CABAS_SECRETS_DIR`, `CABAS_DATABASE_URL`) this command is given.
"""

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from cabas.arguments import refuse, takes_data
from cabas.data_folder import DataFolder
from chassis.serve import read_settings, what_is_wrong
from chassis.service import Service
from chassis.settings import Settings

MINUTES = 15


class NobodyThere(Exception):
    """Nobody with this address may sign in."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("sign-in", help="print a link that signs somebody in, once, within 15 minutes")
    parser.add_argument("email", nargs="?", help="the address the person is known by (default: the first coordinator)")
    takes_data(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    folder = DataFolder(arguments.data)
    try:
        settings = read_settings(Settings)
        if settings.database_url is not None:
            print(settings.public_url + asyncio.run(_link({}, arguments.email, MINUTES)))
            return 0
        if not (folder.path / "ordering.db").exists():
            return refuse(f"There is no hub in {folder.path.resolve()}. Start one with: cabas up")
        path = asyncio.run(_link(_in(folder.path), arguments.email, MINUTES))
    except NobodyThere as error:
        return refuse(error)
    except ValidationError as error:
        return refuse(what_is_wrong(error))
    except (DBAPIError, OSError) as error:
        return refuse(f"The hub's database or key cannot be read: {str(error).splitlines()[0]}")
    holder = folder.holder()
    url = settings.public_url if "CABAS_PUBLIC_URL" in os.environ else (holder.url if holder else "")
    print(f"{url}{path}")
    if not url:
        print("The hub does not run: start it, and put its address before this.")
    return 0


async def link_for(folder: Path, email: str, minutes: int) -> str:
    """Path of a fresh link for the person with this address; whether the hub runs or not. Raises NobodyThere."""
    return await _link(_in(folder), email, minutes)


def _in(folder: Path) -> dict[str, Any]:
    return {"data_dir": folder, "database_url": None}


async def _link(given: dict[str, Any], email: str | None, minutes: int) -> str:
    # Imported here: other commands must work where a service cannot even be imported.
    from ordering import sign_in
    from ordering.app import create_app
    from ordering.conflict import Missing
    from ordering.settings import OrderingSettings

    service: Service = create_app(read_settings(OrderingSettings, **given)).state.service
    try:
        if email is not None:
            return await sign_in.link_for(service, email, minutes)
        path = await sign_in.first_link(service)
    except Missing as missing:
        raise NobodyThere(f"Nobody with the address {email} may sign in here.") from missing
    finally:
        await service.database.close()
    if path is None:
        raise NobodyThere("A coordinator has signed in already: name somebody's e-mail address.")
    return path
