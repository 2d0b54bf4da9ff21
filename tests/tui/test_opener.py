"""Editors and viewers get argument lists, never a shell's command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from longread import config
from longread.errors import ConfigError
from longread.tui import opener

FILE = Path("/tmp/a folder/$(touch owned); x.py")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which only what a test puts there is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for variable in ("VISUAL", "EDITOR", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def install(folder: Path, name: str) -> None:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("set_to", "name", "expected", "terminal"),
    [
        ("vim", "vim", ["vim", "+12", str(FILE)], True),
        ("nano -w", "nano", ["nano", "-w", "+12", str(FILE)], True),
        ("code --wait", "code", ["code", "--wait", "--goto", f"{FILE}:12"], False),
        ("hx", "hx", ["hx", f"{FILE}:12"], True),
        ("ed --at {line} {file}", "ed", ["ed", "--at", "12", str(FILE)], True),
    ],
)
def test_an_editor_opens_the_file_at_the_line(
    programs: Path, monkeypatch: pytest.MonkeyPatch, set_to: str, name: str,
    expected: list[str], terminal: bool,
) -> None:  # fmt: skip
    install(programs, name)
    monkeypatch.setenv("EDITOR", set_to)
    assert opener.editor(FILE, 12) == (expected, terminal)


def test_the_setting_comes_before_visual_and_visual_before_editor(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        install(programs, name)
    monkeypatch.setenv("EDITOR", "three")
    monkeypatch.setenv("VISUAL", "two")
    assert opener.editor(FILE, 1)[0][0] == "two"
    (config.settings_dir() / "config.toml").write_text('[tui]\neditor = "one"\n')
    assert opener.editor(FILE, 1)[0][0] == "one"


def test_without_an_editor_a_hint_says_what_to_set(programs: Path) -> None:
    with pytest.raises(ConfigError, match="no editor") as raised:
        opener.editor(FILE, 1)
    assert "EDITOR" in raised.value.hint


def test_a_command_whose_quotes_are_open_is_a_clear_error(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "vim 'x")
    with pytest.raises(ConfigError, match="cannot be read as a command"):
        opener.editor(FILE, 1)


def test_a_viewer_opens_a_pdf_at_the_page(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    install(programs, "zathura")
    assert opener.viewer(FILE, 7) == (["zathura", "--page", "7", str(FILE)], True)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems open files otherwise")
def test_the_systems_viewer_is_used_where_none_can_begin_at_a_page(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    install(programs, "xdg-open")
    assert opener.viewer(FILE, 7) == (["xdg-open", str(FILE)], False)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems always have a screen")
def test_without_a_screen_the_hint_names_file_and_page(programs: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        opener.viewer(FILE, 7)
    assert str(FILE) in raised.value.hint
    assert "page 7" in raised.value.hint


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems open files otherwise")
def test_a_word_file_is_opened_by_the_system_and_by_no_viewer_of_pdfs(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = FILE.with_suffix(".docx")
    install(programs, "xdg-open")
    with pytest.raises(ConfigError, match="no screen") as raised:
        opener.program(word)
    assert str(word) in raised.value.hint
    monkeypatch.setenv("DISPLAY", ":0")
    install(programs, "evince")
    (config.settings_dir() / "config.toml").write_text('[tui]\nviewer = "evince"\n')
    assert opener.program(word) == ["xdg-open", str(word)]
    (programs / "xdg-open").unlink()
    with pytest.raises(ConfigError, match="xdg-open was not found"):
        opener.program(word)
