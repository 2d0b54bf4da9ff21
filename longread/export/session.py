"""A session as data and as Markdown. It writes no file and prints nothing.

Signs always come with words, so nothing depends on colour or on a font.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from longread.export.visible import STEERING
from longread.types import (
    Answer,
    Citation,
    Entry,
    Ledger,
    Level,
    Page,
    Session,
    Span,
    Usage,
    Verdict,
)

SIGNS = {
    Verdict.EXACT: "✓",
    Verdict.FOLDED: "≈",
    Verdict.LETTERS: "≈",
    Verdict.ELIDED: "≈",
    Verdict.PLACE: "•",
    Verdict.OUTDATED: "✗",
    Verdict.NOT_SHOWN: "✗",
    Verdict.NOT_FOUND: "✗",
}
NAMED = 10
"""Files, and reasons, that are named before the rest is only counted."""


def mark(citation: Citation) -> str:
    """Return the verdict as a sign and words: "✓ exact", "• place, chosen from a list"."""
    words = [f"{SIGNS[citation.verdict]} {citation.verdict.value}"]
    if citation.guided:
        words.append("chosen from a list")
    if citation.ocr:
        sure = citation.confidence
        told = "" if sure is None else f" ({percent(sure)} sure)"
        words.append(f"recognised from a picture{told}")
    if citation.found and not _within(citation.found, citation.span):
        words.append(f"stands at {citation.found}")
    return ", ".join(words)


def _within(inner: Span, outer: Span | None) -> bool:
    if outer is None or inner.unit != outer.unit:
        return False
    return outer.first <= inner.first and inner.last <= outer.last


def where(citation: Citation) -> str:
    """Return the place as a person reads it: "src/app.py:L10-L20"."""
    name = citation.path or f"{citation.document} (no such document)"
    return f"{name}:{citation.span}" if citation.span else name


def coverage(ledger: Ledger) -> list[str]:
    """Say what was shown in full, what was not, and why."""
    full = sum(entry.level is Level.FULL for entry in ledger.files)
    lines = [f"in full in every prompt: {full:,} of {_count(len(ledger.files), 'file')}"]
    if ledger.pages:
        pages = sum(page.level is Level.FULL for page in ledger.pages)
        lines[0] += f", {pages:,} of {_count(len(ledger.pages), 'page')}"
    partly = [entry for entry in ledger.files if entry.level is not Level.FULL]
    if partly:
        reasons = Counter(f"{entry.reason or 'no reason given'}" for entry in partly)
        lines += [f"not in full: {_count(len(partly), 'file')}"]
        lines += _first(f"  {n:,} × {reason}" for reason, n in reasons.most_common())
        lines += ["namely:"]
        lines += _first(
            f"  {entry.path}: {entry.level.label}, {entry.reason or 'no reason given'}"
            for entry in partly
        )
    hidden = [page for page in ledger.pages if page.level is not Level.FULL]
    if hidden:
        reasons = Counter(page.reason or "no reason given" for page in hidden)
        lines += [f"not in full: {_count(len(hidden), 'page')}"]
        lines += _first(f"  {n:,} × {reason}" for reason, n in reasons.most_common())
    if recognised := [page for page in ledger.pages if page.ocr]:
        told = f"recognised in pictures (OCR): {_count(len(recognised), 'page')}"
        # What was kept by an earlier version has no confidence.
        known = [(page.confidence, page) for page in recognised if page.confidence is not None]
        if known:
            mean = sum(sure for sure, _ in known) / len(known)
            least, worst = min(known, key=lambda pair: pair[0])
            told += (
                f", {percent(mean)} sure in the mean; least of {worst.path} p{worst.page}:"
                f" {percent(least)}"
            )
        lines.append(told)
    if notes := [f"  {entry.path}: {note}" for entry in ledger.files for note in entry.notes]:
        lines += ["to know:", *_first(iter(notes))]
    return lines


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _first(lines: Iterator[str]) -> list[str]:
    every = list(lines)
    left = len(every) - NAMED
    return every[:NAMED] + ([f"  … {left:,} more"] if left > 0 else [])


def spent(usage: Usage, strategy: str = "") -> str:
    """Say what the engine counted."""
    prompt = f"prompt {usage.prompt_tokens:,} tokens"
    if usage.cached_tokens is not None and usage.prompt_tokens:
        prompt += f", {percent(usage.cached_tokens / usage.prompt_tokens)} from the cache"
    wrote = f"answer {usage.output_tokens:,} tokens"
    if usage.reasoning_tokens:
        wrote += f", {usage.reasoning_tokens:,} of them reasoning,"
    writing = usage.seconds - usage.first_token_seconds
    if writing > 0:
        wrote += f" at {usage.output_tokens / writing:,.0f} tok/s"
    parts = [prompt, wrote]
    if usage.seconds and strategy == "sweep":
        parts.append(f"{usage.seconds:.1f} s, all requests added up")
    elif usage.seconds:
        parts.append(
            f"{usage.first_token_seconds:.1f} s to the first, {usage.seconds:.1f} s in all"
        )
    if usage.provider:
        parts.append(f"by {usage.provider}")
    if usage.truncated:
        parts.append(f"✗ truncated: {usage.expected_tokens:,} tokens were sent")
    return "; ".join(parts)


def added_up(answers: Sequence[Answer]) -> str:
    """Say what the answers of a session took together; empty where nobody counted."""
    counted = [answer.usage for answer in answers if answer.usage]
    if not counted:
        return ""
    read, wrote = (sum(u.prompt_tokens for u in counted), sum(u.output_tokens for u in counted))
    cached = sum(u.cached_tokens or 0 for u in counted)
    words = f"in all: {_count(len(counted), 'answer')}, prompts {read:,} tokens"
    if cached:
        words += f" ({percent(cached / read)} from the cache)"
    words += f", answers {wrote:,} tokens, {sum(u.seconds for u in counted):,.1f} s"
    price = sum(answer.price for answer in answers)
    return words + (f", ${price:,.4f}" if price else "")


def percent(share: float) -> str:
    """Return a share as a person reads it; what is not all is never called 100 %."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def prompted(answer: Answer) -> str:
    """Say how the prompt was made and how much of the corpus it showed."""
    shown = answer.coverage or f"{percent(answer.share)} shown in full"
    return f"strategy {answer.strategy}; {shown}"


