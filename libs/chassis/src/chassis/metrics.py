"""What a service counts. Labels never take an id: their number must stay small."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        common: Any = {"registry": self.registry, "namespace": "cabas", "subsystem": service}
        self.published = Counter("events_published", "events taken from the outbox to the broker", **common)
        self.handled = Counter("events_handled", "events taken in", ["type"], **common)
        self.failed = Counter("events_failed", "attempts at an event that failed", ["type"], **common)
        self.buried = Counter("events_dead", "events put among the dead letters", ["reason"], **common)
        self.outbox_age = Gauge("outbox_oldest_seconds", "age of the oldest event not yet published", **common)
        self.lag = Gauge("consumer_lag", "events not yet taken in", ["source"], **common)
        self.dead_letters = Gauge("dead_letters", "dead letters nobody has resolved", **common)
        self.timers_fired = Counter("timers_fired", "timers that were called", ["name"], **common)
        self.timers_failed = Counter("timers_failed", "calls of a timer that failed", ["name"], **common)
        self.loop_lag = Gauge("event_loop_lag_seconds", "how late the event loop runs", **common)
        self.requests = Histogram("http_request_seconds", "requests by route", ["method", "route", "status"], **common)
