"""Measure the reading of PDFs: speed, quotes found and refused, evidence, hard files, memory.

    python bench/pdfs.py FOLDER [--files 1000] [--json FILE]

FOLDER has `contracts/` with `gold.jsonl` (file, category, quote) and `questions.csv` (name,
question), and perhaps further folders of PDFs that are hard to read. One worker reads, so that
CPU seconds are those of one core; pypdf and bare PDFium read the same files in the same run.

A quote counts as verified where longread's own judge of citations says that it holds. Quotes
under 20 characters are cited with a page on which they stand once, found by other means. Altered
quotes are those of `altered.py`; one that the contract happens to say elsewhere is left out.
Evidence counts where all of a gold quote stands in a prompt of 8,192 tokens for its question.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from random import Random

import psutil
from altered import WAYS

from longread import config
from longread.analysis import reading
from longread.analysis.pack import fit
from longread.analysis.reading import Measured
from longread.cache.derived import Derived
from longread.ingest.pdf import PdfText, lay_out, read_many
from longread.ingest.read import Options, read
from longread.prompt.cite import Version, judge, render
from longread.prompt.quotes import ELLIPSIS, SHORT, Quote
from longread.prompt.ruler import joined
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Citation, Document, Level, Shown, Span, Verdict

BUDGET = 8_192
EACH = 3
"""Times each quote is altered in each way."""
OPENS = {
    "pypdf": "import io, pypdf; print(len(pypdf.PdfReader(io.BytesIO(data)).pages))",
    "pdfium": "import pypdfium2; print(len(pypdfium2.PdfDocument(data)))",
}
PATIENCE = 60
"""Seconds a library may take to open a file."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A clause that a lawyer marked."""

    file: str
    category: str
    quote: str


def files_of(folder: Path) -> list[Path]:
    """Return the PDFs of a folder."""
    return sorted(folder.glob("*.pdf"))


