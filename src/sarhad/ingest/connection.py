"""One request at a time to a server that may be slow, busy, mistaken or out of reach."""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from sarhad.errors import SpecError, StoreError

BUSY = (408, 429, 500, 502, 503, 504)  # worth another try
AGENT = f"sarhad/{version('sarhad')} (border programme planning; one request at a time)"


@dataclass(frozen=True)
class Manners:
    """How patient and how polite a download is.

    Parameters
    ----------
    timeout_s
        Longest silence of the server.
    tries
        Attempts in a row that may bring nothing new.
    wait_s
        Pause before the second attempt; it doubles with each one.
    longest_wait_s
        Longest pause; a server that asks for more is left alone.
    stall_s, stall_bytes
        A connection that brings fewer bytes in that time is given up.
    sleep
        What waits.
    """

    timeout_s: float = 30.0
    tries: int = 5
    wait_s: float = 1.0
    longest_wait_s: float = 120.0
    stall_s: float = 60.0
    stall_bytes: int = 1024
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if not (0 < self.timeout_s < math.inf and self.tries >= 1):
            raise SpecError(
                f"--timeout {self.timeout_s:g}, --tries {self.tries}: give seconds above 0 and at least one attempt."
            )


class PassingError(Exception):
    """What may go better another time; `wait_s` is the pause that the server asks for."""

    def __init__(self, text: str, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens http and https alone, through the proxy of the environment, and follows redirects."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


@contextmanager
def answer(
    url: str, manners: Manners, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Iterator[Any]:
    """Return the server's answer, an error status among them, closed at the end.

    Raises
    ------
    SpecError
        If the address is none of the web.
    StoreError
        If the server is out of reach, not to be trusted, or redirects in a circle.
    PassingError
        If another attempt may help.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise SpecError(f"{url}: not an address that begins with http:// or https://. Correct it.")
    asked = {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})}
    with _faults_named(url):
        response = _open(urllib.request.Request(url, headers=asked, method=method), manners)  # noqa: S310
    with response:
        yield response


def _open(request: urllib.request.Request, manners: Manners) -> Any:
    try:
        return _opener().open(request, timeout=manners.timeout_s)
    except urllib.error.HTTPError as error:
        return error


def read_some(url: str, response: Any, n_bytes: int) -> bytes:
    """Return up to so many bytes of an answer as they come, b"" at its end.

    Raises
    ------
    StoreError, PassingError
        As `answer`.
    """
    with _faults_named(url):
        found: bytes = response.read1(n_bytes)
        return found


@contextmanager
def _faults_named(url: str) -> Iterator[None]:
    """Turn faults of the connection into what helps the user, or into another attempt."""
    try:
        yield
    except urllib.error.URLError as error:
        raise _named(url, error.reason) from error
    except (http.client.HTTPException, OSError) as error:
        raise _named(url, error) from error


def _named(url: str, reason: object) -> Exception:
    host = urlsplit(url).netloc
    if isinstance(reason, ssl.SSLCertVerificationError):
        return StoreError(
            f"{url}: the certificate of {host} is not trusted ({reason.verify_message}). Check the clock and the "
            "certificates of this machine, or name another address with --from."
        )
    if isinstance(reason, TimeoutError | ConnectionResetError | http.client.HTTPException | ssl.SSLError):
        return PassingError(f"the connection to {host} broke ({reason or type(reason).__name__})")
    if isinstance(reason, socket.gaierror | OSError) and not isinstance(reason, BlockingIOError):
        return StoreError(
            f"{url}: {host} cannot be reached ({reason}): this machine seems to be offline. What has come is kept; run "
            "the same command again with a connection, or name another address with --from."
        )
    return StoreError(f"{url}: cannot be opened ({reason}). Correct the address.")


def require_answer(url: str, response: Any) -> None:
    """See that an answer holds data.

    Raises
    ------
    PassingError
        If the server is busy.
    StoreError
        If it has nothing there, forbids it, redirects in a circle, or sends a web page in place of data.
    """
    status = int(response.status)
    if status in BUSY:
        raise PassingError(f"the server is busy (status {status})", _asked_wait(response.headers))
    if 300 <= status < 400:
        raise StoreError(
            f"{url}: the server redirects in a circle, or away from the web. Name another address with "
            "--from."
        )
    if status in (404, 410):
        raise StoreError(f"{url}: is not there (status {status}). Check the address or the release.")
    if status >= 400:
        raise StoreError(f"{url}: is refused (status {status}). Check the address, or try again later.")
    if response.headers.get_content_type() in ("text/html", "application/xhtml+xml"):
        raise StoreError(
            f"{url}: a web page came in place of data, as from a login page of a network or a notice of the site. Open "
            "the address in a browser to see what it says."
        )


def _asked_wait(headers: Any) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None where it asks for none."""
    value = (headers.get("Retry-After") or "").strip()
    if value.isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def pause(url: str, fault: PassingError, failed: int, manners: Manners) -> None:
    """Wait before another attempt.

    Raises
    ------
    StoreError
        If there were enough attempts, or the server asks for too long a pause.
    """
    if failed >= manners.tries:
        raise StoreError(
            f"{url}: {fault}; given up after {failed} attempts. What has come is kept: run the same command again later."
        ) from fault
    wait_s = fault.wait_s if fault.wait_s is not None else manners.wait_s * 2.0 ** (failed - 1)
    if wait_s > manners.longest_wait_s and fault.wait_s is not None:
        raise StoreError(
            f"{url}: {fault} and asks to come back in {wait_s:,.0f} s. What has come is kept: run the same command then."
        ) from fault
    manners.sleep(min(wait_s, manners.longest_wait_s))


def size_of(url: str, manners: Manners) -> int | None:
    """Return the bytes that an address holds; None where the server does not say.

    Raises
    ------
    StoreError
        If the server is out of reach or has nothing there.
    """
    failed = 0
    while True:
        try:
            with answer(url, manners, method="HEAD") as response:
                if response.status in (403, 405, 501):  # some servers do not take the question
                    return None
                require_answer(url, response)
                length = response.headers.get("Content-Length") or ""
                return int(length) if length.isdecimal() else None
        except PassingError as fault:
            failed += 1
            pause(url, fault, failed, manners)
