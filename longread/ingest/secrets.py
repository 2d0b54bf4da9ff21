"""Credentials, found by kingfisher's rules and masked in place. Nothing is ever validated online.

Masking happens before anything is cached, stored or sent. What is kept of a secret is where
it stood and which rule knew it, never the secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain, islice
from typing import TYPE_CHECKING

from longread import config

if TYPE_CHECKING:
    from kingfisher_sdk import Scanner

OWN_RULES = (
    # kingfisher reports an AWS key id only beside its secret half.
    (
        "aws-access-key-id",
        ("A3T", "AKIA", "ASIA", "ABIA", "ACCA"),
        re.compile(r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b(?<!EXAMPLE)"),
    ),
    # ... and a private key only with its last line; half a key is still a key.
    (
        "private-key",
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----[ \t]*\n"
            r"(?:[ \t]*[\w-]+: [^\n]*\n|[ \t]*\n){0,8}(?:[ \t]*[A-Za-z0-9+/=]{40,}[ \t]*(?:\n|\Z))+"
        ),
    ),
)
"""Name, words without which a text cannot match, and pattern."""
SHORTEST_REPEATED = 16
"""Characters from which a secret is masked wherever else in the text it is repeated."""
MOST_REPEATED = 100
"""Different secrets in one text that are looked for again; more is a list of test data."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Characters of a text that hold a secret, and the rule that knew it."""

    start: int
    end: int
    name: str


def ruleset() -> str:
    """Name the rules, so that what another version of them left unmasked is read anew."""
    return f"kingfisher {version('kingfisher-secret-scanner')}, 1"


def mask(text: str) -> tuple[str, int]:
    """Return `text` with "[masked: rule]" for each secret, and how many there were.

    As many lines as a secret had remain, so line numbers hold.
    """
    found = find(text)
    return apply(text, found), len(found)


def find(text: str) -> tuple[Mask, ...]:
    """Return where secrets stand in `text`, in order; what overlaps is one."""
    raw = text.encode("utf-8", "replace")
    hits: list[tuple[int, int, str]] = []
    astray: dict[str, str] = {}
    repeated: dict[str, str] = {}
    for finding in _scanner().scan(raw):
        name = finding.rule_id.rpartition(".")[2].rpartition("/")[2]
        place, secret = finding.location, finding.secret
        start, end = place["start_offset"], place["end_offset"]
        if raw[start:end] == secret.encode():
            hits.append((start, end, name))
            if len(secret) >= SHORTEST_REPEATED:
                repeated.setdefault(secret, name)
        elif secret:
            astray.setdefault(secret, name)
    for secret, name in chain(astray.items(), islice(repeated.items(), MOST_REPEATED)):
        pattern = re.compile(re.escape(secret.encode()))
        hits += [(*m.span(), name) for m in pattern.finditer(raw)]
    masks = _in_characters(raw, hits) if len(raw) != len(text) else [Mask(*hit) for hit in hits]
    for name, needles, rule in OWN_RULES:
        if any(needle in text for needle in needles):
            masks += [Mask(*m.span(), name) for m in rule.finditer(text)]
    return tuple(_merged(masks))


def apply(text: str, masks: Iterable[Mask]) -> str:
    """Return `text` with each of `masks` (in order, not overlapping) blotted out."""
    pieces: list[str] = []
    at = 0
    for one in masks:
        secret = text[one.start : one.end]
        pieces += (text[at : one.start], f"[masked: {one.name}]", "\n" * secret.count("\n"))
        at = one.end
    return "".join((*pieces, text[at:])) if pieces else text


def mask_parts(parts: Iterable[str]) -> tuple[list[str], int]:
    """Mask texts that follow each other, such as pages, also where a secret runs on."""
    texts = list(parts)
    found = find("\n".join(texts))
    masked, offset = [], 0
    for text in texts:
        end = offset + len(text)
        here = (
            Mask(max(m.start, offset) - offset, min(m.end, end) - offset, m.name)
            for m in found
            if m.start < end and m.end > offset
        )
        masked.append(apply(text, here))
        offset = end + 1
    return masked, len(found)


def _in_characters(raw: bytes, hits: Iterable[tuple[int, int, str]]) -> list[Mask]:
    """Turn byte offsets of UTF-8 into those of its characters."""
    wanted = sorted({offset for start, end, _ in hits for offset in (start, end)})
    characters = {}
    at = passed = 0
    for offset in wanted:
        passed += len(raw[at:offset].decode())
        characters[offset] = passed
        at = offset
    return [Mask(characters[start], characters[end], name) for start, end, name in hits]


def _merged(hits: Iterable[Mask]) -> Iterator[Mask]:
    held: Mask | None = None
    for hit in sorted(hits, key=lambda m: (m.start, -m.end, m.name)):
        if held and hit.start < held.end:
            held = Mask(held.start, max(held.end, hit.end), held.name)
        else:
            if held:
                yield held
            held = hit
    if held:
        yield held


@cache
def _scanner() -> Scanner:
    from kingfisher_sdk import Rules, Scanner

    rules = Rules(cache_dir=config.private(config.cache() / "secrets"))
    return Scanner(rules, base64=False)
