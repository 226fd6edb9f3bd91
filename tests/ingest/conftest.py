"""A server and a clock for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.server import Clock, Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as one:
        yield one


@pytest.fixture
def clock() -> Clock:
    return Clock()
