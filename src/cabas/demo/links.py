"""`cabas demo --keep`: ways in, one for each kind of person."""

from pathlib import Path

from cabas.demo.hub_process import RunningHub
from cabas.demo.week import Week
from cabas.sign_in import NobodyThere, link_for

MINUTES = 24 * 60


async def links_of(folder: Path, hub: RunningHub, week: Week) -> list[str]:
    """Sentences with one-time links for a coordinator, a member and a producer."""
    lines = ["", f"The hub stays up at {hub.url}; each link signs in once:"]
    if hub.first_link:
        lines.append(f"  coordinator: {hub.first_link}")
    for who, email in (
        ("member", week.homes[0].people[0]["email"]),
        ("producer", week.farms[1].sheet["email"]),
    ):
        try:
            lines.append(f"  {who} ({email}): {hub.url}{await link_for(folder, email, MINUTES)}")
        except NobodyThere:
            lines.append(f"  {who}: give {email} a role at {hub.url}/ordering/people first")
    return [*lines, "Ctrl-C stops it."]
