"""What a rule points at: whether it is a secret, and how far it goes. It reads no files."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from math import log2
from string import ascii_letters

RANDOM = 2.5
"""Evidence above which letters count as drawn at random."""
JUDGED = 512
"""Characters of a value by which it is judged."""
LONGEST_KEY = 65_536
"""Characters between the first and the last line of a private key."""

PAIRS = """
    53225548395121939120456558 13231378227056258335277837 14341481392256068341378969
    13320368078356269334367769 25214357698331646012755368 13331168097255159234287859
    26550642199352359125377977 06650788197455069353498959 34233439798230248321849693
    09470887394697156626177878 25540546177263457414563948 16530678097166159733368928
    03650688197536119735388949 17211407285565358610457969 53226548575220329133243678
    07650664296176138032386939 58555576599254756327096699 16440548195434159322467949
    37360662185456326620276858 16450572097456259123476737 32343348399120629111799798
    06570678098657259656777889 05431572096462158224676798 35241385298436509540667247
    44342456297322308411555665 16750696099557279555799853
""".split()
"""How surprising, from 0 to 9, a second letter (column, a to z) is behind a first one (row).

Half a natural logarithm a step: 3 is as often as by chance. Counted over 57,526 words in the
sources and manuals of Django 5.2 and CPython 3.11.
"""
STRONG = frozenset("!#$%&*+?@^~")
"""Signs that a password generator uses and a path, a name or a number does not."""

PLACEHOLDER = re.compile(
    r"(?i)example|change[_-]?(?:me|this|it)\b|\byour|your[_-]|placeholder|dummy|insert[_-]|redacted|"
    r"replace|x{5,}|\*{3,}|\.{3}|…|<[^<>]*>|\$\{|\{\{|%\(\w+\)|\[masked: |"
    r"^(?:%[sdr]|(?-i:[$%@](?:[A-Z_]+|[a-z_]+)%?)|\$[({].*|\{\w*\})$"
)
"""What stands in manuals and templates in the place of a secret."""
PLAIN = re.compile(
    r"(?i)(?:my|the|an?|db|user|uri|api|aws|other)?[ _.-]?"
    r"(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|key|credentials?)"
)
"""What a manual calls a password where it shows one: a word for the thing itself; whole."""
HASHED = re.compile(
    r"(?i)(?:\$\d\w?\$|(?:pbkdf2|scrypt|argon2|bcrypt|md5|sha\d|crypt)\w*\$|sha\d{3}-)"
)
"""How what is kept of a password begins; one cannot log in with it."""
NUMBER = re.compile(r"(?i)[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Long hexadecimal numbers, and UUIDs."""
LETTERS = frozenset(ascii_letters)


def evidence(value: str) -> float:
    """Return how much `value` looks drawn at random rather than written by a person.

    The logarithm, roughly, of how much likelier the one is: over neighbouring letters by `PAIRS`,
    with digits and signs among letters for chance, and what counts up or repeats against it.
    """
    total = 0.0
    for a, b in pairwise(value):
        if a.isdigit() and b.isdigit():
            total -= 0.5 if ord(b) - ord(a) in (0, 1) else 0.1
        elif a in LETTERS and b in LETTERS:
            if a.islower() and b.isupper():
                total += 0.4
            else:
                total += int(PAIRS[ord(a.lower()) - 97][ord(b.lower()) - 97]) / 2 - 1.5
                total -= ord(b) - ord(a) in (0, 1)
        elif a.isalnum() and b.isalnum():
            total += 1.0
        else:
            total += 0.4 if a in STRONG or b in STRONG else -0.4
    kinds = (str.islower, str.isupper, str.isdigit, STRONG.__contains__)
    return total + 3.0 * all(any(map(kind, value)) for kind in kinds)


def entropy(value: str) -> float:
    """Return the entropy of the characters of `value` (Shannon), in bits for each."""
    shares = [value.count(c) / len(value) for c in set(value)]
    return -sum(share * log2(share) for share in shares)


def is_random(value: str) -> bool:
    """Whether `value` looks drawn at random."""
    value = value[:JUDGED]
    if len(value) < 8 or PLACEHOLDER.search(value) or HASHED.match(value):
        return False
    if NUMBER.fullmatch(value):
        return entropy(value) > 3.0
    return entropy(value) > 2.7 and evidence(value) > RANDOM


def is_given(value: str) -> bool:
    """Whether `value` may be a password at all, and is not what stands for one in manuals."""
    return not PLACEHOLDER.search(value) and not PLAIN.fullmatch(value.strip("\"'\\#"))


def is_varied(value: str) -> bool:
    """Whether `value`, which has the form of a key, is not just drawn in its form."""
    value = value[:JUDGED]
    return not PLACEHOLDER.search(value) and entropy(value) > 2.5


