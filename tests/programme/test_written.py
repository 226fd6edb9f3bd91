"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sarhad.errors import StoreError
from sarhad.place.corridor_elevation import placed as placed_with_room
from sarhad.programme.written import placed, write_whole


def test_a_file_takes_the_place_of_another_at_once(tmp_path: Path) -> None:
    out = tmp_path / "a.txt"
    out.write_text("old")
    with placed(out) as part:
        part.write_text("new")
        assert out.read_text() == "old"
    assert out.read_text() == "new"
    write_whole(out, lambda path: path.write_text("newer"))
    assert out.read_text() == "newer"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_fails_to_write_leaves_what_stood_there(tmp_path: Path) -> None:
    out = tmp_path / "a.txt"
    out.write_text("old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(errno.EIO, "input/output error")

    with pytest.raises(
        StoreError, match=r"a\.txt: cannot be written .*input/output error.* Choose another"
    ) as caught:
        write_whole(out, fail)
    assert caught.value.is_output
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_is_not_there_is_made_and_one_that_cannot_be_is_said(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "one" / "a.txt", lambda path: path.write_text("whole"))
    assert (tmp_path / "new" / "one" / "a.txt").read_text() == "whole"
    with pytest.raises(StoreError, match="cannot be written"):
        write_whole(tmp_path / "new" / "one" / "a.txt" / "b.txt", lambda path: path.write_text(""))


@pytest.mark.parametrize("place", [placed, lambda out: placed_with_room(out, 1)])
def test_faults_of_the_caller_pass_as_they_are(tmp_path: Path, place) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FileNotFoundError, match="other"), place(tmp_path / "a.npy"):
        (tmp_path / "other").read_bytes()
    with pytest.raises(ConnectionError), place(tmp_path / "a.npy"):
        raise ConnectionError("the scheduler went away")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", [placed, lambda out: placed_with_room(out, 1)])
def test_a_disk_that_is_full_is_said_of_the_file(tmp_path: Path, place) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match=r"a\.npy: cannot be written"), place(tmp_path / "a.npy"):
        raise OSError(errno.ENOSPC, "no space left")
    with pytest.raises(StoreError, match=r"a\.npy: cannot be written"), place(tmp_path / "a.npy") as part:
        (part / "x").write_bytes(b"")
    assert not list(tmp_path.iterdir())