def said(answer: Answer) -> str:
    """Return the answer's text, or that there is none."""
    return answer.text.strip() or "(nothing was written)"


def ending(answer: Answer) -> str:
    """Say when an answer is not whole; empty where it is. Why is in its caveat."""
    match answer.finished:
        case "stop":
            return ""
        case "length":
            at = f": stopped at {answer.usage.output_tokens:,} tokens" if answer.usage else ""
            return f"✗ unfinished{at}"
        case _:
            # A person's key and an engine's failure end it alike.
            return "✗ cut: it was stopped before it was done; what came is kept"


def data(session: Session, short: str = "", **more: object) -> dict[str, Any]:
    """Return the session as JSON knows it, without the documents' texts.

    `more` goes beside the id: times of writing, which a `Session` does not know.
    """
    return {
        "id": short,
        "title": session.title,
        **more,
        "profile": session.profile,
        "sources": [asdict(source) for source in session.sources],
        "ledger": ledger_data(session.ledger),
        "answers": [answer_data(answer) for answer in session.answers],
    }


def ledger_data(ledger: Ledger) -> dict[str, Any]:
    return {
        "sources": list(ledger.sources),
        "tokenizer": ledger.tokenizer,
        "budget": ledger.budget,
        "tokens": ledger.tokens,
        "files": _rows(Entry, ledger.files),
        "pages": _rows(Page, ledger.pages),
    }


def _rows(kind: type, entries: Sequence[Entry] | Sequence[Page]) -> list[dict[str, Any]]:
    """Return entries as mappings; `asdict` would copy each value and take ten times as long."""
    names = [field.name for field in fields(kind)]
    return [
        {name: getattr(entry, name) for name in names} | {"level": entry.level.label}
        for entry in entries
    ]


def answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "text": answer.text,
        "finished": answer.finished,
        "strategy": answer.strategy,
        "share": answer.share,
        "coverage": answer.coverage,
        "caveat": answer.caveat,
        "profile": answer.profile,
        "price": answer.price,
        "usage": asdict(answer.usage) if answer.usage else None,
        "citations": [citation_data(citation) for citation in answer.citations],
    }


def citation_data(citation: Citation) -> dict[str, Any]:
    """Return a citation as data."""
    return {
        "document": citation.document,
        "path": citation.path,
        "span": str(citation.span) if citation.span else None,
        "quote": citation.quote,
        "verdict": citation.verdict.value,
        "guided": citation.guided,
        "found": str(citation.found) if citation.found else None,
        "note": citation.note,
        "ocr": citation.ocr,
        "confidence": citation.confidence,
        "at": list(citation.at) if citation.at else None,
    }


def as_json(value: object) -> str:
    """Return indented JSON in which nothing can steer a terminal and any byte can be written."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return re.sub(f"[{STEERING}]", _escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def markdown(session: Session, short: str = "") -> str:
    """Return the session as Markdown that reads well as plain text too."""
    lines = [f"# {escaped(session.title)}", ""]
    if short:
        lines += [f"Session {short}, profile {escaped(session.profile)}.", ""]
    lines += ["## Sources", ""]
    for source in session.sources:
        version = f" at {code(source.version)}" if source.version else ""
        note = f": {escaped(source.note)}" if source.note else ""
        lines.append(f"- {code(source.location)} ({source.way}){version}{note}")
    lines += ["", "## Coverage", "", *fenced("\n".join(coverage(session.ledger)))]
    for number, answer in enumerate(session.answers, start=1):
        lines += ["", f"## {number}. {escaped(answer.question)}", "", said(answer), ""]
        if note := ending(answer):
            lines += [f"**{note}**", ""]
        lines += [f"- {_cited(citation)}" for citation in answer.citations]
        if not answer.citations:
            lines.append("No citations.")
        lines += ["", _sentence(escaped(prompted(answer)))]
        if answer.usage:
            lines.append(_sentence(spent(answer.usage, answer.strategy)))
        if answer.caveat:
            lines += ["", f"> {escaped(answer.caveat)}"]
    return "\n".join(lines).rstrip() + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _cited(citation: Citation) -> str:
    text = f"{mark(citation)}: {code(where(citation))}"
    if citation.quote:
        text += f" “{code(citation.quote)}”"
    if citation.note:
        text += f" ({code(citation.note)})"
    return text


def escaped(text: str) -> str:
    """Words on one line, with what Markdown or HTML would act on escaped."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return text as inline code, whatever backticks it holds."""
    text = " ".join(text.split())
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def fenced(text: str) -> list[str]:
    """Return text as a code block, whatever fences it holds."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *text.split("\n"), fence]
