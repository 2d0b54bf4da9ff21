"""Reports of scores: the same figures in each form, whatever names hold, on a page by itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

from longread.export import forest
from longread.export.measures import MEASURES, brief, percent
from longread.export.scores import data, differs, html, markdown, terminal
from longread.export.session import as_json
from longread.types.scores import CellScore, Cost, Rate, Scores, Tally, Unscored

NASTY = "<script>alert(1)</script> | `a` \x1b[31m_b_"


def share(total: float, n: int) -> Rate:
    return Rate(total, n, total / n * 0.9 if n else 0.0, 1.0)


def tally(right: int, n: int, absent: int = 0) -> Tally:
    none, some = share(0, 0), share(right, n)
    return Tally(
        n, 2, some, some, none, none, some, share(absent, absent), some, some, some, some,
        (("exact", right), ("not found", n - right)),
        (("there", "answered", right), ("there", "not present", n - right)),
        Cost(n, n + 1, 1_000 * n, 600 * n, 20 * n, 0.25),
    )  # fmt: skip


CELLS = (
    CellScore("a.pdf", "Law", "value", "Ohio", NASTY, "answered", 0.0, False, quotes=2, quoted=1),
    CellScore("b.pdf", "Law", "value", "Ohio", "Ohio", "answered", 1.0, True, quotes=1, quoted=1),
    CellScore("b.pdf", "Ends", "none", "", "", "not present"),
    CellScore("c.pdf", "Ends", "none", "", "", "failed"),
    CellScore("c.pdf", "Law", "value", "Ohio", "", "not asked"),
)
SCORES = Scores(
    NASTY, "scripted", "gold.jsonl", 12, False, tally(1, 2), None, 0,
    (("Law", tally(1, 2)), (NASTY, tally(0, 1)), ("Never", tally(0, 0))),
    (("a.pdf", tally(0, 1)), ("b.pdf", tally(1, 1))),
    CELLS, (Unscored("document", "z.pdf", "not in the review", 3, 7),), ("a note", NASTY),
)  # fmt: skip


def test_all_forms_say_the_same_figures_and_what_was_not_scored() -> None:
    for report in ("\n".join(terminal(SCORES)), markdown(SCORES), html(SCORES)):
        assert "token F1" in report
        assert "50.0 %" in report
        assert "45.0–100.0 %" in report
        assert "z.pdf" in report
        assert "1,500 prompt tokens" not in report
        assert "1,000 prompt tokens (600 reused)" in report
    said = json.loads(as_json(data(SCORES)))
    assert said["overall"]["f1"] == {"total": 1, "n": 2, "low": 0.45, "high": 1.0, "share": 0.5}
    assert said["overall"]["precision"]["share"] is None
    assert said["overall"]["verdicts"] == {"exact": 1, "not found": 1}
    assert said["cells"][0]["f1"] == 0.0
    assert said["unscored"][0]["line"] == 7


def test_each_figure_is_explained_in_every_report() -> None:
    for measure in MEASURES:
        assert measure.meaning in markdown(SCORES)
        assert measure.name in html(SCORES)


def test_nothing_from_files_acts_in_a_report() -> None:
    page = html(SCORES)
    assert "<script>" not in page
    assert "\x1b" not in page + markdown(SCORES) + "".join(terminal(SCORES))
    assert "https://" not in page.replace("http://www.w3.org/2000/svg", "")
    rows = [row for row in markdown(SCORES).splitlines() if row.startswith("| ")]
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows if "script" in row}
    assert widths <= {8, 10}


def test_the_plot_is_a_picture_with_a_mark_and_an_interval_for_each_share() -> None:
    drawn = ElementTree.fromstring(forest.svg(SCORES))
    space = "{http://www.w3.org/2000/svg}"
    words = [one.text or "" for one in drawn.iter(f"{space}text")]
    assert "all" in words
    assert "Law" in words
    assert not any("Never" in one for one in words)
    # Nothing says what absence came to, so the picture does not speak of it.
    assert "absence told" not in words
    marks = [one for one in drawn.iter(f"{space}g") if one.get("class") in ("a", "b")]
    assert len(marks) == 6
    dots = [float(one.get("cx", 0)) for one in drawn.iter(f"{space}circle")][1:]
    middle = (forest.LEFT + forest.RIGHT) / 2
    assert dots == [middle, middle, float(forest.LEFT)]


def test_a_page_has_the_cells_that_differ_and_no_other() -> None:
    assert [differs(one) for one in CELLS] == [True, False, False, True, False]
    assert "Cells that differ from gold: 2" in markdown(SCORES)


def test_what_is_not_all_is_never_called_all() -> None:
    assert percent(0.9996) == "over 99.9 %"
    assert percent(0.0004) == "under 0.1 %"
    assert percent(1.0) == "100.0 %"
    assert brief(Rate(999, 1_000, 0.99, 1.0)) == "over 99 % [99–100] of 1,000"
    assert brief(Rate(0, 0, 0.0, 1.0)) == "–"


def test_corrections_stand_beside_what_the_model_said() -> None:
    corrected = replace(SCORES, corrected=tally(2, 2), corrections=1)
    said = "\n".join(terminal(corrected))
    assert re.search(r"token F1 +50.0 % .* of 2 answers; with corrections 100.0 %", said)
    assert "with corrections" in markdown(corrected)
    assert "A person corrected 1 of these cells" in html(corrected)
    assert "all, with corrections" in forest.svg(corrected)
