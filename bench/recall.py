"""Measure what `longread pack --question` shows of what a change touched.

    python bench/recall.py REPOSITORY… [--commits 25] [--budgets 8k,32k,128k,512k]
        [--aider PYTHON] [--json FILE]

Questions come from each repository's own history (see `commits.py`). Counted is the share of a
question's true files, and of its true segments, that stand in the prompt in full, with Llama 4's
tokens and everything in the budget: head, boundary lines, question. Printed is the mean over the
questions of each repository, and the mean over repositories.

Measured beside longread: files in order of their names until the prompt is full; plain bm25 over
whole files, identifiers split at case and underscores, all files or source files alone; and,
where `--aider` names a Python that has aider-chat, files in the order in which aider's map ranks
them, for the map itself shows none in full. Each of these passes over a file that does not fit
and goes on with the next.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import fmean

from commits import Case, case, commits

from longread import config
from longread.analysis import reading
from longread.analysis.pack import fit
from longread.analysis.reading import Measured
from longread.cache.derived import Derived
from longread.ingest.read import Options, read
from longread.prompt.ruler import joined
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Document, Level

K1, B = 1.2, 0.75
"""Robertson, Zaragoza: "The Probabilistic Relevance Framework" (2009); Lucene's defaults."""
WORD = re.compile(r"[^\W_]+")
HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
AIDER = "aider's ranking"

Shown = dict[str, list[tuple[int, int]]]
"""By path, the character ranges that stand in the prompt in full."""


def by_longread(measured: Measured, found: Case, budget: int) -> Shown:
    """Return what longread's own prompt shows."""
    packed = fit(measured, budget, found.commit.question, lambda _: None)
    assert packed.ledger.tokens <= budget
    shown: Shown = defaultdict(list)
    for chunk in packed.chunks:
        if chunk.level is Level.FULL:
            shown[chunk.document.path].extend(chunk.ranges)
    return shown


def filled(order: Iterable[int], measured: Measured, found: Case, budget: int) -> Shown:
    """Return what stands in a prompt filled with whole files in one order."""
    pieces = measured.pieces
    tail = f"{measured.mark} question\n{found.commit.question}\n"
    left = budget - pieces.count_text(measured.head) - pieces.count_text(tail)
    shown: Shown = {}
    for position in order:
        if measured.costs[position].full <= left:
            left -= measured.costs[position].full
            document = measured.corpus.documents[position]
            shown[document.path] = [(0, len(document.text))]
    return shown


class Bm25:
    """Plain bm25 over whole files; the words of each content are counted once."""

    def __init__(self) -> None:
        self._counted: dict[str, Counter[str]] = {}

    def order(self, question: str, documents: Sequence[Document]) -> list[int]:
        """Return positions, best first; a file without a word of the question is not among them."""
        counted = [self._count(document) for document in documents]
        lengths = [c.total() for c in counted]
        average = fmean(lengths)
        scores: dict[int, float] = defaultdict(float)
        for word in dict.fromkeys(words(question)):
            holders = [i for i, c in enumerate(counted) if word in c]
            rarity = math.log(1 + (len(documents) - len(holders) + 0.5) / (len(holders) + 0.5))
            for i in holders:
                tf = counted[i][word]
                scores[i] += rarity * tf * (K1 + 1) / (tf + K1 * (1 - B + B * lengths[i] / average))
        return sorted(scores, key=lambda i: (-scores[i], documents[i].path))

    def _count(self, document: Document) -> Counter[str]:
        if document.content_id not in self._counted:
            self._counted[document.content_id] = Counter(words(document.text))
        return self._counted[document.content_id]


def words(text: str) -> Iterator[str]:
    """Yield words in lower case, and the parts of those that change case."""
    for word in WORD.findall(text):
        yield word.lower()
        parts = HUMP.findall(word)
        if len(parts) > 1:
            yield from (part.lower() for part in parts)


Order = Callable[[Case, Measured], list[int]]


@contextmanager
def aider(python: str, repository: Path) -> Iterator[Order]:
    """Give a function that asks aider in which order it ranks the files of a commit's parent."""
    script = Path(__file__).with_name("aider_order.py")
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        root = Path(folder) / "tree"
        root.mkdir()
        environment = os.environ | {"GIT_INDEX_FILE": str(Path(folder) / "index")}

        def order(found: Case, measured: Measured) -> list[int]:
            where = ["git", "-C", str(repository), f"--work-tree={root}"]
            line = [*where, "read-tree", "--reset", "-u", found.commit.parent]
            subprocess.run(line, check=True, env=environment, capture_output=True)
            positions = {d.path: i for i, d in enumerate(measured.corpus.documents)}
            asked = {
                "root": str(root),
                "files": sorted(positions),
                "question": found.commit.question,
            }
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            return [positions[path] for path in json.loads(process.stdout.readline())]

        yield order


