"""Who may do what at the broker of a deployment: one user per service, from the tables of the code.

A service publishes its own subjects, looks at its own stream, and takes from its own consumers. It can create,
change or delete nothing: a stream may copy from another, a consumer may filter whatever it likes, so whoever may make
one may read everything. The operator's commands (provision, backup, restore) make them; deleting is for nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cabas.talks import Talk
from chassis.jetstream import inbox_prefix, stream_of

OPERATOR = "operator"


@dataclass(frozen=True)
class BrokerUser:
    """A user with the subjects it may publish to and subscribe to; all others are refused."""

    name: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def users(everybody: Sequence[Talk]) -> tuple[BrokerUser, ...]:
    return (*(_service(talk) for talk in everybody), _operator())


def _service(talk: Talk) -> BrokerUser:
    own = stream_of(talk.service)
    publish = [
        f"cabas.{talk.service}.>",
        f"$JS.API.STREAM.INFO.{own}",
        # To compare what the broker holds with what the outbox published.
        f"$JS.API.STREAM.MSG.GET.{own}",
    ]
    for source in talk.listening.filters() if talk.listening else ():
        assert talk.listening
        stream, consumer = stream_of(source), talk.listening.consumer(source)
        publish += [
            f"$JS.API.CONSUMER.INFO.{stream}.{consumer}",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}",
            f"$JS.ACK.{stream}.{consumer}.>",
        ]
    return BrokerUser(talk.service, tuple(publish), (f"{inbox_prefix(talk.service)}.>",))


def _operator() -> BrokerUser:
    return BrokerUser(
        OPERATOR,
        (
            "$JS.API.STREAM.LIST",
            *(f"$JS.API.STREAM.{verb}.*" for verb in ("INFO", "CREATE", "UPDATE", "SNAPSHOT", "RESTORE")),
            *(f"$JS.API.CONSUMER.{verb}.>" for verb in ("INFO", "CREATE", "DURABLE.CREATE")),
            "$JS.SNAPSHOT.>",
        ),
        (f"{inbox_prefix(OPERATOR)}.>",),
    )


def configuration(accounts: Sequence[BrokerUser], passwords: Mapping[str, str]) -> str:
    """The part of nats-server's configuration that a deployment includes. `passwords`: by user; URL-safe text."""
    lines = [
        "# Made by `cabas secrets` from the tables of the services: do not edit.",
        "authorization {",
        "  users = [",
    ]
    for user in accounts:
        lines += [
            f'    {{ user: "{user.name}", password: "{passwords[user.name]}", permissions: {{',
            f"      publish: {{ allow: [{_quoted(user.publish)}] }}",
            f"      subscribe: {{ allow: [{_quoted(user.subscribe)}] }}",
            "    } }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])


def _quoted(subjects: Sequence[str]) -> str:
    return ", ".join(f'"{subject}"' for subject in subjects)
