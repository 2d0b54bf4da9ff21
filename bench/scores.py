"""Measure whether a review's own court takes gold for gold, and altered gold for altered.

    python bench/scores.py FOLDER QUESTIONS GOLD [--report FILE.html] [--json FILE]

An engine that knows the gold answers each cell of FOLDER × QUESTIONS with it: the answer in the
form asked for, the quotes to the letter with the page on which they stand, "not present" where gold
has nothing. Its review is scored as a person would score it: answers and quotes should all be
right. Another engine gives the same answers with quotes in which a number, a negation or the order
of words is changed (`bench/altered.py`): none of them may be verified.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from random import Random

from altered import WAYS
from pdfs import SHORT, once, said, squeeze
from review import PROFILE, yes

from longread.analysis.gold import Matched, match, read_gold
from longread.analysis.likeness import normal_form
from longread.analysis.questions import read_questions
from longread.analysis.review import Request, review
from longread.analysis.scores import score_kept
from longread.engine.replay import ReplayEngine
from longread.export import scores as report
from longread.ingest.read import Options
from longread.ingest.select import Selection
from longread.prompt.cells import MOST_QUOTES
from longread.store import open_store
from longread.types import Event, Finished, Prompt, Sampling, Text, Usage
from longread.types.reviews import Question, Review, Reviewed
from longread.types.scores import Gold

Pages = dict[int, str]
HEAD = re.compile(r"\S+ d1 (?P<path>.+) p(?P<page>\d+)\S*")


class Knowing(ReplayEngine):
    """Answers with what gold says."""

    def __init__(self, matched: Matched, questions: Sequence[Question], *, alter: bool) -> None:
        super().__init__("")
        self.counts = Counter[str]()
        self._matched, self._alter = matched, alter
        self._questions = {question.name: question for question in questions}
        self._pages: dict[str, Pages] = {}
        self._answers: dict[tuple[str, str], str] = {}

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield the answer; asked again, it says the same."""
        pieces = prompt.turns[1].pieces
        heads = [HEAD.match(piece.text) for piece in pieces[:-1]]
        path = next(head["path"] for head in heads if head)
        name = pieces[-1].text.splitlines()[1].partition(":")[0]
        if path not in self._pages:
            self._pages = {path: _pages([piece.text for piece in pieces[:-1]])}
        key = path, name
        if key not in self._answers:
            self._answers[key] = json.dumps(self._answer(key, self._pages[path]))
        yield Text(self._answers[key])
        yield Usage(prompt.size, 1, 0, 0.0, 0.0, prompt.size if prompt.exact else None)
        yield Finished("stop")

    def _answer(self, key: tuple[str, str], pages: Pages) -> dict[str, object]:
        rows = self._matched.rows.get(key, ())
        if not rows:
            return {"reasoning": "", "quotes": [], "state": "not present", "value": ""}
        value = self._value(self._questions[key[1]], rows)
        quotes = [quote for row in rows for quote in row.quotes]
        made = self._altered(key, quotes, pages) if self._alter else self._true(quotes, pages)
        self.counts["quotes beyond the most of an answer"] += max(0, len(made) - MOST_QUOTES)
        return {
            "reasoning": "Gold says so.",
            "quotes": made[:MOST_QUOTES],
            "state": "answered" if value else "unclear",
            "value": value,
        }

    def _value(self, question: Question, rows: Sequence[Gold]) -> str:
        answers = [answer for row in rows for answer in row.answers]
        if question.type == "text":
            return answers[0] if answers else "it is there"
        return next(filter(None, (normal_form(question, answer) for answer in answers)), "")

    def _true(self, quotes: Sequence[str], pages: Pages) -> list[dict[str, str]]:
        made = []
        for quote in dict.fromkeys(quotes):
            page = once(quote, pages)
            if page is None and len(quote) < SHORT:
                # Words this short are a quote only where they are unique.
                self.counts["short, on no page once"] += 1
                continue
            made.append({"place": f"d1:{page}" if page else "", "words": quote})
        return made

    def _altered(self, key: tuple[str, str], quotes: Sequence[str], pages: Pages) -> list[object]:
        rng = Random(f"{key}")
        text = " ".join(pages.values()).casefold()
        made: dict[str, None] = {}
        for way, change in rng.sample(list(WAYS.items()), len(WAYS)):
            for quote in dict.fromkeys(quotes):
                if len(quote) < SHORT or "<omitted>" in quote.lower():
                    continue
                changed = change(quote, rng)
                if changed and not said(changed, quote, text, way):
                    made[changed] = None
        return [{"place": "", "words": words} for words in made]


def _pages(pieces: Sequence[str]) -> Pages:
    pages: Pages = {}
    for piece in pieces:
        head, _, body = piece.partition("\n")
        if found := HEAD.match(head):
            number = int(found["page"])
            pages[number] = f"{pages.get(number, '')} {squeeze(body)}".strip()
    return pages


async def run(request: Request, engine: Knowing) -> None:
    async for _ in review(request, yes, engine):
        pass


def main() -> None:
    """Review twice, and score both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--report", type=Path, help="of the first review")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    questions, gold = read_questions(given.questions), read_gold(given.gold)
    files = sorted(path.name for path in given.folder.glob("*.pdf"))
    shelf = Review("", (), "", questions, tuple(Reviewed(name, "") for name in files))
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="longread-bench-") as made:
        for name, alter in (("gold", False), ("altered", True)):
            store = Path(made) / f"{name}.db"
            engine = Knowing(match(gold, shelf), questions, alter=alter)
            options = Options(selection=Selection(include=("*.pdf",)))
            request = Request(
                PROFILE, (str(given.folder),), questions, options=options, store=store, yes=True
            )
            asyncio.run(run(request, engine))
            with open_store(store) as opened:
                id = opened.reviews.resolve()
                found = score_kept(opened, id, gold, given.gold.name, complete=True)
                kept = opened.reviews.review(id)
            lost = [
                (cell.path, cell.question, citation.quote, citation.note)
                for cell in kept.cells.values()
                for citation in cell.citations
                if citation.verdict.holds == alter
            ]
            whole = [
                citation.verdict.holds
                for cell in kept.cells.values()
                for citation in cell.citations
                if "<omitted>" not in citation.quote.lower()
            ]
            # Whether words may be left out depends on what they say, so those are counted apart.
            to_the_letter = f"{sum(whole):,} of {len(whole):,}"
            print(f"\n## {name}\n")
            print(f"verified of those in which nothing is left out: {to_the_letter}")
            print("\n".join(report.terminal(found)))
            print("\n".join(f"{n:,} {what}" for what, n in engine.counts.items()))
            for path, column, quote, note in lost[:20]:
                verdict = "verified" if alter else "not verified"
                print(f"- {verdict}: {path}, {column}: {quote} ({note})")
            results[name] = {
                **report.data(found)["overall"],
                "with nothing left out": [sum(whole), len(whole)],
                "wrong": lost,
                "left out": dict(engine.counts),
            }
            if given.report and not alter:
                given.report.write_text(report.html(found), encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