def judge(shown: Shown, found: Case, measured: Measured) -> tuple[float, float | None]:
    """Return the shares of true files and of true segments shown in full; None where none are."""
    sizes = {d.path: len(d.text) for d in measured.corpus.documents if d.path in found.files}
    whole = {path: joined(shown.get(path, [])) for path in found.files}

    def holds(path: str, start: int, end: int) -> bool:
        return any(a <= start and end <= b for a, b in whole[path])

    files = fmean(holds(path, 0, sizes[path]) for path in found.files)
    return files, fmean(holds(*s) for s in found.symbols) if found.symbols else None


def questions(repository: Path, number: int, pieces: Pieces) -> Iterator[tuple[Case, Measured]]:
    """Yield questions with the corpus that each is asked of."""
    made = 0
    for commit in commits(repository):
        if made == number:
            return
        corpus = read([str(repository)], Options(rev=commit.parent), pieces.derived, lambda _: None)
        found = case(repository, commit, corpus)
        if found:
            made += 1
            yield found, reading.measure(corpus, pieces, False, lambda _: None)


def measure(
    repository: Path, number: int, budgets: Sequence[int], pieces: Pieces, by_aider: Order | None
) -> list[dict]:
    """Return, for each question, what each method shows at each budget."""
    plain = Bm25()
    rows = []
    for found, measured in questions(repository, number, pieces):
        documents = measured.corpus.documents
        by_words = plain.order(found.commit.question, documents)
        orders = {
            "names": sorted(range(len(documents)), key=lambda i: documents[i].path),
            "bm25": by_words,
            "bm25 of source": [i for i in by_words if documents[i].kind == "source"],
        }
        if by_aider:
            orders[AIDER] = by_aider(found, measured)
        row: dict = {
            "commit": found.commit.id,
            "question": found.commit.question,
            "files": sorted(found.files),
            "symbols": len(found.symbols),
            "tokens": measured.full,
            "seconds": [],
            "shown": {},
        }
        for budget in budgets:
            started = time.perf_counter()
            shown = by_longread(measured, found, budget)
            row["seconds"].append(time.perf_counter() - started)
            made = {"longread": judge(shown, found, measured)}
            for method, order in orders.items():
                made[method] = judge(filled(order, measured, found, budget), found, measured)
            row["shown"][str(budget)] = made
        rows.append(row)
    return rows


def table(results: dict[str, list[dict]], budgets: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a table: files / segments in full, in per cent."""
    yield "| repository | questions | method | " + " | ".join(f"{b:,}" for b in budgets) + " |"
    yield "|---|---|---|" + "---|" * len(budgets)
    means: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    methods = list(next(iter(results.values()))[0]["shown"][str(budgets[0])])
    for name, rows in results.items():
        for method in methods:
            cells = []
            for budget in budgets:
                pairs = [row["shown"][str(budget)][method] for row in rows]
                files = fmean(a for a, _ in pairs)
                symbols = fmean(b for _, b in pairs if b is not None)
                means[method, budget].append((files, symbols))
                cells.append(f"{files:.1%} / {symbols:.1%}")
            yield f"| {name} | {len(rows)} | {method} | " + " | ".join(cells) + " |"
    total = sum(map(len, results.values()))
    for method in methods:
        cells = [
            f"{fmean(a for a, _ in means[method, b]):.1%} /"
            f" {fmean(s for _, s in means[method, b]):.1%}"
            for b in budgets
        ]
        yield f"| **mean** | {total} | {method} | " + " | ".join(cells) + " |"


def main() -> None:
    """Measure the repositories named."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("repositories", nargs="+", type=Path)
    asked.add_argument("--commits", type=int, default=25)
    asked.add_argument("--budgets", default="8k,32k,128k,512k")
    asked.add_argument("--aider", metavar="PYTHON", help="a Python that can import aider")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    budgets = [int(b.lower().replace("k", "000")) for b in given.budgets.split(",")]
    # A folder of its own keeps what is read of many commits out of a person's cache.
    os.environ.setdefault("LONGREAD_CACHE", str(config.cache() / "recall"))
    pieces = Pieces(open_family("llama4"), Derived(config.cache() / "derived.db"))
    results: dict[str, list[dict]] = {}
    for repository in given.repositories:
        started = time.process_time()
        name = repository.parent.name if repository.name == "repo" else repository.name
        with aider(given.aider, repository) if given.aider else nullcontext() as by_aider:
            results[name] = measure(repository, given.commits, budgets, pieces, by_aider)
        print(f"{name}: {time.process_time() - started:.0f} CPU s", file=sys.stderr)
    print("\n".join(table(results, budgets)))
    if not given.aider:
        print("\naider's ranking was not measured: --aider names no Python that has it")
    if given.json:
        given.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
