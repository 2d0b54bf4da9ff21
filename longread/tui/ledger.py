"""What the Grid says around its cells: heads, what runs, what was typed. It knows no widget."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from longread.analysis import values
from longread.analysis.drafts import alive
from longread.analysis.exporting import FORMATS, check, places_of
from longread.errors import ConfigError
from longread.export.review import CORRECTED, DIFFERS, NOTHING, RULED_OUT, SIGNS, UNVERIFIED
from longread.export.stages import stage
from longread.export.visible import line
from longread.store import ReviewRow
from longread.tui.board import ACCEPTED, FILTERS, FLAGGED, REJECTED, SORTS, Board
from longread.types.reviews import CellState, Question, Review, Value

WORDS = {
    **{SIGNS[state]: state.value for state in CellState},
    UNVERIFIED: "quote not verified",
    DIFFERS: "asked twice, and answered differently",
    CORRECTED: "corrected",
    NOTHING: "not asked",
    RULED_OUT: "out of place",
    ACCEPTED: "accepted",
    REJECTED: "rejected",
    FLAGGED: "flagged",
}
BEGIN = """\
A review puts the same questions to every document: each cell is a typed value, with quotes that
the program has looked up in the document.

N begins one: name documents and a file of questions. So does

    longread review SOURCE… --questions FILE

whose cells can be watched here as they come. docs/review.md says how questions are written."""


def word(board: Board | None, reviews: Sequence[ReviewRow] | None) -> str:
    """Say why no cells are shown."""
    if board and board.failed:
        why = line(board.failed)
        return f"{line(board.title)} could not be opened:\n\n{why}\n\nm chooses another."
    if board and board.running:
        step = f"\n\n… {stage(board.running.progress)}" if board.running.progress else ""
        return f"reading {line(board.title)}{step}\n\nctrl+x stops"
    if board:
        return f"opening {line(board.title)} …"
    if reviews is None:
        return "opening the store …"
    if reviews:
        return "No review is open: m chooses one."
    return f"There is no review yet.\n\n{BEGIN}"


def listed(row: ReviewRow) -> str:
    """Return a review in one line of a list."""
    when = row.updated.astimezone().strftime("%Y-%m-%d %H:%M")
    running = ", running now" if any(map(alive, row.owners)) else ""
    failed = f", {row.failed:,} failed" if row.failed else ""
    return (
        f"{when}  {line(row.title)}  {row.documents:,} × {row.questions:,},"
        f" {row.cells:,} cells{failed}{running}  {row.id}"
    )


def head(board: Board) -> str:
    """Return how far a review is."""
    review = board.review
    assert review is not None
    counts = board.counts
    due = counts.total() - counts[RULED_OUT]
    have = due - counts[NOTHING]
    parts = [
        f"{len(review.documents):,} documents × {len(review.questions):,} questions",
        f"{have:,} of {due:,} cells",
    ]
    parts += [
        f"{counts[s]:,} {WORDS[s]}" for s in (SIGNS[CellState.FAILED], UNVERIFIED) if counts[s]
    ]
    if concerns := sum(row.concerns for row in board.rows.values()):
        parts.append(f"{concerns:,} to look at")
    return " · ".join([*parts, line(review.profile), board.id])


def legend(board: Board, width: int) -> str:
    """Say what the signs mean that occur, in rows of at most so many cells."""
    marks = set().union(*(row.marks for row in board.rows.values()))
    there = marks | set(board.counts)
    words = [f"{sign} {words}" for sign, words in WORDS.items() if sign in there]
    words += ["… being asked"] if board.working else []
    rows = [""]
    for one in words:
        if rows[-1] and len(rows[-1]) + len(one) + 2 > width:
            rows.append("")
        rows[-1] += f"  {one}" if rows[-1] else one
    return "\n".join(rows)


def missing(board: Board) -> int:
    """Return how many cells are not there, or failed."""
    counts = board.counts
    return counts[NOTHING] + counts[SIGNS[CellState.FAILED]]


def state(board: Board, elsewhere: Sequence[str]) -> str:
    """Return what runs, and what is sought; "" where all is shown and nothing runs."""
    parts = []
    if running := board.running:
        step = f": {stage(running.progress)}" if running.progress else " …"
        parts.append(f"asking for {running.what}{step} (ctrl+x stops)")
    if elsewhere:
        parts.append(f"running in another program: {line(', '.join(elsewhere))}")
    if board.only:
        parts.append(f"only {board.only} (esc shows all)")
    if board.words:
        parts.append(f"names with “{line(board.words)}” (esc shows all)")
    if board.sort != "shelf":
        column = f" of {line(board.column)}" if board.sort == "state" else ""
        parts.append(f"sorted {SORTS[board.sort]}{column}")
    return " · ".join(parts)


def counted(review: Review) -> Counter[str]:
    """Return how many cells each filter finds."""
    found: Counter[str] = Counter()
    for one in review.documents:
        for question in review.questions:
            key = (one.path, question.name)
            found.update(name for name, has in FILTERS.items() if has(review, key))
    return found


# What is typed


def split(question: Question, text: str) -> list[str]:
    """Return the values that were typed: of a list one a line."""
    return text.split("\n") if question.many else [" ".join(text.split())]


def typed(value: Value | None) -> str:
    """Return a value as a person would type it."""
    if value is None:
        return ""
    pairs = zip(value.normal, value.said, strict=True)
    return "\n".join(normal or said for normal, said in pairs)


def about_value(question: Question) -> str:
    """Return how a value is to be written."""
    forms = {
        "date": "a date, as 2005-03-04 or 2005-03",
        "money": "an amount, as USD 1200.50",
        "number": "a number, as 30 or 2.5",
        "yes/no": "yes or no",
        "choice": "one of these",
        "text": "text",
    }
    form = forms[question.type]
    if question.choices:
        form += f"{':' if question.type == 'choice' else '; or'} {' | '.join(question.choices)}"
    several = "; several, one a line (ctrl+j)" if question.many else ""
    return f"{question.text}\n{form}{several}; empty: the document does not say it"


def wrong_value(question: Question, text: str) -> str:
    """Say why what was typed is no value; "" where it is one."""
    found = values.value(question, split(question, text))
    if found.clear:
        return ""
    wrong = next(said for said, normal in zip(found.said, found.normal, strict=True) if not normal)
    return f"“{wrong}” is no {question.type} that can be told for sure"


ABOUT_FILES = (
    f"One or more files, one a line (ctrl+j); the ending says the format:\n{', '.join(FORMATS)}"
)


def file_for(title: str, folder: Path) -> Path:
    """Return a file that is not there, named by a review."""
    stem = re.sub(r"[^\w.-]+", "_", title).strip("._")[:60] or "review"
    names = (f"{stem}{'' if n == 1 else f'-{n}'}.xlsx" for n in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def files(text: str) -> list[Path]:
    """Return the files that were typed."""
    # A home that nobody has stays as it is typed; to `Path` it would be an error.
    typed = [os.path.expanduser(one.strip()) for one in text.split("\n")]  # noqa: PTH111
    return [Path(one) for one in typed if one]


def wrong_files(text: str) -> str:
    """Say why nothing can be written there; "" where it can."""
    named = files(text)
    if not named:
        return "name a file"
    try:
        # Nor may a name that is too long, or none, end the program.
        there = [str(place) for place in places_of(named) if os.path.isfile(place)]  # noqa: PTH113
        if there:
            return f"already there: {', '.join(there)}; name another file"
        check(named)
    except ConfigError as error:
        return f"{error}; {error.hint}"
    except ValueError:
        return "there can be no file of that name: it has characters that no name has"
    return ""
