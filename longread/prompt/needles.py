"""Facts to plant in a corpus and to ask for: made, dressed as the text around them, scored.

A fact is a sentence that belongs to no corpus ("The recall number of the cobalt heron relay is
481930.") with a value drawn at random that occurs nowhere else. Beside it stand near misses: the
same sentence about a thing of nearly the same name, and another value of the same thing. Nothing
here reads a file or knows a model; the same key gives the same facts on any machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Literal, TypeVar, get_args

Kind = Literal["number", "phrase", "hop", "count"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""number: one sentence gives a number; phrase: it gives three words; hop: one sentence names
what another gives the number of; count: several sentences are to be counted."""
VERSION = 1
"""Raised when the same key would give other facts, or the same answer another score."""
DIGITS = 6
"""Of a number: short enough to be copied without error, long enough to be in few corpora."""
FEWEST, MOST = 3, 6
"""Sentences to be counted."""

COLOURS = (
    "amber azure cobalt copper coral crimson ebony emerald golden indigo ivory jade lilac maroon"
    " ochre olive pearl russet sable saffron scarlet silver teal umber violet"
).split()
CREATURES = (
    "badger bittern curlew dormouse egret falcon gannet heron ibex jackdaw kestrel lapwing marten"
    " newt osprey otter plover puffin raven stoat swift tern vole weasel wren"
).split()
THINGS = (
    "anvil beacon boiler bridge capstan crane dynamo furnace gantry kiln lantern lathe loom mill"
    " pump quay relay rudder sluice spindle tender turbine valve winch windmill"
).split()
ATTRIBUTES = (
    "recall number,spare part number,inspection number,lease number,licence number,berth number,"
    "ledger number,service number"
).split(",")
WORDS = (
    "acorn almond anchor apricot barley basket biscuit blanket bonnet bramble bucket butter candle"
    " carrot cellar chimney cinnamon clover cottage cradle cushion daisy feather ferry garden"
    " ginger hammock harbour hazel honey kettle ladder lemon marble meadow mitten mustard nutmeg"
    " orchard parsley pebble pepper pillow pocket quilt ribbon saddle teapot thimble thistle"
    " walnut whistle willow"
).split()

SPELT = dict(
    zip("zero one two three four five six seven eight nine ten".split(), range(11), strict=True)
)
VOCABULARY = "|".join(sorted({*COLOURS, *CREATURES, *THINGS, *WORDS}))
PAIR = re.compile(rf"\b({VOCABULARY})[\W_]+(?=({VOCABULARY})\b)", re.IGNORECASE)
LONG_NUMBER = re.compile(rf"\d{{{DIGITS},}}")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GROUPED = re.compile(r"(?<=\d)[,_\u2009\u202f](?=\d{3}(?!\d))")
"""What stands between groups of three digits."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence, and where it is to stand."""

    sentence: str
    depth: float
    """Share of the corpus before it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Needle:
    """What is planted for one question, the near misses among it."""

    kind: Kind
    question: str
    value: str
    wrong: tuple[str, ...]
    """Values of the near misses: an answer that names one is wrong."""
    facts: tuple[Fact, ...]
    """Those of one depth stand together; that of the first is where the trial says."""


@dataclass(slots=True)
class Known:
    """What facts must not contain: it stands in the corpus, or in a fact made before."""

    numbers: set[str] = field(default_factory=set)
    """Every `DIGITS` digits that stand together."""
    pairs: set[tuple[str, str]] = field(default_factory=set)
    """Neighbouring words of the vocabulary, in lower case."""

    def look(self, text: str) -> None:
        """Take in a text."""
        for run in LONG_NUMBER.findall(text):
            self.numbers.update(run[at : at + DIGITS] for at in range(len(run) - DIGITS + 1))
        self.pairs.update((a.lower(), b.lower()) for a, b in PAIR.findall(text))

    def copy(self) -> Known:
        """Return the same, to which more can be added without adding it here."""
        return Known(set(self.numbers), set(self.pairs))

    def free_words(self, words: str) -> bool:
        """Whether no two neighbours of these words are neighbours in the corpus."""
        parts = words.split()
        return not any(pair in self.pairs for pair in pairwise(parts))


def known(texts: Iterable[str]) -> Known:
    """Return what the texts contain that a fact must not."""
    found = Known()
    for text in texts:
        found.look(text)
    return found


class Draw:
    """Choices that depend on a key alone, in any version of Python."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._drawn = 0

    def below(self, end: int) -> int:
        """Return one of 0 … end - 1."""
        self._drawn += 1
        digest = blake2b(f"{self._key}\0{self._drawn}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % end

    def of(self, choices: Sequence[T]) -> T:
        """Return one of them."""
        return choices[self.below(len(choices))]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Return them in another order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]