def is_login(value: str) -> bool:
    """Whether `value` is user and password in base64."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return is_random(value)
    return bool(colon) and user.isprintable() and len(password) > 2 and is_given(password)


REST = {
    name: re.compile(rest)
    for rest, names in {
        rb"[\w+/=~%-]{0,9999}(?:\.[\w+/=~%-]{1,9999}){0,3}": (
            "authorization", "aws-session-token", "basic-authorization", "docker-auth",
            "generic-secret", "registry-token", "stripe-key", "url-signature", "webhook",
        ),
        rb"[^\s;&\"'`<>]{0,9999}": ("connection-string",),
        rb"\S{0,9999}": ("netrc",),
        rb"": ("database-password", "url-password"),
    }.items()
    for name in names
}  # fmt: skip
"""What belongs to a secret behind the part that its rule has seen, in UTF-8."""
REST_OF_TOKEN = re.compile(rb"[\w-]{0,9999}(?:\.[\w-]{1,9999}){0,3}")
"""... of other secrets."""

TESTS: dict[str, Callable[[str], bool]] = {
    "authorization": is_random,
    "aws-access-key-id": lambda value: not value.endswith("EXAMPLE"),
    "aws-session-token": is_random,
    "basic-authorization": is_login,
    "connection-string": is_given,
    "database-password": is_given,
    "docker-auth": is_login,
    # Kingfisher has looked for placeholders in its own way.
    "generic-credential-uri": lambda value: not PLAIN.fullmatch(value),
    "generic-secret": is_random,
    "netrc": is_given,
    "registry-token": is_random,
    "url-password": is_random,
    "url-signature": is_random,
}
"""What the secrets that a rule finds have to be."""


def private_keys(text: str, starts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the extents of private keys whose first lines begin at `starts`, where one follows."""
    for start in starts:
        head = text.find("-----", start + 5) + 5
        following = text.find("-----BEGIN", head, head + LONGEST_KEY)
        last = KEY_END.search(text, head, following if following > 0 else head + LONGEST_KEY)
        if last:
            body = re.sub(r"\\[nrt]", " ", text[head : last.start()])
            solid = sum(map(len, re.findall(r"[A-Za-z0-9+/=]{16,}", body)))
            if solid * 2 >= len(re.sub(r"\s", "", body)) > 0:
                yield start, last.end()
                continue
        # Its last line is missing, or far away; half a key is still a key.
        if rest := KEY_LINES.match(text, head):
            yield start, rest.end()


KEY_END = re.compile(r"(?i)-----END[ A-Z0-9_-]{0,100}KEY(?: BLOCK)?-----")
KEY_LINES = re.compile(
    r"""(?:[ \t\r]*+\n|(?:\\[nr])++)(?:[ \t#>*|]*+[\w-]++:[ ][^\n]*+\n|[ \t\r#>*|]*+\n){0,8}"""
    r"""(?:[ \t"'#>*/|+]*+[A-Za-z0-9+/=]{40,}+(?:\\[nr])*+[ \t\r"'+,;\\]*+(?:\n|\Z|(?<=\\[nr])))+"""
)
"""Headers, then lines of base64: between quotes, in comments, or with "\\\\n" for line ends."""


def manifests(text: str, starts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield where values stand in the Kubernetes secrets whose kinds are named at `starts`."""
    last = -1
    for start in starts:
        if start < last:
            continue
        first = text.rfind("\n---", 0, start) + 1
        last = text.find("\n---", start)
        last = len(text) if last < 0 else last
        for braces in FLOW.finditer(text, first, last):
            yield from _values(PAIR, text, *braces.span(1))
        for block in BLOCK.finditer(text, first, last):
            yield from _values(SETTING, text, *block.span(2))
            yield from _values(FOLDED, text, *block.span(2))


def _values(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in pattern.finditer(text, start, end):
        value = found[found.lastindex or 0]
        if len(value) > 3 and not PLACEHOLDER.search(value):
            yield found.span(found.lastindex or 0)


FLOW = re.compile(r"""\b(?:data|stringData)["']?[ \t]*:\s*\{([^{}]*)\}""")
PAIR = re.compile(
    r"""[\w./-]["']?[ \t]*:[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"',{}]+))"""
)
BLOCK = re.compile(
    r"""(?m)^([ \t]*)["']?(?:data|stringData)["']?[ \t]*:[ \t]*"""
    r"""((?:\n(?:\1[ \t]+\S[^\n]*|[ \t]*$))+)"""
)
SETTING = re.compile(
    r"""(?m)^[ \t]+["']?[\w./-]+["']?[ \t]*:[ \t]*"""
    r"""(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"'{|>#][^\n]*))"""
)
FOLDED = re.compile(
    r"""(?m)^([ \t]+)["']?[\w./-]+["']?[ \t]*:[ \t]*[|>][-+0-9]*[ \t]*\n"""
    r"""((?:\1[ \t]+\S[^\n]*(?:\n|\Z))+)"""
)
"""The `data` of a manifest: in braces, or in lines further in; and values of several lines."""
