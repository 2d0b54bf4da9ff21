"""What commands print can steer no terminal."""

from __future__ import annotations

import pytest

from longread.cli.output import fail
from longread.errors import EngineError, LongreadError, StoreError
from longread.export.visible import line, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain\tand\nlines ünï 😀", "plain\tand\nlines ünï 😀"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("over\rwrite", "over␍write"),
        ("dos\r\nline", "dos\nline"),
        ("\x00\x08\x7f", "␀␈␡"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c\u2028", "a\\u202eb\\u2066c\\u2028"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_control_characters_are_made_visible(text: str, seen: str) -> None:
    assert visible(text) == seen
    visible(text).encode()


def test_a_line_is_one_line() -> None:
    assert line("a\nb\tc") == "a␊b␉c"


@pytest.mark.parametrize(("error", "status"), [(StoreError, 2), (EngineError, 3)])
def test_an_error_is_said_with_its_hint(
    error: type[LongreadError], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        fail(error("no \x1b[2J", hint="try this"))
    assert ended.value.code == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: no ␛[2J\nhint: try this\n")
