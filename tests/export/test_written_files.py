"""Files of exports: checked before the work, whole or not at all."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from longread.errors import ConfigError
from longread.export import files


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    refused = {
        there: "already there",
        tmp_path: "is a folder",
        tmp_path / "no" / "such.csv": "there is no folder",
        there / "below.csv": "there is no folder",
        Path("/proc/grid.csv"): "cannot be written",
        tmp_path / f"{'x' * 300}.csv": "cannot be written",
    }
    for place, said in refused.items():
        with pytest.raises(ConfigError, match=said) as raised:
            files.check([place], force=False)
        assert raised.value.hint
        assert "\n" not in str(raised.value)
    files.check([there], force=True)
    files.check([tmp_path / "new.csv"], force=False)
    assert [one.name for one in tmp_path.iterdir()] == ["there.csv"]


def test_the_same_file_is_not_written_twice(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="twice"):
        files.check([tmp_path / "a.csv", tmp_path / "link" / "a.csv"], force=False)


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text("mine")
    old.chmod(0o600)
    with pytest.raises(ConfigError):
        files.write({tmp_path / "new.csv": b"1", old: b"2"}, force=False)
    assert [one.name for one in tmp_path.iterdir()] == ["old.csv"]
    files.write({tmp_path / "new.csv": b"1", old: b"2"}, force=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["new.csv", "old.csv"]
    assert (old.read_text(), old.stat().st_mode & 0o777) == ("2", 0o600)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    files.write({tmp_path / "link.csv": b"new"}, force=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text("mine")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        with pytest.raises(ConfigError, match="cannot be written"):
            files.write({tmp_path / "new.csv": b"1", old: b"x" * 100_000}, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [one.name for one in tmp_path.iterdir()] == ["old.csv"]
    assert old.read_text() == "mine"
