"""Pages of a PDF looked at as pictures. It runs in a worker process and nowhere else.

PDFium draws a page in grey; tesseract, a process of its own, or RapidOCR reads it. Neither a file
nor a network is needed: pictures go through pipes, and RapidOCR's models come with its package.
"""

from __future__ import annotations

import csv
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import pypdfium2

from longread.ingest.cleaning import clean

MOST_PIXELS = 40_000_000
"""Of one picture; A3 at 300 dpi has 17 million."""
DPI = {"tesseract": 300, "rapidocr": 200}
"""What each reads best, as measured on scanned filings and contracts."""
LEAST = 0.35
"""Mean confidence below which what was read is noise: photographs, stains, drawings."""
PATIENCE = 6
"""Wall seconds tesseract may take for each CPU second it may take."""


class Picture(NamedTuple):
    """A page in grey, a byte a pixel, rows from the top."""

    width: int
    height: int
    dpi: int
    grey: bytes


class Word(NamedTuple):
    """A word or a line as it was read."""

    text: str
    confidence: float
    """0 to 1, as the recogniser says."""
    paragraph: tuple[int, ...]
    line: tuple[int, ...]


class UnrecognisedError(Exception):
    """A page that could not be read: the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def answer(message: dict[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Yield, for each of the pages asked for, its picture's digest or the text in it.

    A message has "pages" (counted from 1), "passwords", "program" and, where text is wanted,
    "languages" and "seconds"; without them only digests are given.
    """
    logging.disable()
    pdf = _opened(data, message["passwords"])
    for number in message["pages"]:
        reply: dict[str, object] = {"page": number}
        try:
            picture = draw(pdf, number, DPI[message["program"]])
            if "languages" in message:
                words = RECOGNISERS[message["program"]](
                    picture, message["languages"], message["seconds"]
                )
                reply |= _written(words)
            else:
                reply["digest"] = blake2b(repr(picture[:3]).encode() + picture.grey).hexdigest()
        except UnrecognisedError as error:
            reply["reason"] = error.reason
        except (pypdfium2.PdfiumError, MemoryError):
            reply["reason"] = "it cannot be drawn"
        yield reply


def _opened(data: bytes, passwords: Sequence[str]) -> Any:  # pypdfium2 has no types
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError:
            continue
    return ()


def draw(pdf: Any, number: int, dpi: int) -> Picture:
    """Return a page, counted from 1, as a picture.

    Raises:
        UnrecognisedError: the file does not have it.
        pypdfium2.PdfiumError: PDFium cannot draw it.
    """
    if number > len(pdf):
        raise UnrecognisedError("PDFium cannot open it")
    page = pdf[number - 1]
    try:
        width, height = page.get_size()
        scale = min(dpi / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            rows = memoryview(bitmap.buffer)
            starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
            grey = b"".join([rows[at : at + bitmap.width] for at in starts])
            return Picture(bitmap.width, bitmap.height, round(scale * 72), grey)
        finally:
            bitmap.close()
    finally:
        page.close()


def _written(words: Sequence[Word]) -> dict[str, object]:
    """Return words as text, lines and paragraphs apart, with their mean confidence by length."""
    lines: list[str] = []
    paragraph, line = None, None
    for word in words:
        if word.line != line:
            if paragraph not in (None, word.paragraph):
                lines.append("")
            lines.append(word.text)
        else:
            lines[-1] += f" {word.text}"
        paragraph, line = word.paragraph, word.line
    size = sum(len(word.text) for word in words)
    if not size:
        return {"reason": "no words in it"}
    confidence = sum(len(word.text) * word.confidence for word in words) / size
    if confidence < LEAST:
        return {"reason": "nothing legible in it"}
    return {"text": clean("\n".join(lines)), "confidence": round(confidence, 3)}


def tesseract(picture: Picture, languages: str, seconds: float) -> list[Word]:
    """Return the words that tesseract reads in a picture.

    Raises:
        UnrecognisedError: it took more than `seconds` of CPU, or failed.
    """
    command = ["tesseract", "stdin", "stdout", "-l", languages, "--dpi", str(picture.dpi)]
    command += ["--psm", "1", "tsv"]  # 1: pages that lie on their side are turned first
    process = subprocess.Popen(
        [*_leash(), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    _limit(process.pid, seconds)
    head = b"P5 %d %d 255\n" % (picture.width, picture.height)
    try:
        table, said = process.communicate(head + picture.grey, timeout=seconds * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise UnrecognisedError("timeout") from None
    if process.returncode < 0:
        raise UnrecognisedError("timeout")
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise UnrecognisedError(f"failed: {last[0][:100] if last else 'no message'}")
    return _words(table.decode("utf-8", "replace"))


@cache
def _leash() -> tuple[str, ...]:
    """Return what starts a program that the system ends when we are gone, where there is that."""
    return ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()


def _limit(process: int, seconds: float) -> None:
    """Have the system end a process that takes too long, also where we are gone by then."""
    try:
        from resource import RLIMIT_CPU, prlimit

        prlimit(process, RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    except (ImportError, OSError, ValueError):  # a lower limit than ours stands already
        return


def _words(table: str) -> list[Word]:
    """Return the words of tesseract's TSV output."""
    rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = []
    for row in rows:
        text = (row.get("text") or "").strip()
        if row["level"] == "5" and text:
            place = [int(row[name]) for name in ("block_num", "par_num", "line_num")]
            words.append(Word(text, float(row["conf"]) / 100, tuple(place[:2]), tuple(place)))
    return words


def rapidocr(picture: Picture, languages: str, seconds: float) -> list[Word]:
    """Return the lines that RapidOCR reads in a picture; it knows Latin letters and Chinese."""
    import numpy

    grey = numpy.frombuffer(picture.grey, numpy.uint8).reshape(picture.height, picture.width, 1)
    found = _rapidocr()(numpy.repeat(grey, 3, axis=2))
    lines = zip(found.txts or (), found.scores or (), strict=True)
    return [Word(text, float(sure), (), (at,)) for at, (text, sure) in enumerate(lines)]


@cache
def _rapidocr() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1})


RECOGNISERS = {"tesseract": tesseract, "rapidocr": rapidocr}
