"""What a service counts. The same names in every service: the scrape's `job` label says whose they are.

Labels never take an id, nor anything else that strangers choose: their number must stay small.
"""

from collections import Counter as Tally
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        common: Any = {"registry": self.registry, "namespace": "cabas"}
        self.published = Counter("events_published", "events taken from the outbox to the broker", ["type"], **common)
        self.republished = Counter("events_republished", "events the broker had lost, published again", **common)
        self.beyond_repair = Gauge("events_beyond_repair", "events lost by the broker and too old to repair", **common)
        self.handled = Counter("events_handled", "events taken in", ["type"], **common)
        self.failed = Counter("events_failed", "attempts at an event that failed", ["type"], **common)
        self.buried = Counter("events_dead", "events put among the dead letters", ["reason"], **common)
        self.timers_fired = Counter("timers_fired", "timers that were called", ["name"], **common)
        self.timers_failed = Counter("timers_failed", "calls of a timer that failed", ["name"], **common)
        self.loop_lag = Gauge("event_loop_lag_seconds", "how late the event loop runs", **common)
        self.requests = Histogram("http_request_seconds", "requests by route", ["method", "route", "status"], **common)
        # Below: set by chassis.health. While its source does not answer a gauge keeps what it said last, so rules look
        # at database_up and broker_up too.
        self.database_up = Gauge("database_up", "1 while the database answers", **common)
        self.database_bytes = Gauge("database_bytes", "size of the service's database", **common)
        self.outbox_age = Gauge("outbox_oldest_seconds", "age of the oldest event not yet published", **common)
        self.dead_letters = Gauge("dead_letters", "dead letters nobody has resolved", **common)
        self.timers_failing = Gauge("timers_failing", "timers whose last call failed", **common)
        self.timer_late = Gauge("timer_late_seconds", "how late the timer is that has been due longest", **common)
        self.disk_free = Gauge("disk_free_bytes", "free space where the data folder is", **common)
        self.disk_size = Gauge("disk_size_bytes", "size of the file system where the data folder is", **common)
        self.broker_up = Gauge("broker_up", "1 while connected to the broker", **common)
        self.lag = Gauge("consumer_lag", "events not yet taken in", ["source"], **common)
        self.stream_bytes = Gauge("stream_bytes", "size of the service's own stream", **common)
        self.stream_limit = Gauge("stream_limit_bytes", "size at which the stream refuses more", **common)
        self.stream_replicas = Gauge("stream_replicas", "copies of the stream there should be", **common)
        self.stream_current = Gauge("stream_replicas_current", "copies of the stream that are up to date", **common)

    def count_published(self, types: Iterable[str]) -> None:
        """Count one published event for each of these type names."""
        for name, number in Tally(types).items():
            self.published.labels(name).inc(number)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the pattern, not the path; a client may send any word as method."""
        self.requests.labels(method if method in METHODS else "other", route, str(status)).observe(seconds)

    def gauge(self, name: str, help_text: str) -> Gauge:
        """One of the service's own, `cabas_<name>`."""
        return Gauge(name, help_text, namespace="cabas", registry=self.registry)
