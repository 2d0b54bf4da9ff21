"""What a review will take before it is begun: pages, tokens, requests, minutes, money, two ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from longread.analysis import papers, spending
from longread.config import Profile
from longread.ingest.gaps import gaps
from longread.prompt import cells, costs, render
from longread.store import Store
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Level, Placed, Usage
from longread.types.reviews import Question, Reviewed

AGAIN, AGAIN_GUIDED = 3, 2
"""Requests that one cell can take: an answer that cannot be read, then quotes that do not stand."""
OUTPUT = 200
"""Tokens of a cell's answer, about: its reasoning, a quote or two, a value."""


@dataclass(frozen=True, slots=True)
class Way:
    """What one way to put the questions takes."""

    name: Literal["per document", "whole corpus"]
    requests: int
    tokens: int
    """Of all prompts together."""
    fresh: int
    """Of these, the tokens that are read anew where the server keeps prefixes."""
    output: int
    """Tokens that are written, about."""
    dollars: float
    """About, where the server keeps prefixes; 0 where the profile names no price."""
    most: float
    """US dollars where nothing is kept, each answer is as long as allowed, and each cell of a
    document is asked for as often as it can be."""
    seconds: float
    """By what the model's last answers took, one after another; 0 where it gave none yet."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A review before it is begun, or before it goes on."""

    documents: int
    pages: int
    tokens: int
    """Of all documents in full."""
    scans: int
    """Pages whose text was recognised in a picture."""
    unread: int
    """Pages of readable documents that could not be read."""
    unreadable: tuple[tuple[str, str], ...]
    """Documents of which nothing could be read, locked ones among them, and why."""
    long: tuple[tuple[str, int], ...]
    """Documents that do not fit a prompt, and their tokens: they go by evidence, or in parts."""
    cells: int
    """That are to be asked for."""
    done: int
    ways: tuple[Way, ...]
    part_by_part: bool = False
    """Whether what does not fit a prompt is read in parts."""

    @property
    def locked(self) -> int:
        """Documents that need a password."""
        return sum("password" in why for _, why in self.unreadable)


def outlook(
    corpus: Corpus,
    rows: Sequence[tuple[Reviewed, Document | None, Sequence[Question], Sequence[Question]]],
    questions: Sequence[Question],
    done: int,
    profile: Profile,
    window: int,
    pieces: Pieces,
    store: Store,
    part_by_part: bool = False,
    families: Mapping[str, str] = {},
) -> Outlook:
    """Count what a run takes.

    Args:
        part_by_part: whether documents that do not fit a prompt are read in parts, not by evidence.
        rows: what is read of each document, its text, and the questions that are to be asked, in
            the words of the first pass and of the second.
        families: the agreement of what is read with one, by path.

    Raises:
        BudgetError: the window has no room for any document.
    """
    from longread.analysis import case

    guided = profile.citations == "guided"
    asked = dict(
        zip(
            questions,
            pieces.count_texts([f"§0 question\n{cells.question(q)}" for q in questions]),
            strict=True,
        )
    )
    requests = more = prompts = fresh = whole = 0
    long = []
    sizes = {one.path: tokens_of(text, pieces) for one, text, _, _ in rows if text}
    belonging: dict[str, int] = {}
    for path, agreement in families.items():
        belonging[agreement] = belonging.get(agreement, 0) + sizes.get(path, 0)
    for reviewed, document, missing, second in rows:
        if document is None:
            continue
        others = belonging.get(reviewed.path, 0)
        most = case.room(profile, window, pieces, document, questions, others > 0)
        size = sizes[reviewed.path] + others
        whole += sizes[reviewed.path]
        head = pieces.count_text(cells.head("§0", document.unit, guided, others > 0))
        each = [asked[question] for question in (*missing, *second)]
        # The second pass begins with other words, so it reads the document once more.
        passes = sum(map(bool, (missing, second)))
        requests += len(each)
        parts = -(-size // most) if part_by_part else 1
        more += len(each) * (parts - 1)
        if parts > 1:
            long.append((reviewed.path, size))
            prompts += len(each) * (size + parts * head) + parts * sum(each)
            fresh += passes * (size + parts * head) + parts * sum(each)
            continue
        prompts += len(each) * (head + min(size, most)) + sum(each)
        if size > most:
            long.append((reviewed.path, size))
            fresh += len(each) * (head + most) + sum(each)
        else:
            fresh += passes * (head + size) + sum(each)
    pace = store.pace(profile.name)
    per_document = replace(
        _way("per document", requests + more, prompts, fresh, profile, pace),
        most=at_most(profile, requests + more, prompts),
    )
    columns = [q for q in questions if any(q in missing for _, _, missing, _ in rows)]
    each_question = sum(asked[q] for q in columns)
    together = whole * len(columns) + each_question
    note = f"one answer says it of {len(rows):,} documents" if whole <= window else (
        f"not possible: {whole:,} tokens, and {window:,} are trusted"
    )  # fmt: skip
    at_once = (len(columns), together, whole + each_question if columns else 0)
    whole_corpus = _way("whole corpus", *at_once, profile, pace, note, answers=len(rows))
    return Outlook(
        documents=len(rows),
        pages=len(corpus.pages),
        tokens=whole,
        scans=sum(len(reviewed.recognised) for reviewed, _, _, _ in rows),
        unread=sum(len(reviewed.unread) for reviewed, text, _, _ in rows if text),
        unreadable=tuple((r.path, r.reason) for r, text, _, _ in rows if text is None),
        long=tuple(long),
        cells=requests,
        done=done,
        part_by_part=part_by_part,
        ways=(per_document, whole_corpus),
    )


def tokens_of(document: Document, pieces: Pieces) -> int:
    """Return what a document costs in full, boundary lines included."""
    named = document.named("d1")
    placed = Placed("d1", document.path, document.content_id, Level.FULL)
    found = costs.price(list(render.chunks(placed, named, "§0")), pieces)
    document.forget()
    return found


def _way(
    name: Literal["per document", "whole corpus"],
    requests: int,
    tokens: int,
    fresh: int,
    profile: Profile,
    pace: tuple[float, float],
    note: str = "",
    answers: int = 1,
) -> Way:
    """Return what it takes.

    Args:
        pace: tokens read and written a second, 0 where that is not known.
        answers: cells that one request answers.
    """
    output = requests * OUTPUT * answers
    most = spending.price(profile, Usage(tokens, requests * profile.answer))
    likely = spending.price(profile, Usage(tokens, output, tokens - fresh))
    reading, writing = pace
    seconds = fresh / reading + output / writing if reading and writing else 0.0
    return Way(name, requests, tokens, fresh, output, likely, most, seconds, note)


def at_most(profile: Profile, asked: int, prompts: int) -> float:
    """Return the US dollars for cells that are all asked for as often as they can be.

    Each further request repeats the prompt, with the answers so far and what was wrong with them.

    Args:
        asked: cells, each part of a document that is read in parts counted.
        prompts: tokens of their first prompts together.
    """
    from longread.analysis import case

    times = AGAIN_GUIDED if profile.citations == "guided" else AGAIN
    repeated = sum(range(times)) * asked * (profile.answer + case.AGAIN)
    return spending.price(
        profile, Usage(times * prompts + repeated, times * asked * profile.answer)
    )


def cost_of(found: Outlook) -> spending.Estimate:
    """Return what is said before a run: money at most, time about."""
    way = found.ways[0]
    return spending.Estimate(way.tokens, way.most, way.seconds)


def reviewed_of(corpus: Corpus) -> list[tuple[Reviewed, Document | None]]:
    """Return the documents of a corpus as rows of a review, also those that could not be read.

    Left out are files that a person left out, and what is never read: pictures, links, binaries.
    """
    by_path = {document.path: document for document in corpus.documents}
    unread: dict[str, list[tuple[int, str]]] = {}
    recognised: dict[str, list[tuple[int, float]]] = {}
    pages: dict[str, int] = {}
    for page in corpus.pages:
        pages[page.path] = max(pages.get(page.path, 0), page.page)
        if page.ocr:
            recognised.setdefault(page.path, []).append((page.page, page.confidence or 0.0))
        elif page.reason and page.reason != BLANK:
            unread.setdefault(page.path, []).append((page.page, page.reason))
    found: list[tuple[Reviewed, Document | None]] = []
    about: Mapping[str, Mapping[str, str]] = {e.path: dict(e.about) for e in corpus.entries}
    for entry in corpus.entries:
        document = by_path.get(entry.path)
        if document is None and (entry.kind in NEVER or entry.reason.startswith(LEFT_OUT)):
            continue
        paper = papers.paper(about[entry.path], document)
        reviewed = Reviewed(
            entry.path,
            document.content_id if document else "",
            document.unit if document else "line",
            paper.title,
            pages.get(entry.path, 0),
            tuple(unread.get(entry.path, ())),
            tuple(recognised.get(entry.path, ())),
            "" if document else entry.reason or "no text",
            gaps(entry.notes) if document else (),
            paper.authors,
            paper.year,
            paper.doi,
        )
        found.append((reviewed, document))
    return found


BLANK = "blank"
"""What the ledger says of a page on which there is nothing to be read."""
LEFT_OUT = ("left out by ", "deleted")
NEVER = frozenset(("submodule", "symlink", "lfs", "empty", "image", "binary"))
"""Kinds that have no text to be asked about."""
