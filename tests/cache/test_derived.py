"""Derived data: rebuilt where it was harmed, never believed; bounded; seen and cleared."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from longread import config
from longread.cache import derived as module
from longread.cache import kept
from longread.cache.derived import Derived
from longread.cli import longread


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "derived.db"


def test_what_is_put_comes_back_by_kind_and_key(path: Path) -> None:
    with Derived(path) as cache:
        cache.put("a:1", [("x", b"one"), ("y", b"")])
        cache.put("b:1", [("x", b"other")])
        assert cache.get("a:1", ["x", "y", "z"]) == {"x": b"one", "y": b""}
        assert cache.get("b:1", ["x"]) == {"x": b"other"}
        cache.put("a:1", [("x", b"two")])
    with Derived(path) as cache:
        assert cache.get("a:1", [str(n) for n in range(2_000)] + ["x"]) == {"x": b"two"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE derived SET value = x'00' || substr(value, 2)",
        "UPDATE derived SET value = substr(value, 1, length(value) - 1)",
        "UPDATE derived SET value = x''",
        "UPDATE derived SET key = 'y' WHERE key = 'x'",
        "UPDATE derived SET kind = 'b:1'",
    ],
)
def test_a_value_that_was_harmed_is_not_there(path: Path, harm: str) -> None:
    with Derived(path) as cache:
        cache.put("a:1", [("x", b"a long enough value")])
        cache._db.execute(harm)
        cache._db.commit()
        assert cache.get("a:1", ["x", "y"]) == {}
        assert cache.get("b:1", ["x", "y"]) == {}
        cache.put("a:1", [("x", b"made again")])
        assert cache.get("a:1", ["x"]) == {"x": b"made again"}


@pytest.mark.parametrize("start", [0, 100, 5_000, 40_000])
def test_a_file_that_was_harmed_is_begun_anew(path: Path, start: int) -> None:
    values = [(f"{n}", bytes([n % 256]) * 900) for n in range(400)]
    with Derived(path) as cache:
        cache.put("a:1", values)
    data = bytearray(path.read_bytes())
    data[start : start + 30_000] = b"\xa5" * len(data[start : start + 30_000])
    path.write_bytes(data)
    with Derived(path) as cache:
        found = cache.get("a:1", [key for key, _ in values])
        assert all(found[key] == value for key, value in values if key in found)
        cache.put("a:1", values)
    with Derived(path) as cache:
        again = cache.get("a:1", [key for key, _ in values])
        assert all(again[key] == value for key, value in values if key in again)


def test_a_file_of_another_format_is_begun_anew(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE derived (kind TEXT, key TEXT, value BLOB)")
        raw.execute("INSERT INTO derived VALUES ('a:1', 'x', 'old')")
    raw.close()
    with Derived(path) as cache:
        assert cache.get("a:1", ["x"]) == {}
        cache.put("a:1", [("x", b"new")])
        assert cache.get("a:1", ["x"]) == {"x": b"new"}


def test_what_was_not_used_for_longest_goes_when_there_is_too_much(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    week = 100
    monkeypatch.setattr(module, "_week", lambda: week)
    with Derived(path, most=2 << 20) as cache:
        for week in range(100, 105):
            rows = [(f"{week}-{n}", bytes(1_000)) for n in range(600)]
            cache.put("a:1", rows)
        week = 105
        assert len(cache.get("a:1", [f"100-{n}" for n in range(600)])) == 600
        cache.trim()
        assert cache.size <= 2 << 20
        assert len(cache.get("a:1", [f"100-{n}" for n in range(600)])) == 600
        assert cache.get("a:1", [f"101-{n}" for n in range(600)]) == {}
        assert len(cache.get("a:1", [f"104-{n}" for n in range(600)])) > 400
    assert path.stat().st_size < 3 << 20


def test_several_threads_share_one(path: Path) -> None:
    failures = []

    def work(number: int) -> None:
        for n in range(50):
            cache.put("a:1", [(f"{number}-{n}", str(n).encode() * 50)])
            if cache.get("a:1", [f"{number}-{n}"]) != {f"{number}-{n}": str(n).encode() * 50}:
                failures.append((number, n))

    with Derived(path) as cache:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures


def test_the_command_shows_and_clears_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "c"))
    with kept.open_derived() as cache:
        cache.put("facts:1:rules", [("x", b"1234")])
        cache.put("count:llama4", [("x", b"12"), ("y", b"12")])
    for name in ("search", "engines"):
        folder = config.cache() / name
        folder.mkdir()
        (folder / "thing").write_bytes(bytes(2_000_000))
    run = CliRunner().invoke
    shown = run(longread, ["cache"]).output
    assert "count: 2" in shown
    assert "facts: 1" in shown
    assert "1.9 MiB  full-text indexes" in shown
    data = {part["name"]: part for part in json.loads(run(longread, ["cache", "--json"]).output)}
    assert data["derived"]["holds"]["count"] == {"values": 2, "bytes": 12}
    assert data["search"]["bytes"] == 2_000_000
    assert "removed: derived, search, clones, fronts" in run(longread, ["cache", "clear"]).output
    assert not (config.cache() / "search").exists()
    assert (config.cache() / "engines" / "thing").exists()
    assert not kept.derived_path().exists()
    wrong = run(longread, ["cache", "clear", "everything"])
    assert wrong.exit_code != 0
    run(longread, ["cache", "clear", "engines"])
    assert not (config.cache() / "engines").exists()


def test_indexes_not_used_for_longest_go_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "c"))
    monkeypatch.setitem(kept.MOST, "search", 2_500)
    folder = config.cache() / "search"
    folder.mkdir()
    for age, name in enumerate(("new.db", "old.db", "oldest.db")):
        (folder / name).write_bytes(bytes(1_000))
        os.utime(folder / name, (10**9 - age * 1_000,) * 2)
    kept.trim()
    assert sorted(path.name for path in folder.iterdir()) == ["new.db", "old.db"]
