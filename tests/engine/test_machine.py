"""Memory is what a container leaves, and GPUs are those a program started here would use."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from longread.engine import machine
from longread.engine.machine import GIB, Gpu

LISTED = """GPU-aaa, NVIDIA H100 80GB HBM3, 81559, 80994, 9.0
GPU-bbb, Tesla T4, 15360, 1000, 7.5
GPU-ccc, NVIDIA A2, [N/A], [N/A], 8.6
"""
H100 = Gpu("NVIDIA H100 80GB HBM3", 81559 << 20, 80994 << 20, (9, 0))
T4 = Gpu("Tesla T4", 15360 << 20, 1000 << 20, (7, 5))


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the place of nvidia-smi that prints what the real one prints."""
    monkeypatch.setattr(machine, "_by_library", lambda: None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTED}END\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


def test_this_machine_has_memory_and_some_of_it_is_free() -> None:
    found = machine.look()
    assert 0 < found.free < found.total <= psutil.virtual_memory().total


@pytest.mark.usefixtures("listed")
def test_gpus_are_listed_and_one_that_does_not_say_is_left_out() -> None:
    assert machine.gpus() == (H100, T4)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("visible", "expected"),
    [("1", (T4,)), ("GPU-bbb,0", (T4, H100)), ("", ()), ("-1", ()), ("0,9,1", (H100,))],
)
def test_only_visible_gpus_count(
    visible: str, expected: tuple[Gpu, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.gpus() == expected


def test_without_a_driver_there_are_no_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_by_library", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpus() == ()


@pytest.mark.parametrize("version", [1, 2])
def test_the_tightest_limit_of_a_container_counts(tmp_path: Path, version: int) -> None:
    root = tmp_path if version == 2 else tmp_path / "memory"
    limit, use, droppable = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.max", "memory.current", "inactive_file"),
    }[version]
    inner = root / "outer" / "inner"
    inner.mkdir(parents=True)
    for folder, most, used in ((inner.parent, 4 * GIB, 2 * GIB), (inner, "max", GIB)):
        (folder / limit).write_text(f"{most}\n")
        (folder / use).write_text(f"{used}\n")
    (inner.parent / "memory.stat").write_text(f"anon 5\n{droppable} {GIB}\n")
    groups = {"" if version == 2 else "memory": "outer/inner"}
    assert machine._limits(tmp_path, groups) == [(4 * GIB, GIB)]


def test_groups_are_read_whichever_version_names_them(tmp_path: Path) -> None:
    listed = tmp_path / "cgroup"
    listed.write_text("4:memory:/box/a:b\n0::/box\n")
    assert machine._own_groups(listed) == {"memory": "box/a:b", "": "box"}
    assert machine._own_groups(tmp_path / "none") == {}
