"""Credentials, found by kingfisher's rules and masked in place. Nothing is ever validated online.

Masking happens before anything is cached, stored or sent. What is kept of a secret is where
it stood and which rule knew it, never the secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from longread import config
from longread.ingest import suspects

if TYPE_CHECKING:
    from kingfisher_sdk import Scanner

VERSION = 2
"""Of what this file and `suspects` do with what the rules find."""
OWN_RULES = Path(__file__).with_name("secrets.yml")
ANNOUNCED = {
    "private-key": suspects.private_keys,
    "kubernetes-secret-yaml": suspects.manifests,
}
"""Rules that find only where a secret begins, or lies, and what finds the secret itself."""
SHOWN = re.compile(r"-(?:account-id|address|domain|host|name|repository|tenant-id|url|username)$")
"""Rules for what stands beside a secret and is none: they help to tell what the secret is."""
OWN = re.compile(r"longread\.|betterleaks\.aws-session-token$")
"""Rules of secrets.yml, which may see only the beginning of a secret."""
LONG = 1024
"""Bytes of what begins as a secret does, and is none, that are not looked through again."""
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
    hits = list(_judged(raw, sorted(_places(raw), key=lambda place: (place[0], -place[1]))))
    repeated = {
        raw[start:end]: name
        for start, end, name in reversed(hits)
        if end - start >= SHORTEST_REPEATED and name not in ANNOUNCED
    }
    for secret, name in islice(reversed(repeated.items()), MOST_REPEATED):
        hits += [(*m.span(), name) for m in re.finditer(re.escape(secret), raw)]
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


@cache
def _name(rule: str) -> str:
    """Return what a rule is called: "veles.secrets/sendgrid" and "betterleaks.sendgrid.1" alike."""
    parts = rule.rpartition("/")[2].split(".")
    return parts[-2] if parts[-1].isdigit() else parts[-1]


def _places(raw: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield what the rules point at: byte offsets, and the rule's whole id."""
    astray = set()
    for finding in _making().result().scan(raw):
        if not finding.visible and SHOWN.search(_name(finding.rule_id)):
            continue
        place, secret = finding.location, finding.secret.encode()
        start, end = place["start_offset"], place["end_offset"]
        if raw[start:end] == secret:
            yield start, end, finding.rule_id
        elif secret:
            astray.add((secret, finding.rule_id))
    # The scanner leaves out a byte order mark, for one, and then counts from there.
    for secret, rule in astray:
        for found in re.finditer(re.escape(secret), raw):
            yield *found.span(), rule


def _judged(raw: bytes, places: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield those of `places` that are secrets, whole; in the end, the rule's name."""
    done: dict[str, int] = {}
    for start, end, rule in places:
        name = _name(rule)
        if end <= done.get(name, 0):
            continue
        own = name not in ANNOUNCED and OWN.match(rule)
        if own:
            rest = suspects.REST.get(name, suspects.REST_OF_TOKEN).match(raw, end)
            end = rest.end() if rest else end
            while end < len(raw) and raw[end] & 0xC0 == 0x80:
                end += 1
        if _counts(raw, start, end, name, bool(own)):
            yield start, end, name
        elif not own or end - start < LONG:
            continue
        # One look at a long run of letters is enough, wherever else in it something may begin.
        done[name] = end


def _counts(raw: bytes, start: int, end: int, name: str, own: bool) -> bool:
    """Whether what a rule points at is a secret."""
    if name in ANNOUNCED:
        return True
    secret = raw[start:end].decode("utf-8", "replace")
    if test := suspects.TESTS.get(name):
        named_public = name == GENERIC and PUBLIC.search(raw, max(start - 48, 0), start)
        return test(secret) and not named_public
    return not own or suspects.is_varied(secret)


def _extended(text: str, masks: Iterable[Mask]) -> Iterator[Mask]:
    """Put in the place of what was announced what there is."""
    starts: dict[str, list[int]] = {name: [] for name in ANNOUNCED}
    for mask in masks:
        if mask.name in starts:
            starts[mask.name].append(mask.start)
        else:
            yield mask
    for name, extents in ANNOUNCED.items():
        for start, end in extents(text, sorted(starts[name])):
            yield Mask(start, end, name)


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


def prepare() -> None:
    """Begin to make the rules ready, beside other work: the first time it takes two seconds."""
    _making()


def ready() -> bool:
    """Whether `find` would begin at once."""
    return _making().done()


@cache
def _making() -> Future[Scanner]:
    thread = ThreadPoolExecutor(1, "longread-secrets")
    made = thread.submit(_make)
    thread.shutdown(wait=False)
    return made


def _make() -> Scanner:
    from kingfisher_sdk import Rules, Scanner

    rules = Rules([OWN_RULES], cache_dir=config.private(config.cache() / "secrets"))
    return Scanner(rules, base64=False)
