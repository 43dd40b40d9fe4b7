"""`python -m stand_in FOLDER PORT`: the real hub around stand-ins."""

import asyncio
import sys
from pathlib import Path

from stand_in.app import PARTS

from cabas.data_folder import FolderUnusable
from cabas.hub import Hub, HubFailed, Running


async def say(running: Running) -> None:
    print(running.url, flush=True)


try:
    asyncio.run(Hub(Path(sys.argv[1]), port=int(sys.argv[2]), parts=PARTS, on_ready=say).run())
except (FolderUnusable, HubFailed) as error:
    sys.exit(str(error))
