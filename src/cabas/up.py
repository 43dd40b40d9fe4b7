"""`cabas up`: run the hub until Ctrl-C."""

import argparse
import asyncio
import os
import sys
import webbrowser

from cabas.arguments import refuse, takes_data
from cabas.data_folder import FolderUnusable
from cabas.hub import Hub, HubFailed, Running
from chassis.nats_server import NoServer
from chassis.service import Service


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("up", help="start the hub and keep it running; Ctrl-C stops it")
    takes_data(parser)
    parser.add_argument("--host", default=os.environ.get("CABAS_HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("CABAS_PORT", "8000")), help="default: 8000; 0: any"
    )
    parser.add_argument("--open", action="store_true", help="open the address in a browser")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    async def greet(running: Running) -> None:
        ordering = running.services["ordering"]
        path = await first_link(ordering)
        # People come by the public address, through a front server perhaps.
        public = ordering.settings.public_url
        link = public + path if path else None
        for line in greeting(running.url, public, link):
            print(line, flush=True)
        if arguments.open:
            webbrowser.open(link or public)

    hub = Hub(arguments.data, host=arguments.host, port=arguments.port, on_ready=greet)
    try:
        asyncio.run(hub.run())
    except (FolderUnusable, NoServer, HubFailed) as error:
        return refuse(error)
    print("Cabas has stopped.", file=sys.stderr)
    return 0


async def first_link(ordering: Service) -> str | None:
    """Path of the one-time link of the first coordinator; None when there is one already."""
    from ordering import sign_in

    return await sign_in.first_link(ordering)


def greeting(url: str, public: str, link: str | None) -> list[str]:
    """`url`: where the hub listens; `public`: where people come."""
    lines = [f"Cabas is ready: {public}"]
    if public != url:
        lines.append(f"  (a front server passes that on to {url})")
    if link:
        lines += ["You are the first: sign in as coordinator with this link (once, within a day):", f"  {link}"]
    else:
        lines += [
            f"Sign in with your e-mail address at {public}/ordering/sign-in",
            "  (without a mail server, links are in the mailbox page; `cabas sign-in EMAIL` prints one here).",
        ]
    return [*lines, "Ctrl-C stops it."]
