"""The AsyncAPI 3 document of a service, from its tables of what it announces and listens to."""

from collections.abc import Sequence
from typing import Any

from chassis.listening import Listening
from contracts.event import Event


def document(service: str, announces: Sequence[type[Event]], listening: Listening | None) -> dict[str, Any]:
    """The document as JSON data; payload schemas are those of the contracts."""
    heard = list(listening.handlers) if listening else []
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for action, events in (("send", announces), ("receive", heard)):
        for event in sorted(events, key=lambda e: e.type_name()):
            name = event.type_name()
            schema = event.model_json_schema(ref_template=f"#/components/schemas/{name}/$defs/{{model}}")
            schemas[name] = schema
            messages[name] = {
                "name": name,
                "contentType": "application/json",
                "headers": {"type": "object", "properties": {"ce-id": {"type": "string"}, "ce-type": {"const": name}}},
                "payload": {"$ref": f"#/components/schemas/{name}"},
            }
            channels[name] = {
                "address": f"{name}.{{id}}",
                "parameters": {"id": {"description": "id of the aggregate"}},
                "messages": {"event": {"$ref": f"#/components/messages/{name}"}},
            }
            operations[f"{action}.{name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": (event.__doc__ or "").strip().split("\n")[0],
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Cabas {service}", "version": "1", "license": {"name": "AGPL-3.0-or-later"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }
