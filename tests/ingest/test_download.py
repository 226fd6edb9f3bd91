"""Downloads from servers that behave badly: what is kept, what is said, and that nothing half stands under its name."""

from __future__ import annotations

import errno
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from sarhad.errors import SpecError, StoreError
from sarhad.ingest import download as module
from sarhad.ingest.connection import size_of
from sarhad.ingest.download import Fetched, Part, Wanted, download
from tests.ingest.server import Clock, Server, cut_off, refused, slow, whole

BODY = b"PK\x03\x04" + bytes(range(256)) * 400
MD5 = hashlib.md5(BODY).hexdigest()


def brought(url: str, folder: Path, clock: Clock, **given: Any) -> Fetched:
    manners = clock.manners(**{name: given.pop(name) for name in ("timeout_s", "stall_s") if name in given})
    wanted = Wanted(url, folder / "file.zip", given.pop("kind", "zip"), **given)
    return download(wanted, manners, lambda n, total: None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_file_gets_its_name_and_leaves_nothing_else(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    found = brought(server.put("/f", whole(BODY)), tmp_path, clock)
    assert (tmp_path / "file.zip").read_bytes() == BODY
    assert names(tmp_path) == ["file.zip"]
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (found.n_bytes, found.checked_by, clock.waits) == (len(BODY), "size", [])


def test_a_broken_connection_is_resumed_where_it_broke(server: Server, tmp_path: Path, clock: Clock) -> None:
    url = server.put("/f", cut_off(BODY, 5000), whole(BODY))
    brought(url, tmp_path, clock)
    assert (tmp_path / "file.zip").read_bytes() == BODY
    first, second = server.gets("/f")
    assert "Range" not in first
    assert (second["Range"], second["If-Range"]) == ("bytes=5000-", f'"{MD5}"')
    assert clock.waits == [1.0]


def test_a_later_run_resumes_what_an_earlier_one_left(server: Server, tmp_path: Path, clock: Clock) -> None:
    url = server.put("/f", cut_off(BODY, 5000), refused(404))
    with pytest.raises(StoreError, match=r"is not there \(status 404\)"):
        brought(url, tmp_path, clock)
    assert names(tmp_path) == ["file.zip.part", "file.zip.part.json"]
    server.put("/f", whole(BODY))
    brought(url, tmp_path, clock)
    assert server.gets("/f")[-1]["Range"] == "bytes=5000-"
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_another_version_on_the_server_starts_over(server: Server, tmp_path: Path, clock: Clock) -> None:
    other = BODY[::-1].replace(BODY[::-1][:4], BODY[:4], 1)
    url = server.put("/f", cut_off(BODY, 5000), whole(other))
    brought(url, tmp_path, clock)
    assert (tmp_path / "file.zip").read_bytes() == other


def test_the_part_of_another_address_is_not_resumed(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError):
        brought(server.put("/old", cut_off(BODY, 5000), refused(404)), tmp_path, clock)
    brought(server.put("/new", whole(BODY)), tmp_path, clock)
    assert "Range" not in server.gets("/new")[0]


def test_a_weak_mark_is_not_trusted_to_resume(server: Server, tmp_path: Path, clock: Clock) -> None:
    brought(server.put("/f", cut_off(BODY, 5000, etag='W/"x"'), whole(BODY)), tmp_path, clock)
    assert "Range" not in server.gets("/f")[1]
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_partial_answer_from_the_wrong_place_is_not_appended(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    mark = {"ETag": f'"{MD5}"'}

    def misplaced(handler: Any) -> None:
        handler.send(206, b"x" * 10, {**mark, "Content-Length": "10", "Content-Range": "bytes 0-9/102404"})

    brought(server.put("/f", cut_off(BODY, 5000), misplaced, whole(BODY)), tmp_path, clock)
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_part_that_nobody_asked_for_is_not_taken_for_the_whole(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    place = {"Content-Length": "10", "Content-Range": "bytes 0-9/102404"}
    brought(
        server.put("/f", lambda handler: handler.send(206, BODY[:10], place), whole(BODY)), tmp_path, clock
    )
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_length_that_is_never_reached_is_given_up_and_said(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    url = server.put("/f", cut_off(BODY, len(BODY), said=len(BODY) + 50, etag='W/"x"'))
    with pytest.raises(StoreError, match=r"ended after 102,404 of 102,454 bytes; given up after 3 attempts"):
        brought(url, tmp_path, clock)
    assert "file.zip" not in names(tmp_path)
    assert clock.waits == [1.0, 2.0]


def test_a_length_too_short_is_found_by_the_checksum(server: Server, tmp_path: Path, clock: Clock) -> None:
    short = {"Content-Length": "5000", "ETag": f'"{MD5}"'}
    url = server.put("/f", lambda handler: handler.send(200, BODY[:5000], short))
    with pytest.raises(StoreError, match=r"came damaged .* twice"):
        brought(url, tmp_path, clock, is_etag_md5=True)
    assert names(tmp_path) == []


def test_a_damaged_file_is_fetched_once_more(server: Server, tmp_path: Path, clock: Clock) -> None:
    mark = f'"{MD5}"'
    found = brought(
        server.put("/f", whole(BODY[:-1] + b"!", etag=mark), whole(BODY)), tmp_path, clock, is_etag_md5=True
    )
    assert (tmp_path / "file.zip").read_bytes() == BODY
    assert found.checked_by == "MD5 in the ETag"


def test_a_checksum_that_never_agrees_leaves_nothing(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(
        StoreError, match=rf"came damaged \(MD5 {MD5}; the source publishes {'0' * 32}\), twice"
    ):
        brought(server.put("/f", whole(BODY)), tmp_path, clock, md5="0" * 32)
    assert names(tmp_path) == []
    assert len(server.gets("/f")) == 2


def test_an_etag_of_parts_is_no_checksum(server: Server, tmp_path: Path, clock: Clock) -> None:
    url = server.put("/f", whole(BODY, etag=f'"{"0" * 32}-3"'))
    assert brought(url, tmp_path, clock, is_etag_md5=True).checked_by == "size"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_growing_pauses(
    server: Server, tmp_path: Path, clock: Clock, status: int
) -> None:
    brought(server.put("/f", refused(status), refused(status), whole(BODY)), tmp_path, clock)
    assert clock.waits == [1.0, 2.0]


def test_the_pause_that_the_server_asks_for_is_kept(server: Server, tmp_path: Path, clock: Clock) -> None:
    brought(server.put("/f", refused(429, Retry_After="17"), whole(BODY)), tmp_path, clock)
    assert clock.waits == [17.0]


def test_a_pause_asked_for_as_a_date_is_kept(server: Server, tmp_path: Path, clock: Clock) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    brought(server.put("/f", refused(503, Retry_After=until), whole(BODY)), tmp_path, clock)
    assert clock.waits == [pytest.approx(60.0, abs=5.0)]


def test_too_long_a_pause_is_said_not_waited_for(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match=r"status 429\) and asks to come back in 86,400 s"):
        brought(server.put("/f", refused(429, Retry_After="86400")), tmp_path, clock)
    assert clock.waits == []


def test_a_server_that_stays_busy_is_given_up(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match=r"busy \(status 503\); given up after 3 attempts"):
        brought(server.put("/f", refused(503)), tmp_path, clock)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "text"), [(404, "is not there"), (410, "is not there"), (403, "is refused")]
)
def test_what_is_not_there_is_asked_for_once(
    server: Server, tmp_path: Path, clock: Clock, status: int, text: str
) -> None:
    with pytest.raises(StoreError, match=rf"{text} \(status {status}\)"):
        brought(server.put("/f", refused(status)), tmp_path, clock)
    assert len(server.gets("/f")) == 1


def test_redirects_are_followed_and_circles_are_not(server: Server, tmp_path: Path, clock: Clock) -> None:
    server.put("/end", whole(BODY))
    brought(server.put("/f", refused(302, Location="/end")), tmp_path, clock)
    assert (tmp_path / "file.zip").read_bytes() == BODY
    with pytest.raises(StoreError, match=r"redirects in a circle"):
        brought(server.put("/round", refused(302, Location="/round")), tmp_path, clock)


def test_a_redirect_to_a_file_of_this_machine_is_not_followed(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    with pytest.raises(StoreError, match=r"redirects in a circle|cannot be opened|is refused"):
        brought(server.put("/f", refused(302, Location="file:///etc/hostname")), tmp_path, clock)
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_in_place_of_data_is_refused(
    server: Server, tmp_path: Path, clock: Clock, kind: str
) -> None:
    page = whole(b"<!doctype html><title>Log in</title>", kind=kind)
    with pytest.raises(StoreError, match=r"a web page came|is no zip file"):
        brought(server.put("/f", page), tmp_path, clock)
    assert names(tmp_path) == []


def test_a_web_page_in_place_of_text_is_refused(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match="a web page came in place of text"):
        brought(server.put("/f", whole(b"<html>")), tmp_path, clock, kind="text")


def test_an_empty_file_is_refused(server: Server, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match="an empty file came"):
        brought(server.put("/f", whole(b"")), tmp_path, clock)
    assert names(tmp_path) == []


def test_a_silent_server_is_left_and_resumed(server: Server, tmp_path: Path, clock: Clock) -> None:
    url = server.put("/f", slow(BODY, 1.0), whole(BODY, etag='"slow"'))
    brought(url, tmp_path, clock, timeout_s=0.2)
    assert server.gets("/f")[1]["Range"] == f"bytes={len(BODY) // 2}-"
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_server_that_trickles_is_left(server: Server, tmp_path: Path, clock: Clock) -> None:
    def trickle(handler: Any) -> None:
        handler.send(200, b"", {"Content-Length": str(len(BODY)), "ETag": '"t"'})
        for k in range(4):
            handler.wfile.write(BODY[k : k + 1])
            handler.wfile.flush()
        handler.close_connection = True

    url = server.put("/f", trickle)
    with pytest.raises(StoreError, match="bytes came in 0 s"):
        brought(url, tmp_path, clock, stall_s=0.0)
    assert "file.zip" not in names(tmp_path)


def test_out_of_reach_is_said_at_once(tmp_path: Path, clock: Clock, server: Server) -> None:
    nobody = server.base
    server.httpd.shutdown()
    server.httpd.server_close()
    with pytest.raises(StoreError, match=r"cannot be reached .* seems to be offline"):
        brought(f"{nobody}/f", tmp_path, clock)
    assert clock.waits == []
    with pytest.raises(StoreError, match="seems to be offline"):
        size_of(f"{nobody}/f", clock.manners())


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://example.org/x", "example.org", "http://"])
def test_only_the_web_is_asked(tmp_path: Path, clock: Clock, url: str) -> None:
    with pytest.raises(SpecError, match="not an address"):
        brought(url, tmp_path, clock)


def test_a_full_disk_is_said_before_a_byte_comes(
    server: Server, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SPARE", 10**18)
    with pytest.raises(StoreError, match=r"0\.1 MB are to come and .* free") as caught:
        brought(server.put("/f", whole(BODY)), tmp_path, clock)
    assert caught.value.is_output


def test_a_disk_that_fills_up_on_the_way_is_no_fault_of_the_connection(
    server: Server, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_copy", full)
    with pytest.raises(StoreError, match=r"cannot be written .No space left on device") as caught:
        brought(server.put("/f", whole(BODY)), tmp_path, clock)
    assert caught.value.is_output


def test_an_interrupt_keeps_what_has_come(server: Server, tmp_path: Path, clock: Clock) -> None:
    url = server.put("/f", whole(BODY))

    def stop(n_bytes: int, total: int | None) -> None:
        raise KeyboardInterrupt

    wanted = Wanted(url, tmp_path / "file.zip", "zip")
    with pytest.raises(KeyboardInterrupt):
        download(wanted, clock.manners(), stop)
    kept = Part(wanted).size
    assert 0 < kept < len(BODY)
    brought(url, tmp_path, clock)
    assert server.gets("/f")[-1]["Range"] == f"bytes={kept}-"
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_server_that_does_not_tell_sizes_has_unknown_ones(server: Server, clock: Clock) -> None:
    assert size_of(server.put("/f", whole(BODY)), clock.manners()) is None
    assert size_of(server.put("/g", whole(BODY), size=7), clock.manners()) == 7