def make(kind: Kind, depth: float, key: str, taken: Known) -> Needle:
    """Return a needle that the key determines; what it uses is `taken` from then on.

    Args:
        depth: share of the corpus before its first fact, 0 to 1. Where a needle has several, the
            others are spread evenly over the corpus from there, around its end to its beginning.
        taken: what occurs already, in the corpus or in needles that share a prompt with it.
    """
    draw = Draw(f"{VERSION}\0{key}\0{kind}")
    return _MAKERS[kind](draw, depth, taken)


def _number(draw: Draw, depth: float, taken: Known) -> Needle:
    name = _name(draw, taken)
    near = _near(draw, name, taken)
    asked, other = _two(draw, ATTRIBUTES)
    value, first, second = (_value(draw, taken) for _ in range(3))
    sentence = f"The {asked} of the {name} is {value}."
    misses = (
        f"The {asked} of the {near} is {first}.",
        f"The {other} of the {name} is {second}.",
    )
    return Needle(
        "number",
        f"What is the {asked} of the {name}? Answer with the number alone.",
        value,
        (first, second),
        _together(draw, depth, sentence, misses),
    )


def _phrase(draw: Draw, depth: float, taken: Known) -> Needle:
    name = _name(draw, taken)
    near = _near(draw, name, taken)
    value, first, second = (_words(draw, taken) for _ in range(3))
    sentence = f'The pass phrase of the {name} is "{value}".'
    misses = (
        f'The pass phrase of the {near} is "{first}".',
        f'The former pass phrase of the {name} was "{second}".',
    )
    return Needle(
        "phrase",
        f"What is the pass phrase of the {name}? Answer with the three words alone.",
        value,
        (first, second),
        _together(draw, depth, sentence, misses),
    )


def _hop(draw: Draw, depth: float, taken: Known) -> Needle:
    name = _name(draw, taken)
    near = _near(draw, name, taken)
    through, elsewhere = _name(draw, taken), _name(draw, taken)
    asked = draw.of(ATTRIBUTES)
    value, wrong = _value(draw, taken), _value(draw, taken)
    here = _together(
        draw,
        depth,
        f"The {name} has the same {asked} as the {through}.",
        (f"The {near} has the same {asked} as the {elsewhere}.",),
    )
    there = _together(
        draw,
        (depth + 0.5) % 1,
        f"The {asked} of the {through} is {value}.",
        (f"The {asked} of the {elsewhere} is {wrong}.",),
    )
    question = f"What is the {asked} of the {name}? Answer with the number alone."
    return Needle("hop", question, value, (wrong,), here + there)


def _count(draw: Draw, depth: float, taken: Known) -> Needle:
    name = _name(draw, taken)
    near = _near(draw, name, taken)
    number = FEWEST + draw.below(MOST - FEWEST + 1)
    years = draw.shuffled(range(1801, 1990))[: number + 2]
    facts: list[Fact] = []
    for index in range(number):
        at = (depth + index / number) % 1
        sentence = f"The {name} was repaired in {years[index]}."
        misses: tuple[str, ...] = ()
        if index == 0:
            misses = (
                f"The {near} was repaired in {years[-1]}.",
                f"The {name} was painted in {years[-2]}.",
            )
        facts += _together(draw, at, sentence, misses)
    question = f"In how many different years was the {name} repaired? Answer with that count alone."
    return Needle("count", question, str(number), (), tuple(facts))


_MAKERS: dict[Kind, Callable[[Draw, float, Known], Needle]] = {
    "number": _number, "phrase": _phrase, "hop": _hop, "count": _count,
}  # fmt: skip


def _together(
    draw: Draw, depth: float, sentence: str, misses: tuple[str, ...] = ()
) -> tuple[Fact, ...]:
    return tuple(Fact(each, depth) for each in draw.shuffled([sentence, *misses]))


def _two(draw: Draw, choices: Sequence[str]) -> tuple[str, str]:
    first = draw.of(choices)
    return first, draw.of([choice for choice in choices if choice != first])


def _name(draw: Draw, taken: Known) -> str:
    return _fresh(lambda: f"{draw.of(COLOURS)} {draw.of(CREATURES)} {draw.of(THINGS)}", taken)


