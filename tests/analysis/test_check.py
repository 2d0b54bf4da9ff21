"""What the machine has for scanned pages is said, with what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.analysis.check import Finding, examine
from longread.engine import machine
from longread.engine.machine import Gpu, Machine
from longread.ingest import ocr


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"LONGREAD_{name}", str(tmp_path))
    monkeypatch.setattr(ocr, "has_tesseract", lambda: True)
    monkeypatch.setattr(ocr, "has_rapidocr", lambda: False)
    monkeypatch.setattr(ocr, "lacks", lambda found: "" if found.languages == "eng" else "deu")
    return tmp_path / "config.toml"


def test_the_gpus_are_named_with_what_is_free(said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [finding.text for finding in examine()]
    assert any(text.startswith("no NVIDIA GPU") or " × " in text for text in texts)
    gib = machine.GIB
    two = (Gpu("H200", 141 * gib, 140 * gib, (9, 0)), Gpu("H200", 141 * gib, 20 * gib, (9, 0)))
    monkeypatch.setattr(machine, "look", lambda: Machine(64 * gib, 48 * gib, two))
    findings = {finding.text: finding for finding in examine()}
    assert "longread plan" in findings["2 × H200, 141 GiB (20 GiB free on the fullest)"].hint
    assert any(text.startswith("64 GiB of memory, 48 free") for text in findings)


@pytest.mark.parametrize("name", ["HOME", "CACHE", "CONFIG"])
@pytest.mark.parametrize("place", ["/proc/none", "/etc/passwd"])
def test_a_place_that_is_no_folder_is_named(
    name: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LONGREAD_{name}", place)
    (finding,) = examine()
    assert not finding.good
    assert finding.text.startswith(f"{place} cannot be used as a folder: ")
    assert f"LONGREAD_{name}" in finding.hint


def of_scans() -> Finding:
    return next(finding for finding in examine() if "scanned pages" in finding.text
                or "language" in finding.text)  # fmt: skip


def test_what_recognises_scans_is_named(said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_scans() == Finding(True, "scanned pages: tesseract eng")
    said.write_text('[pdf]\nlanguages = "deu+eng"\n')
    assert of_scans().hint == "apt install tesseract-ocr-deu"
    said.write_text('[pdf]\nocr = "rapidocr"\n')
    assert of_scans().text == "no rapidocr to recognise scanned pages"
    said.write_text('[pdf]\nocr = "off"\n')
    assert of_scans().good
    said.unlink()
    monkeypatch.setattr(ocr, "has_tesseract", lambda: False)
    missing = of_scans()
    assert (missing.good, missing.optional) == (False, True)
    assert "apt install tesseract-ocr " in missing.hint


def test_tesseract_is_asked_for_its_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    if not ocr.has_tesseract():
        pytest.skip("tesseract is not installed: apt tesseract-ocr")
    assert ocr.lacks(ocr.Recogniser("tesseract", "eng+xyz")) == "xyz"
    assert ocr.lacks(ocr.Recogniser("rapidocr", "xyz")) == ""
