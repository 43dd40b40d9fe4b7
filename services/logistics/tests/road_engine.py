"""A road engine that speaks both protocols over real sockets, and fails as engines do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from coldchain.road import Point, crow_flies


class RoadEngine:
    """Ways are a fifth longer than as the crow flies, at 60 km/h. `mood`: well, refuses, nonsense, short, hangs, moves
    or endless. `no_road`: a spot that no road leads to. `fails_after`: requests that are answered before it refuses."""

    def __init__(self) -> None:
        self.mood = "well"
        self.no_road: Point | None = None
        self.fails_after: int | None = None
        self.asked: list[tuple[int, int]] = []
        self.elsewhere = 0
        self.url = ""
        self.ended = threading.Event()

    def table(self, sources: list[Point], targets: list[Point]) -> list[list[tuple[float, float] | None]]:
        self.asked.append((len(sources), len(targets)))
        return [[self._way(a, b) for b in targets] for a in sources]

    def _way(self, a: Point, b: Point) -> tuple[float, float] | None:
        if self.no_road in (a, b):
            return None
        metres = crow_flies(a, b) * 1.2
        return metres, metres * 3.6 / 60

    def answer(self, path: str, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(path)
        if parts.path == "/elsewhere":
            self.elsewhere += 1
            return 200, {}
        if self.mood == "refuses" or (self.fails_after is not None and len(self.asked) >= self.fails_after):
            return 503, {"code": "Busy"}
        if parts.path.startswith("/table/v1/driving/"):
            return 200, self._osrm(parts.path.rpartition("/")[2], parse_qs(parts.query))
        if parts.path == "/sources_to_targets":
            return 200, self._valhalla(json.loads(body))
        return 404, {}

    def _osrm(self, typed: str, query: dict[str, list[str]]) -> Any:
        spots = [(float(one.split(",")[1]), float(one.split(",")[0])) for one in typed.split(";")]
        sources = [spots[int(index)] for index in query["sources"][0].split(";")]
        targets = [spots[int(index)] for index in query["destinations"][0].split(";")]
        assert query["annotations"] == ["duration,distance"]
        if self.mood == "nonsense":
            return {"code": "Ok", "distances": [[-5.0] * len(targets)] * len(sources), "durations": "soon"}
        rows = self.table(sources, targets)
        if self.mood == "short":
            rows = rows[:-1]
        return {
            "code": "Ok",
            "data_version": "2026-11-01",
            "distances": [[way and round(way[0], 1) for way in row] for row in rows],
            "durations": [[way and round(way[1], 1) for way in row] for row in rows],
        }

    def _valhalla(self, asked: Any) -> Any:
        assert asked["costing"] == "auto"
        assert asked["units"] == "kilometers"
        if self.mood == "nonsense":
            return {"sources_to_targets": {"distances": []}}
        sources, targets = ([(one["lat"], one["lon"]) for one in asked[name]] for name in ("sources", "targets"))
        return {
            "sources_to_targets": [
                [{"distance": way and round(way[0] / 1000, 3), "time": way and round(way[1])} for way in row]
                for row in self.table(sources, targets)
            ]
        }


@contextmanager
def running() -> Iterator[RoadEngine]:
    engine = RoadEngine()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if engine.mood == "hangs":
                engine.ended.wait(30)
                return
            if engine.mood == "moves" and not self.path.startswith("/elsewhere"):
                self.send_response(302)
                self.send_header("location", f"{engine.url}/elsewhere")
                self.end_headers()
                return
            status, said = engine.answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"[" * 5_000_000 if engine.mood == "endless" else json.dumps(said).encode())

        def log_message(self, *said: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    engine.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        engine.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