def _near(draw: Draw, name: str, taken: Known) -> str:
    """Return a name that differs from another in its last word."""
    start, _, last = name.rpartition(" ")
    creature = start.split()[1]
    for _ in range(len(THINGS) * 4):
        thing = draw.of(THINGS)
        if thing != last and (creature, thing) not in taken.pairs:
            break
    taken.look(f"{start} {thing}")
    return f"{start} {thing}"


def _words(draw: Draw, taken: Known) -> str:
    return _fresh(lambda: " ".join(draw.shuffled(WORDS)[:3]), taken)


def _fresh(make: Callable[[], str], taken: Known) -> str:
    """Return words of which no two neighbours occurred before."""
    words = make()
    for _ in range(1_000):
        if taken.free_words(words):
            break
        words = make()
    taken.look(words)
    return words


def _value(draw: Draw, taken: Known) -> str:
    low = 10 ** (DIGITS - 1)
    value = str(low + draw.below(9 * low))
    while value in taken.numbers:
        value = str(low + draw.below(9 * low))
    taken.numbers.add(value)
    return value


def fold(text: str) -> str:
    """Return text with case, white space, and punctuation at its ends made alike.

    Groups of three digits are joined: "481,930" is 481930.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    plain = GROUPED.sub("", plain)
    ends = 0, len(plain)
    while ends[0] < ends[1] and not plain[ends[0]].isalnum():
        ends = ends[0] + 1, ends[1]
    while ends[0] < ends[1] and not plain[ends[1] - 1].isalnum():
        ends = ends[0], ends[1] - 1
    return plain[ends[0] : ends[1]]


def is_right(needle: Needle, answer: str, others: Iterable[str] = ()) -> bool:
    """Whether an answer names the needle's value, whole, and no value that is another's.

    A count is right where it is the only number named, in digits or in letters to ten.

    Args:
        others: values of other needles in the same prompt.
    """
    said = fold(answer)
    if needle.kind == "count":
        words = re.findall(r"[a-z]+", said)
        named = {float(n) for n in NUMBER.findall(said)}
        named |= {float(SPELT[word]) for word in words if word in SPELT}
        return named == {float(needle.value)}
    wrong = {*needle.wrong, *others} - {needle.value}
    return _names(said, needle.value) and not any(_names(said, value) for value in wrong)


def _names(said: str, value: str) -> bool:
    """Whether a value stands in what was said, not as a part of a longer word or number."""
    whole = rf"(?<![\w.])(?<!\d,){re.escape(fold(value))}(?!\w|[.,]\d)"
    return re.search(whole, said) is not None


_COMMENTS = {
    "#": "awk bash bazel cmake coffeescript crystal cython dockerfile elixir fish gettext"
    " gitattributes gitconfig gitignore graphql hcl julia just make meson mojo nim nix perl"
    " powershell puppet python r requirements ruby starlark tcl toml yaml jupyter",
    "//": "apex c cpp csharp cuda d dart fsharp glsl go gomod groovy haxe hlsl java javascript"
    " json kotlin less objc objcpp pascal php prisma protobuf pug rust sass scala scss solidity"
    " swift systemverilog thrift tsx typescript vala verilog wgsl zig",
    "--": "ada elm haskell lua sql vhdl",
    "%": "erlang latex matlab postscript prolog bibtex",
    ";": "asm clojure commonlisp elisp ini racket scheme wasm",
    "!": "fortran",
    "'": "visualbasic",
    '"': "vim",
    "REM": "batch",
    "dnl": "m4",
}
COMMENTS = {
    **{name: (sign + " ", "") for sign, names in _COMMENTS.items() for name in names.split()},
    "css": ("/* ", " */"),
    **dict.fromkeys("astro html jinja svelte svg vue xml".split(), ("<!-- ", " -->")),
    **dict.fromkeys(("ocaml", "ocamlinterface"), ("(* ", " *)")),
}
"""How a line of comment begins and ends in the languages that have one; prose has none."""


def dress(sentence: str, language: str, indent: str = "") -> str:
    """Return the sentence as a line of its own that looks like what stands around it.

    Args:
        language: as `Document.language`; in one that knows no comment, such as Markdown or a
            page of a PDF, the sentence stands as it is.
    """
    before, after = COMMENTS.get(language, ("", ""))
    return f"{indent if before else ''}{before}{sentence}{after}\n"
