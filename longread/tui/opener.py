"""Programs that open a source: an editor at the line, a viewer at the page, or the system's.

They get argument lists and absolute paths, never a shell's command line.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from longread import config
from longread.errors import ConfigError

GOTO = ("--goto", "{file}:{line}")
PLACE = ("{file}:{line}",)
LINE = ("--line", "{line}", "{file}")
AT_LINE = {
    **dict.fromkeys(("code", "code-insiders", "codium", "cursor", "windsurf"), GOTO),
    **dict.fromkeys(("subl", "zed", "hx", "helix", "lapce"), PLACE),
    **dict.fromkeys(("idea", "pycharm", "webstorm", "goland", "clion", "kate"), LINE),
    "mate": ("-l", "{line}", "{file}"),
}
"""Arguments by which editors open a file at a line; all others take +LINE FILE, as vi does."""
GRAPHICAL = frozenset(AT_LINE) - {"hx", "helix"} | {"gvim", "gedit"}
"""Editors with a window of their own, for which the terminal is not given away."""
VIEWERS = (
    ("evince", ("--page-index", "{page}", "{file}")),
    ("okular", ("--page", "{page}", "{file}")),
    ("zathura", ("--page", "{page}", "{file}")),
    ("mupdf", ("{file}", "{page}")),
    ("xpdf", ("{file}", "{page}")),
    ("xreader", ("--page-index", "{page}", "{file}")),
    ("atril", ("--page-index", "{page}", "{file}")),
)
"""PDF viewers that can begin at a page, in the order they are looked for."""
SYSTEM = {"darwin": "open", "win32": "explorer"}
"""What opens a file with the program of the person's choice; elsewhere xdg-open."""


def editor(file: Path, line: int) -> tuple[list[str], bool]:
    """Return the editor's arguments, and whether it needs the terminal.

    From `[tui] editor` in config.toml, VISUAL, EDITOR, or what is there.

    Raises:
        ConfigError: none is set and none was found, or it cannot be started.
    """
    wanted = config.settings().editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    words = (
        _words(wanted)
        or [name for name in ("nano", "vim", "vi", "emacs") if shutil.which(name)][:1]
    )
    if not words or not shutil.which(words[0]):
        raise ConfigError(
            f"the editor {words[0]} is not there" if words else "no editor is set",
            hint="set EDITOR, or editor under [tui] in config.toml",
        )
    if any("{file}" in word for word in words):
        return _filled(words, file, line=line), Path(words[0]).stem not in GRAPHICAL
    name = Path(words[0]).stem
    place = AT_LINE.get(name, ("+{line}", "{file}"))
    return _filled([*words, *place], file, line=line), name not in GRAPHICAL


def viewer(file: Path, page: int) -> tuple[list[str], bool]:
    """Return the viewer's arguments, and whether it opens at the page.

    From `[tui] viewer` in config.toml, or a viewer that was found, or the system's choice.

    Raises:
        ConfigError: nothing that opens a file was found.
    """
    if words := _words(config.settings().viewer):
        paged = any("{page}" in word for word in words)
        if not any("{file}" in word for word in words):
            words.append("{file}")
        return _filled(words, file, page=page), paged
    if _has_screen():
        for name, place in VIEWERS:
            if shutil.which(name):
                return _filled([name, *place], file, page=page), True
        if system := _system():
            return [system, str(file)], False
    raise ConfigError(
        "no PDF viewer was found" if _has_screen() else "there is no screen to open a viewer on",
        hint=f"set viewer under [tui] in config.toml; the file is {file}, page {page}",
    )


def program(file: Path) -> list[str]:
    """Return the arguments by which the system opens a file: a Word file, a web page.

    An editor or a viewer of PDFs could do nothing with it.

    Raises:
        ConfigError: there is no screen, or nothing that opens files.
    """
    system = _system() if _has_screen() else ""
    if not system:
        raise ConfigError(
            "xdg-open was not found" if _has_screen() else "there is no screen to open it on",
            hint=f"the file is {file}",
        )
    return [system, str(file)]


def _has_screen() -> bool:
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform != "linux" or bool(shown)


def _system() -> str:
    system = SYSTEM.get(sys.platform, "xdg-open")
    return system if shutil.which(system) else ""


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise ConfigError(
            f"{command!r} cannot be read as a command: {error}", hint="correct its quotes"
        ) from error


def _filled(words: list[str], file: Path, *, line: int = 1, page: int = 1) -> list[str]:
    """Put file and place in. The path is absolute, so it cannot be taken for an option."""
    return [
        word.replace("{line}", str(line)).replace("{page}", str(page)).replace("{file}", str(file))
        for word in words
    ]
