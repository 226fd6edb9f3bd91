"""A local web server that behaves as well or as badly as a test asks."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sarhad.ingest import Manners

Answer = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by what the test put under the path: a list of answers, the last of them for good."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        answers = self.server.answers.get(self.path)
        if answers is None:
            refused(404)(self)
            return
        (answers[0] if len(answers) == 1 else answers.pop(0))(self)

    def do_HEAD(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        size = self.server.sizes.get(self.path)
        self.send_response(405 if size is None else 200)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def send(self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None) -> None:
        """Send an answer; `cut`: close the connection after so many bytes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True


class Server:
    """What the test says to the server, and what it was asked."""

    def __init__(self, httpd: Any) -> None:
        self.httpd = httpd
        self.base = f"http://127.0.0.1:{httpd.server_address[1]}"
        self.asked: list[tuple[str, str, dict[str, str]]] = httpd.asked

    def put(self, path: str, *answers: Answer, size: int | None = None) -> str:
        """Answer a path so, one after the other, the last for good; return its address."""
        self.httpd.answers[path] = list(answers)
        if size is not None:
            self.httpd.sizes[path] = size
        return f"{self.base}{path}"

    def gets(self, path: str) -> list[dict[str, str]]:
        """Return the headers of the requests for a path."""
        return [headers for verb, at, headers in self.asked if verb == "GET" and at == path]


@contextmanager
def serving() -> Iterator[Server]:
    """Return a server that runs while the block does."""
    httpd: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads, httpd.block_on_close = True, False
    httpd.answers, httpd.sizes, httpd.asked = {}, {}, []
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Server(httpd)
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def whole(body: bytes, *, etag: str = "", kind: str = "application/octet-stream") -> Answer:
    """Answer with the body, or with the rest of it where that is asked for and the version is the same."""
    mark = etag or f'"{hashlib.md5(body).hexdigest()}"'

    def answer(handler: Handler) -> None:
        begin = handler.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        headers = {"ETag": mark, "Content-Type": kind, "Last-Modified": "Wed, 05 Nov 2025 10:00:00 GMT"}
        if begin and handler.headers.get("If-Range") == mark:
            rest = body[int(begin) :]
            place = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            handler.send(206, rest, {**headers, "Content-Length": str(len(rest)), "Content-Range": place})
        else:
            handler.send(200, body, {**headers, "Content-Length": str(len(body))})

    return answer


def cut_off(body: bytes, after: int, *, etag: str = "", said: int | None = None) -> Answer:
    """Announce the body (or `said` bytes) and close the connection too early."""
    mark = etag or f'"{hashlib.md5(body).hexdigest()}"'
    headers = {"ETag": mark, "Content-Length": str(said or len(body))}
    return lambda handler: handler.send(200, body, headers, cut=after)


def refused(status: int, **headers: str) -> Answer:
    """Answer with a status and no data."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(status, b"", {**given, "Content-Length": "0"})


def slow(body: bytes, silent_s: float) -> Answer:
    """Announce the body, send half of it, and say nothing for a while."""
    stopped = threading.Event()

    def answer(handler: Handler) -> None:
        handler.send(200, body[: len(body) // 2], {"Content-Length": str(len(body)), "ETag": '"slow"'})
        handler.wfile.flush()
        stopped.wait(silent_s)
        handler.close_connection = True

    return answer


class Clock:
    """Pauses that take no time and are written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def manners(self, **given: Any) -> Manners:
        """Return manners that wait by this clock."""
        return Manners(**{"timeout_s": 5.0, "tries": 3, "sleep": self.waits.append} | given)