def given(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes, each file read when it is wanted."""
    for number, path in enumerate(paths):
        yield f"{number} {path.name}", path.read_bytes()


def cpu() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    own, gone = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + gone.ru_utime + gone.ru_stime


def by_longread(paths: Sequence[Path]) -> dict[str, PdfText]:
    """Return what longread reads, laid out as it would be."""
    found = {}
    for name, pdf in read_many(given(paths), workers=1):
        lay_out(pdf.pages)
        found[name.partition(" ")[2]] = pdf
    return found


def by_pdfium(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Return the text of each page as PDFium gives it."""
    import pypdfium2

    found = {}
    for path in paths:
        pdf = pypdfium2.PdfDocument(path.read_bytes())
        found[path.name] = [pdf[at].get_textpage().get_text_range() for at in range(len(pdf))]
        pdf.close()
    return found


def by_pypdf(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Return the text of each page as pypdf gives it."""
    import pypdf

    return {
        path.name: [page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages]
        for path in paths
        for data in [path.read_bytes()]
    }


def speed(paths: Sequence[Path]) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return pages per CPU second of each reader, and the pages as PDFium gives them."""
    plain: dict[str, list[str]] = {}
    rates = {}
    for name, reader in (("longread", by_longread), ("pdfium", by_pdfium), ("pypdf", by_pypdf)):
        before = cpu()
        found = reader(paths)
        seconds = cpu() - before
        pages = sum(len(getattr(pdf, "pages", pdf)) for pdf in found.values())
        rates[name] = pages / seconds
        plain = found if name == "pdfium" else plain
        rates["pages"] = pages
    return rates, plain


def documents_of(paths: Sequence[Path]) -> dict[str, Document]:
    """Return the files as documents that can be cited."""
    made = {}
    for number, (name, pdf) in enumerate(read_many(given(paths), workers=1), 1):
        text, segments = lay_out(pdf.pages)
        path = name.partition(" ")[2]
        made[path] = Document(path, "pdf", "", path, text, segments, "page", id=f"d{number}")
    return made


def verdicts(
    document: Document, quotes: Sequence[tuple[str, Span | None]]
) -> list[tuple[str, Verdict]]:
    """Judge quotes as the citations of one answer."""
    shown = {document.id: Shown(document, ((0, len(document.text)),))}
    cited = [Citation(document.id, "", span, text, Verdict.PLACE) for text, span in quotes]
    found = judge(" and ".join(map(render, cited)), shown)
    assert len(found) == len(cited)
    return [(text, c.verdict) for (text, _), c in zip(quotes, found, strict=True)]


PLAIN = str.maketrans({**dict.fromkeys("‘’‚", "'"), **dict.fromkeys("“”„", '"')})


def squeeze(text: str) -> str:
    """Return a text with one space wherever there is white space, and plain quote marks."""
    return " ".join(text.translate(PLAIN).split())


def once(quote: str, pages: Mapping[int, str]) -> Span | None:
    """Return a page on which a quote stands once, whole words only."""
    spot = re.compile(rf"(?<!\w){re.escape(squeeze(quote))}(?!\w)")
    for number, text in pages.items():
        if len(spot.findall(text)) == 1:
            return Span("page", number, number)
    return None


def pages_of(document: Document) -> dict[int, str]:
    """Return the text of each page, squeezed."""
    parts: dict[int, list[str]] = defaultdict(list)
    for segment in document.segments:
        parts[segment.span.first].append(document.text[segment.start : segment.end])
    return {number: squeeze("".join(texts)) for number, texts in parts.items()}


def quotes(
    documents: Mapping[str, Document], gold: Sequence[Gold], plain: Mapping[str, Sequence[str]]
) -> dict[str, object]:
    """Return the shares of gold quotes verified, long and short, and those that are not."""
    long: dict[str, list[tuple[str, Span | None]]] = defaultdict(list)
    short: dict[str, list[tuple[str, Span | None]]] = defaultdict(list)
    nowhere = repeated = 0
    for clause in dict.fromkeys((g.file, g.quote) for g in gold):
        file, quote = clause
        if "<omitted>" in quote.lower():
            continue
        if len(quote) >= SHORT:
            long[file].append((quote, None))
            continue
        span = once(quote, pages_of(documents[file]))
        if span:
            short[file].append((quote, span))
        elif squeeze(quote) in squeeze(" ".join(plain[file])):
            repeated += 1
        else:
            nowhere += 1
    judged = {
        name: [
            (file, quote, verdict)
            for file, asked in group.items()
            for quote, verdict in verdicts(documents[file], asked)
        ]
        for name, group in (("long", long), ("short", short))
    }
    held = {name: sum(v.holds for *_, v in rows) for name, rows in judged.items()}
    return {
        "long": len(judged["long"]),
        "long verified": held["long"] / len(judged["long"]),
        "short": len(judged["short"]) + nowhere,
        "short verified": held["short"] / (len(judged["short"]) + nowhere),
        "short, on no page once": repeated,
        "short, nowhere": nowhere,
        "levels": dict(Counter(str(v) for _, _, v in judged["long"])),
        "missed": [(f, q) for rows in judged.values() for f, q, v in rows if not v.holds],
    }


def altered(
    documents: Mapping[str, Document], gold: Sequence[Gold], plain: Mapping[str, Sequence[str]]
) -> dict[str, object]:
    """Return, for each way of altering, how many were made and how many were verified."""
    rng = Random(11)
    counts: dict[str, list[int]] = {}
    wrong = []
    texts = {file: squeeze(" ".join(pages)).casefold() for file, pages in plain.items()}
    for way, change in WAYS.items():
        asked: dict[str, dict[str, str]] = defaultdict(dict)
        for clause in gold:
            if len(clause.quote) < SHORT or "<omitted>" in clause.quote.lower():
                continue
            for _ in range(EACH):
                made = change(clause.quote, rng)
                if made and not said(made, clause.quote, texts[clause.file], way):
                    asked[clause.file][made] = clause.quote
        judged = [
            (file, quote, verdict)
            for file, ones in asked.items()
            for quote, verdict in verdicts(documents[file], [(quote, None) for quote in ones])
        ]
        held = [(way, file, quote, str(v)) for file, quote, v in judged if v.holds]
        counts[way] = [len(judged), len(held)]
        wrong += held
    return {"ways": counts, "verified": wrong}


def said(altered: str, quote: str, text: str, way: str) -> bool:
    """Whether a contract says, elsewhere than in the quote, just what the altered quote says.

    Words swapped at a border of sentences or marks may stand so: "Agreement (Development".
    """
    if way == "two words swapped" and letters(altered) in letters(text):
        return True
    return squeeze(altered).casefold() in text.replace(squeeze(quote).casefold(), "\0")


def evidence(folder: Path, gold: Sequence[Gold]) -> dict[str, object]:
    """Return the share of gold quotes that stand in a prompt for their question."""
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as rows:
        asked = {row["name"].casefold(): row["question"] for row in csv.DictReader(rows)}
    pieces = Pieces(open_family("llama4"), Derived(config.cache() / "derived.db"))
    by_file: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for clause in gold:
        by_file[clause.file][clause.category].append(clause.quote)
    tallies = {name: [0, 0] for name in ("all", "large", "head", "large head", "questions")}
    missed = []
    for file, categories in by_file.items():
        corpus = read([str(folder / file)], Options(), pieces.derived, lambda _: None)
        measured = reading.measure(corpus, pieces, False, lambda _: None)
        version = Version(measured.corpus.documents[0])
        large = measured.full + 200 > BUDGET
        for category, wanted in categories.items():
            question = asked[category.casefold()]
            shown, head = prompt_of(measured, question), head_of(measured)
            inside = [stands(quote, version, shown) for quote in wanted]
            beside = [stands(quote, version, head) for quote in wanted]
            for name, marks in (
                ("all", inside),
                ("large", inside if large else []),
                ("head", beside),
                ("large head", beside if large else []),
                ("questions", [all(inside)]),
            ):
                tallies[name][0] += len(marks)
                tallies[name][1] += sum(marks)
            pairs = zip(wanted, inside, strict=True)
            missed += [(file, category, quote) for quote, there in pairs if not there]
    shares = {name: there / max(all_, 1) for name, (all_, there) in tallies.items()}
    return {
        **shares,
        "quotes": tallies["all"][0],
        "of large": tallies["large"][0],
        "missed": missed,
    }


def prompt_of(measured: Measured, question: str) -> list[tuple[int, int]]:
    """Return the ranges of a document that stand in longread's prompt for a question."""
    packed = fit(measured, BUDGET, question, lambda _: None)
    assert packed.ledger.tokens <= BUDGET
    return sorted(r for c in packed.chunks if c.level is Level.FULL for r in c.ranges)


def head_of(measured: Measured) -> list[tuple[int, int]]:
    """Return the range of a document's beginning that fills a prompt."""
    text = measured.corpus.documents[0].text
    room = BUDGET - measured.fixed
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _count(measured, text[:middle]) <= room else (low, middle - 1)
    return [(0, low)]


def _count(measured: Measured, text: str) -> int:
    return len(measured.pieces.family.encode(text))


def stands(quote: str, version: Version, shown: Sequence[tuple[int, int]]) -> bool:
    """Whether all of a quote, its parts where some was omitted, stands in what is shown.

    A few quotes begin inside a word, which no citation may; there letters and digits decide.
    """
    parts = [part for part in ELLIPSIS.split(quote) if part.strip()]
    if all(_shown(part, version, shown) for part in parts):
        return True
    text = "\0".join(version.ruler.bridged[start:end] for start, end in joined(shown))
    return len(quote) >= SHORT and all(letters(part) in letters(text) for part in parts)


def letters(text: str) -> str:
    """Return letters and digits alone, and the borders between ranges."""
    return re.sub(r"[^\w\0]+|_+", "", text.casefold())


def _shown(words: str, version: Version, shown: Sequence[tuple[int, int]]) -> bool:
    text = version.ruler.bridged
    for match in version.matches(Quote(words, False), None):
        at = match.start
        for start, end in shown:
            if start <= at or not text[at:start].strip():
                at = max(at, end)
        if at >= match.end or not text[at : match.end].strip():
            return True
    return False


def hard(folders: Sequence[Path]) -> dict[str, object]:
    """Return what becomes of files that are hard to read, beside what the libraries open."""
    paths = [path for folder in folders for path in files_of(folder)]
    counts = {path.name: opened(path) for path in paths}
    started = time.monotonic()
    found = {n.partition(" ")[2]: pdf for n, pdf in read_many(given(paths), workers=1)}
    lost = [
        name
        for name, by in counts.items()
        if max(by.values()) > 0 and len(found[name].pages) < min(n for n in by.values() if n > 0)
    ]
    pages = [page for pdf in found.values() for page in pdf.pages]
    return {
        "files": len(paths),
        "wall seconds": time.monotonic() - started,
        "not opened": {n: pdf.reason for n, pdf in found.items() if pdf.reason},
        "opened by others alone": lost,
        "pages": len(pages),
        "pages with neither text nor reason": sum(
            not p.text.strip() and not p.reason for p in pages
        ),
        "reasons": dict(Counter(page.reason for page in pages if page.reason)),
        "counts": {n: [len(found[n].pages), by["pdfium"], by["pypdf"]] for n, by in counts.items()},
    }


def opened(path: Path) -> dict[str, int]:
    """Return how many pages each library says that a file has; 0 where it cannot open it."""
    counts = {}
    for name, code in OPENS.items():
        line = f"import sys; data = sys.stdin.buffer.read(); {code}"
        try:
            done = subprocess.run(
                [sys.executable, "-c", line],
                input=path.read_bytes(),
                capture_output=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            counts[name] = 0
            continue
        counts[name] = int(done.stdout) if done.returncode == 0 and done.stdout.strip() else 0
    return counts


def memory(paths: Sequence[Path], number: int) -> dict[str, float]:
    """Return the parent's resident MiB after a twentieth of the files, at most, and at the end."""
    own, seen = psutil.Process(), []
    for count, _ in enumerate(read_many(given(islice(cycle(paths), number)), workers=1), 1):
        if count % max(1, number // 20) == 0:
            seen.append(own.memory_info().rss / 2**20)
    return {"files": number, "first": seen[0], "most": max(seen), "last": seen[-1]}


def show(results: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Yield the lines of the tables."""
    for name, figures in results.items():
        yield f"\n## {name}\n\n| | |\n|---|---|"
        for key, value in figures.items():
            if isinstance(value, float):
                value = f"{value:.2%}" if value <= 1 else f"{value:,.1f}"
            if not isinstance(value, list) or len(value) < 9:
                yield f"| {key} | {value} |"
            else:
                yield f"| {key} | {len(value)} |"


def main() -> None:
    """Measure the folder named."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--files", type=int, default=1_000)
    asked.add_argument("--only", default="", help="parts, with commas between")
    asked.add_argument("--json", type=Path)
    said = asked.parse_args()
    folder: Path = said.folder / "contracts"
    paths = files_of(folder)
    lines = (folder / "gold.jsonl").read_text("utf-8").splitlines()
    gold = [Gold(r["file"], r["category"], r["quote"]) for r in map(json.loads, lines)]
    results: dict[str, Mapping[str, object]] = {}
    plain: dict[str, list[str]] = {}
    documents: dict[str, Document] = {}

    def texts() -> tuple[dict[str, Document], list[Gold], dict[str, list[str]]]:
        documents.update(documents or documents_of(paths))
        plain.update(plain or by_pdfium(paths))
        return documents, gold, plain

    def rates() -> Mapping[str, object]:
        found, pages = speed(paths)
        plain.update(pages)
        return found

    others = [f for f in sorted(said.folder.iterdir()) if f.is_dir() and f != folder]
    parts: dict[str, Callable[[], Mapping[str, object]]] = {
        "pages per CPU second": rates,
        "gold quotes": lambda: quotes(*texts()),
        "altered quotes": lambda: altered(*texts()),
        "evidence in 8,192 tokens": lambda: evidence(folder, gold),
        "hard files": lambda: hard(others),
        "memory of the parent, MiB": lambda: memory(paths, said.files),
    }
    with tempfile.TemporaryDirectory() as state:
        os.environ["LONGREAD_CACHE"] = state
        for name, measure in parts.items():
            if not said.only or any(part in name for part in said.only.split(",")):
                results[name] = measure()
    print("\n".join(show(results)))
    if said.json:
        said.json.write_text(json.dumps(results, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
