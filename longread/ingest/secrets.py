"""Credentials, found by kingfisher's rules and masked in place. Nothing is ever validated online.

Masking happens before anything is cached, stored or sent. What is kept of a secret is where
it stood and which rule knew it, never the secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from longread import config
from longread.ingest import suspects

if TYPE_CHECKING:
    from kingfisher_sdk import Finding, Scanner

VERSION = 2
"""Of what this file and `suspects` do with what the rules find."""
OWN_RULES = Path(__file__).with_name("secrets.yml")
ANNOUNCED = {
    "private-key": suspects.private_key,
    "kubernetes-secret-yaml": suspects.manifest,
}
"""Rules that find only where a secret begins, or lies, and what finds the secret itself."""
SHOWN = re.compile(r"-(?:account-id|address|domain|host|name|repository|tenant-id|url|username)$")
"""Rules for what stands beside a secret and is none: they help to tell what the secret is."""
GENERIC = "generic-secret"
"""The rule that knows a secret by what it is called; any other says more."""
PUBLIC = re.compile(rb"(?i)public[_.-]?key")
"""Before a value: it is called a key, or a token, and everybody has it."""
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
    rules = blake2b(OWN_RULES.read_bytes(), digest_size=8).hexdigest()
    return f"kingfisher {version('kingfisher-secret-scanner')}, {VERSION}, {rules}"


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
        name, secret = _name(finding.rule_id), finding.secret
        if not _counts(finding, name, secret):
            continue
        place = finding.location
        start, end = place["start_offset"], place["end_offset"]
        if name == GENERIC and PUBLIC.search(raw, max(start - 48, 0), start):
            continue
        if raw[start:end] == secret.encode():
            hits.append((start, end, name))
            if len(secret) >= SHORTEST_REPEATED and name not in ANNOUNCED:
                repeated.setdefault(secret, name)
        elif secret:
            astray.setdefault(secret, name)
    for secret, name in chain(astray.items(), islice(repeated.items(), MOST_REPEATED)):
        pattern = re.compile(re.escape(secret.encode()))
        hits += [(*m.span(), name) for m in pattern.finditer(raw)]
    masks = _in_characters(raw, hits) if len(raw) != len(text) else [Mask(*hit) for hit in hits]
    return tuple(_merged(_extended(text, masks)))


def apply(text: str, masks: Iterable[Mask]) -> str:
    """Return `text` with each of `masks` (in order, not overlapping) blotted out."""
    pieces: list[str] = []
    at = 0
    for one in masks:
        secret = text[one.start : one.end]
        pieces += (text[at : one.start], f"[masked: {one.name}]", "\n" * secret.count("\n"))
        at = one.end
    return "".join((*pieces, text[at:])) if pieces else text


def notes(masks: Iterable[Mask]) -> tuple[str, ...]:
    """Return what the ledger says of `masks`: which rules found how many; nothing without any."""
    counts = Counter(one.name for one in masks)
    said = (name if number == 1 else f"{name} ×{number}" for name, number in counts.items())
    return (f"masked: {', '.join(said)}",) if counts else ()


def mask_parts(parts: Iterable[str]) -> tuple[list[str], tuple[Mask, ...]]:
    """Mask texts that follow each other, such as pages, also where a secret runs on.

    Return them, and where secrets stand in the texts joined by "\\n".
    """
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
    return masked, found


@cache
def _name(rule: str) -> str:
    """Return what a rule is called: "veles.secrets/sendgrid" and "betterleaks.sendgrid.1" alike."""
    parts = rule.rpartition("/")[2].split(".")
    return parts[-2] if parts[-1].isdigit() else parts[-1]


def _counts(finding: Finding, name: str, secret: str) -> bool:
    """Whether what a rule found is a secret."""
    if name in ANNOUNCED:
        return True
    if not finding.visible and SHOWN.search(name):
        return False
    if test := suspects.TESTS.get(name):
        return test(secret)
    return not finding.rule_id.startswith("longread.") or suspects.is_varied(secret)


def _extended(text: str, masks: Iterable[Mask]) -> Iterator[Mask]:
    """Put in the place of what was announced what there is."""
    for mask in masks:
        if extent := ANNOUNCED.get(mask.name):
            yield from (Mask(start, end, mask.name) for start, end in extent(text, mask.start))
        else:
            yield mask


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
    for hit in sorted(hits, key=lambda m: (m.start, -m.end, m.name == GENERIC, m.name)):
        if held and hit.start < held.end:
            name = hit.name if held.name == GENERIC else held.name
            held = Mask(held.start, max(held.end, hit.end), name)
        else:
            if held:
                yield held
            held = hit
    if held:
        yield held


@cache
def _scanner() -> Scanner:
    from kingfisher_sdk import Rules, Scanner

    rules = Rules([OWN_RULES], cache_dir=config.private(config.cache() / "secrets"))
    return Scanner(rules, base64=False)
