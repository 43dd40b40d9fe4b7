"""`cabas sign-in EMAIL`: a link for somebody who cannot receive one, from whoever runs the hub."""

import argparse
import asyncio
import os
from pathlib import Path

from cabas.arguments import refuse, takes_data
from cabas.data_folder import DataFolder

MINUTES = 15


class NobodyThere(Exception):
    """Nobody with this address may sign in."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("sign-in", help="print a link that signs somebody in, once, within 15 minutes")
    parser.add_argument("email", help="the address the person is known by")
    takes_data(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    folder = DataFolder(arguments.data)
    if not (folder.path / "ordering.db").exists():
        return refuse(f"There is no hub in {folder.path.resolve()}. Start one with: cabas up")
    try:
        path = asyncio.run(link_for(folder.path, arguments.email, MINUTES))
    except NobodyThere:
        return refuse(f"Nobody with the address {arguments.email} may sign in here.")
    holder = folder.holder()
    url = os.environ.get("CABAS_PUBLIC_URL") or (holder.url if holder else "")
    print(f"{url}{path}")
    if not holder:
        print("The hub does not run: start it, and put its address before this.")
    return 0


async def link_for(folder: Path, email: str, minutes: int) -> str:
    """Path of a fresh link for the person with this address; whether the hub runs or not. Raises NobodyThere."""
    from ordering import sign_in
    from ordering.app import create_app
    from ordering.conflict import Missing
    from ordering.settings import OrderingSettings

    app = create_app(OrderingSettings(data_dir=folder, database_url=None))
    service = app.state.service
    try:
        return await sign_in.link_for(service, email, minutes)
    except Missing as missing:
        raise NobodyThere from missing
    finally:
        await service.database.close()
