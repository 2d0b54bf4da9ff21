"""Cells without outputs, and segments that tile them."""

from __future__ import annotations

import json

import pytest

from longread.ingest import notebook
from longread.types import Segment, Span


def book(*cells: dict[str, object], **more: object) -> str:
    return json.dumps({"cells": list(cells), "nbformat": 4, **more})


def test_sources_are_joined_and_outputs_left_out() -> None:
    found = notebook.extract(
        book(
            {"cell_type": "markdown", "source": ["# Title\n", "Words"]},
            {"cell_type": "code", "source": "x = 1\n", "outputs": [{"text": ["OUTPUT"]}]},
            {"cell_type": "code", "source": []},
            metadata={"language_info": {"name": "Python"}},
        )
    )
    assert found
    assert found.text == "# Title\nWords\n\nx = 1\n\n\n"
    assert found.lines == (3, 2, 1)
    assert found.language == "python"
    assert notebook.segments(found.text, found.lines) == (
        Segment("cell", "", Span("cell", 1, 1), 0, 15),
        Segment("cell", "", Span("cell", 2, 2), 15, 22),
        Segment("cell", "", Span("cell", 3, 3), 22, 23),
    )


def test_a_long_cell_is_several_segments_with_its_number() -> None:
    found = notebook.extract(book({"source": "a\n"}, {"source": "line\f\n" * 150}))
    assert found
    parts = notebook.segments(found.text, found.lines)
    assert [(s.span.first, s.end - s.start) for s in parts] == [
        (1, 3), (2, 360), (2, 360), (2, 180),
    ]  # fmt: skip
    assert [s.start for s in parts[1:]] == [s.end for s in parts[:-1]]
    assert parts[-1].end == len(found.text)


def test_the_older_format_with_worksheets_is_read() -> None:
    raw = json.dumps({"worksheets": [{"cells": [{"input": ["y = 2"]}, {"source": "text"}]}]})
    found = notebook.extract(raw)
    assert found
    assert found.text == "y = 2\n\ntext\n"


@pytest.mark.parametrize(
    "raw",
    ["", "{", "[]", "3", '"cells"', "{}", '{"cells": 3}', "[" * 100_000, '{"worksheets": 5}',
     "1" * 10_000],
)  # fmt: skip
def test_what_is_no_notebook_is_said_to_be_none(raw: str) -> None:
    assert notebook.extract(raw) is None


def test_odd_cells_do_no_harm() -> None:
    found = notebook.extract(
        '{"cells": [1, null, {"source": {"a": 1}}, {"source": ["ok", 5, null]},'
        ' {"source": "\\ud800 half \\u0000 \\r\\n"}], "metadata": []}'
    )
    assert found
    assert found.text == "\n\nok\n\n\ufffd half \ufffd \n"
    assert found.text.encode()
    assert found.lines == (2, 2, 1)


def test_a_notebook_without_cells_has_no_text() -> None:
    found = notebook.extract(book())
    assert found
    assert (found.text, notebook.segments(found.text, found.lines)) == ("", ())
