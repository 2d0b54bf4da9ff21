"""Segments, signatures and links of real-looking files, and of texts that mean harm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longread.ingest import syntax
from longread.ingest.blocks import LINES, SLACK
from longread.ingest.grammars import GRAMMARS
from longread.ingest.languages import detect
from longread.ingest.syntax import ENOUGH, Parsed, parse, parse_many

FIXTURES = Path(__file__).parents[2] / "fixtures" / "syntax"
LANGUAGES = [*GRAMMARS, "cobol", ""]


def read(name: str) -> tuple[str, Parsed]:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    parsed = parse(text, detect(name))
    check(text, parsed)
    assert parsed.reason == ""
    return text, parsed


def outline(name: str) -> list[str]:
    """Each segment as "L1-L6 kind name | signature", its line breaks as "⏎"."""
    text, parsed = read(name)
    lines = []
    for s in parsed.segments:
        shown = text[slice(*s.signature)].replace("\n", "⏎") if s.signature else ""
        lines.append(f"{s.span} {s.kind} {s.name} | {shown}".rstrip(" |").replace("  |", " |"))
    return lines


def check(text: str, parsed: Parsed) -> None:
    """Assert what holds for any text: segments tile it, and spans agree with offsets."""
    at, line = 0, 1
    for s in parsed.segments:
        assert (s.start, s.span.first, s.span.unit) == (at, line, "line")
        piece = text[s.start : s.end]
        count = piece.count("\n") + (not piece.endswith("\n"))
        assert s.span.last - s.span.first + 1 == count
        assert 1 <= count <= LINES + 2 * SLACK
        assert piece.endswith("\n") or s.end == len(text)
        if s.signature:
            start, end = s.signature
            assert s.start <= start < end <= s.end
            assert text[start:end].strip()
        at, line = s.end, s.span.last + 1
    assert at == len(text)
    assert len(set(parsed.links)) == len(parsed.links)


def test_python_shows_functions_classes_and_what_leads_up_to_them() -> None:
    assert outline("client.py") == [
        "L1-L23 block",
        "L24-L33 function parse_url | def parse_url(⏎    url: str,⏎    *,⏎"
        '    default: str = "https",  # what is meant when nothing is said⏎) -> tuple[str, str]:',
        "L34-L39 class Client | class Client(Transport):",
        "L40-L42 method Client.__init__ |     def __init__(self, base: str) -> None:",
        "L43-L47 method Client.closed |     @property⏎    def closed(self) -> bool:",
        "L48-L52 class Client.Options |     class Options:",
        "L53-L55 method Client.Options.merge |"
        "         def merge(self, other: Client.Options) -> Client.Options:",
        "L56-L57 class Client",
        "L58-L67 method Client.send |     async def send(self, body: bytes) -> Iterator[str]:",
        "L68-L69 block",
        "L70-L72 function certificates |     def certificates() -> str:",
        "L73-L74 block",
        "L75-L81 function certificates |     @errors.explained⏎    def certificates() -> str:",
        "L82-L84 function main | def main() -> None:",
        "L85-L86 block",
    ]


def test_javascript_shows_components_arrows_and_assigned_functions() -> None:
    assert outline("cart.jsx") == [
        "L1-L8 block",
        "L9-L20 function CartLine | export default function CartLine({ item, onRemove })",
        "L21-L26 function Cart | export const Cart = ({ items }) =>",
        "L27-L30 function Total | export const Total = React.memo(function Total({ items })",
        "L31-L34 class Basket | class Basket extends legacy.Basket",
        "L35-L39 method Basket.add |   add(item)",
        "L40-L41 method Basket.size |   get size()",
        "L42-L46 method Basket.onChange |   onChange = (event) =>",
        "L47-L50 function Basket.clear | Basket.prototype.clear = function ()",
        "L51-L54 function pages | async function* pages(url)",
        "L55 block",
        "L56-L58 function open | exports.open = async (id) =>",
    ]


def test_typescript_shows_types_overloads_and_namespaces() -> None:
    assert outline("store.ts") == [
        "L1-L3 block",
        "L4-L5 class Key | export type Key = string | number;",
        "L6-L11 class Options | export type Options = {⏎  name: string;⏎"
        "  // größer ist langsamer⏎  size?: number;⏎};",
        "L12-L16 class Reader | export interface Reader<T> {⏎  read(key: Key): Promise<T>;⏎"
        "  close(): void;⏎}",
        'L17-L21 class Mode | export enum Mode {⏎  Read = "r",⏎  Write = "w",⏎}',
        "L22 function open | export function open(path: string): Store;",
        "L23 function open | export function open(path: URL, mode: Mode): Store;",
        "L24-L28 function open |"
        " export function open(path: string | URL, mode: Mode = Mode.Read): Store",
        "L29 class Base | export abstract class Base<T> implements Reader<T>",
        "L30-L31 method Base.read |   abstract read(key: Key): Promise<T>",
        "L32-L34 method Base.close |   close(): void",
        'L35-L38 class Store | @Injectable({ providedIn: "root" })⏎'
        "export class Store extends Base<Row>",
        "L39-L45 method Store.constructor |   constructor(⏎    readonly path: string,⏎"
        "    private mode: Mode,⏎  )",
        "L46-L50 method Store.read |   @Logged()⏎  async read(key: Key): Promise<Row>",
        "L51-L55 method Store.of |   static of = (path: string): Store =>",
        "L56 class Paths | export namespace Paths",
        "L57-L61 function Paths.join |   export function join(...parts: string[]): string",
        'L62 class rows | declare module "rows"',
        "L63-L65 function rows.count |   export function count(): number;",
        "L66-L69 function once | export const once = <T>(make: () => T): (() => T) =>",
    ]


def test_tsx_shows_generic_components() -> None:
    assert outline("Panel.tsx") == [
        "L1-L3 block",
        "L4-L7 class Props | interface Props {⏎  title: string;⏎}",
        "L8-L13 function Panel | export function Panel<T extends Props>({ title }: T): JSX.Element",
        "L14 function Empty | export const Empty: React.FC = () =>",
    ]


def test_c_shows_functions_old_and_new_within_conditions() -> None:
    assert outline("ring.c") == [
        "L1-L10 block",
        "L11-L20 function ring_put | int⏎ring_put(ring_t *ring, unsigned char byte)",
        "L21 block",
        "L22-L26 function ring_dump | static void ring_dump(const ring_t *ring)",
        "L27 block",
        "L28-L30 function ring_dump | #define ring_dump(ring)",
        "L31-L35 function ring_visitor | ring_visit (*ring_visitor(int kind))(void *context)",
        "L36-L40 class cursor | struct cursor {⏎    ring_t *ring;⏎    size_t at;⏎} first_cursor;",
        "L41-L46 function ring_count | size_t ring_count(ring, wrapped)⏎"
        "    const ring_t *ring;⏎    int wrapped;",
    ]


def test_a_header_shows_types_macros_and_prototypes() -> None:
    assert outline("ring.h") == [
        "L1-L7 block",
        "L8-L10 function RING_NEXT | #define RING_NEXT(i)",
        "L11-L14 block",
        "L15-L21 class ring_t | typedef struct ring {⏎    size_t head;⏎    size_t tail;⏎"
        "    unsigned char bytes[RING_SIZE];⏎} ring_t;",
        "L22-L23 block",
        "L24-L28 class ring_error | enum ring_error {⏎    RING_OK,⏎    RING_FULL⏎}",
        "L29-L30 class ring_visit | typedef int (*ring_visit)(unsigned char byte, void *context);",
        "L31-L32 function ring_put | int ring_put(ring_t *ring, unsigned char byte);",
        "L33-L35 function ring_count | extern size_t ring_count(const ring_t *ring,⏎"
        "                         int wrapped);",
        "L36-L40 block",
    ]


def test_markdown_has_a_section_for_each_heading() -> None:
    assert outline("guide.md") == [
        "L1-L6 block",
        "L7-L11 section Using the ring — ein Überblick | # Using the ring — ein Überblick",
        "L12-L18 section Put | ## Put",
        "L19-L23 section Tests | Tests⏎-----",
        "L24-L25 section `ring_count` | ### `ring_count` ###",
        "L26-L28 section | #",
    ]


@pytest.mark.parametrize(
    ("name", "links"),
    [
        (
            "client.py",
            "json os.path collections.abc . .errors ..transport ..transport.open_socket brotli",
        ),
        ("cart.jsx", "react ./price ../legacy/cart"),
        ("store.ts", "./rows @angular/core"),
        ("Panel.tsx", "react ./panel.css"),
        ("ring.h", "stddef.h bytes.h"),
        ("guide.md", "../LICENSE.txt ./ring.h client.py"),
    ],
)
def test_links_are_as_written_and_once(name: str, links: str) -> None:
    assert list(read(name)[1].links) == links.split()


def test_a_long_function_is_cut_at_blank_lines_and_named_in_every_part() -> None:
    steps = "".join(f"    a = {n}\n    b = a\n\n" for n in range(50))
    text = f"class A:\n    def f(self):\n{steps.replace('    ', '        ')}"
    parsed = parse(text, "python")
    check(text, parsed)
    parts = [s for s in parsed.segments if s.name == "A.f"]
    assert [s.kind for s in parts] == ["method"] * 3
    assert [bool(s.signature) for s in parts] == [True, False, False]
    assert all(text[s.start :].startswith("        a = ") for s in parts[1:])


def test_a_signature_stands_in_the_part_that_holds_it() -> None:
    text = "// why\n" * 100 + "function f() {\n  return 1;\n}\n"
    parsed = parse(text, "javascript")
    check(text, parsed)
    assert [s.name for s in parsed.segments] == ["f", "f"]
    assert [bool(s.signature) for s in parsed.segments] == [False, True]


def test_only_what_makes_functions_names_them() -> None:
    text = (
        "const late = debounce(() => go());\n"
        "const ids = rows.map((r) => r.id);\n"
        "const View = React.forwardRef((props, ref) => null);\n"
    )
    segments = parse(text, "javascript").segments
    assert [s.name for s in segments] == ["late", "", "View"]


def test_a_script_wrapped_in_one_call_is_looked_into() -> None:
    body = "".join(f"  function f{n}() {{\n    go();\n  }}\n\n" for n in range(30))
    text = f"(function ($) {{\n  'use strict';\n{body}}})(jQuery);\n"
    names = {s.name for s in parse(text, "javascript").segments}
    assert {f"f{n}" for n in range(30)} <= names


def test_code_that_is_broken_keeps_its_symbols() -> None:
    text = "def f(:\n    pass\n\n\nclass A:\n    def g(self):\n        return (\n\n\n"
    text += "def h():\n    pass\n"
    parsed = parse(text, "python")
    check(text, parsed)
    assert "h" in {s.name.rpartition(".")[2] for s in parsed.segments}


def test_a_brace_left_open_by_a_condition_hides_no_function() -> None:
    opened = "void f(void)\n{\n#ifdef A\n    if (a) {\n#else\n    if (b) {\n#endif\n    }\n}\n\n"
    below = "".join(f"static int *\ng{n}(int a)\n{{\n    return 0;\n}}\n\n" for n in range(20))
    parsed = parse(opened + below, "c")
    check(opened + below, parsed)
    assert {f"g{n}" for n in range(1, 20)} <= {s.name for s in parsed.segments}


def test_a_class_on_one_line_is_one_segment() -> None:
    text = "// small\nclass A { f() {} g() {} }\nclass B { h() {} } function i() {}\n"
    parsed = parse(text, "javascript")
    check(text, parsed)
    assert [(s.kind, s.name) for s in parsed.segments] == [("class", "A"), ("class", "B")]
    assert parsed.segments[0].signature


def test_a_text_without_a_grammar_is_cut_into_blocks() -> None:
    text = "fn a() {\n    b();\n}\n\n" * 100
    parsed = parse(text, "cobol")
    check(text, parsed)
    assert {s.kind for s in parsed.segments} == {"block"}
    assert all(text[s.start :].startswith("fn a") for s in parsed.segments)


def test_an_empty_text_has_no_segments() -> None:
    assert all(parse("", language) == Parsed((), (), "") for language in LANGUAGES)


def test_only_a_newline_ends_a_line() -> None:
    text = "a = 1\x0b\u2028\x85\r b\fc\n\x1c\ndef f(): pass"
    for language in LANGUAGES:
        parsed = parse(text, language)
        check(text, parsed)
        assert parsed.segments[-1].span.last == 3


TOKENS = (
    "class A: { } ( ) [ ] ; def f function async => = ~export default const let if else: #if #endif"
    ' #define #include "x.h" struct typedef enum extern "C" // /* */ # ## ``` ~~~ --- === > - * +'
    ' namespace interface @a import from require(\'a\') """ \' " ` ${ <a> </a> é 漢'
    " 😀 \u2028 \x00 \\ int x return static void f(void) : ,"
).split(" ")
SOUP = st.lists(
    st.sampled_from([*TOKENS, "\n", "\n", "\n    ", "\n\t", "\n\n", " ", " "]), max_size=150
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.one_of(SOUP, st.text(max_size=300), st.text("a\n {}#/", max_size=400)))
def test_any_text_is_tiled_in_every_language(text: str) -> None:
    for language in LANGUAGES:
        parsed = parse(text, language)
        check(text, parsed)
        assert parsed == parse(text, language)


@settings(max_examples=20, deadline=None)
@given(st.lists(SOUP, max_size=40).map("\n".join))
def test_long_texts_are_tiled_too(text: str) -> None:
    for language in LANGUAGES:
        check(text, parse(text, language))


CLOSE = str.maketrans("([{>", ")]}<")


def wrapped(text: str) -> str:
    return "\n".join(text[at : at + 200] for at in range(0, len(text), 200))


@pytest.mark.parametrize("language", GRAMMARS)
@pytest.mark.parametrize("opening", ["([", "{", ">"])
def test_two_hundred_thousand_brackets_do_no_harm(
    opening: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "NUMBERS", 0)
    opened = opening * (200_000 // len(opening))
    text = wrapped(opened + opened[::-1].translate(CLOSE))
    check(text, parse(text, language))


@pytest.mark.parametrize("language", GRAMMARS)
def test_a_single_line_of_five_megabytes_is_one_segment(language: str) -> None:
    text = "x = 1; " * 700_000
    parsed = parse(text, language)
    check(text, parsed)
    assert len(parsed.segments) == 1
    assert parsed.reason == "lines too long to parse"


def test_a_table_of_numbers_is_not_parsed_and_code_full_of_them_is() -> None:
    rows = "".join(f"    0x{n:04x}, {n}, -{n}.5e3,\n" for n in range(4_000))
    table = parse(f"static const unsigned table[] = {{\n{rows}}};\n", "c")
    assert table.reason == "a table of numbers"
    assert table.segments[0].signature
    calls = "".join(f"    put({n}, 0x{n:x}, get({n}));\n" for n in range(4_000))
    code = parse(f"int fill(void)\n{{\n{calls}}}\n", "c")
    assert (code.reason, code.segments[0].name) == ("", "fill")


def test_a_text_too_large_says_so() -> None:
    text = "x = 1\n" * (syntax.LARGEST // 6 + 1)
    parsed = parse(text, "python")
    assert parsed.reason == "too large to parse"
    assert parsed.segments[-1].end == len(text)


def test_a_parse_stops_after_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "STEPS", (10, 10_000, 100))
    text = "def f(a):\n    return [a, a, a, a]\n\n\n" * 200
    parsed = parse(text, "python")
    check(text, parsed)
    assert parsed.reason == "deadline"
    assert {s.kind for s in parsed.segments} == {"block"}


HANGS = "\\\n" * 100_000
"""Python's scanner runs over it once for each line, and asks nobody whether to stop."""


def test_a_scanner_that_never_asks_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "NUMBERS", 0)
    monkeypatch.setattr(syntax, "DEADLINE", 0.3)
    before = time.thread_time()
    parsed = parse(HANGS, "python")
    assert time.thread_time() - before < 2
    assert parsed.reason == "deadline"
    check(HANGS, parsed)


def everything() -> list[tuple[str, str, str]]:
    """Every fixture many times over, a few texts without a grammar, and an empty one."""
    items = [("empty", "", "python"), ("blocks", "a\n" * 500, "text")]
    for path in sorted(FIXTURES.iterdir()):
        text = path.read_text(encoding="utf-8")
        items += [(f"{path.name}{n}", f"{text}\n" * n, detect(path.name)) for n in range(1, 20, 3)]
    return items


def test_many_at_once_give_what_each_gives_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "ENOUGH", 1000)
    monkeypatch.setattr(syntax, "BATCH", 20_000)
    items = everything()
    results = dict(parse_many(iter(items), workers=2))
    assert results == {key: parse(text, language) for key, text, language in items}


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "_share", None)
    items = everything()[:10]
    assert [key for key, _ in parse_many(items)] == [
        key for key, _, language in items if language not in GRAMMARS
    ] + [key for key, _, language in items if language in GRAMMARS]


def test_a_file_that_hangs_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "ENOUGH", 10)
    monkeypatch.setattr(syntax, "DEADLINE", 0.4)
    hangs = "# no table of numbers\n" * 20_000 + "\\\n" * 400_000
    good = "def f():\n    pass\n"
    items = [("before", good, "python"), ("hangs", hangs, "python"), ("after", good, "python")]
    results = dict(parse_many(items, workers=1))
    check(hangs, results["hangs"])
    assert results["hangs"].reason == "deadline"
    assert results["before"] == results["after"] == parse(good, "python")


def test_a_file_that_takes_all_memory_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "ENOUGH", 10)
    monkeypatch.setattr(syntax, "MEMORY", 100 << 20)
    eats = "// no table of numbers\n" * 30_000 + wrapped(";" * 1_000_000)
    good = "int f(void) { return 0; }\n"
    items = [("before", good, "c"), ("eats", eats, "javascript"), ("after", good, "c")]
    results = dict(parse_many(items, workers=1))
    check(eats, results["eats"])
    assert results["eats"].reason in ("too large to parse", "parser died")
    assert results["before"] == results["after"] == parse(good, "c")


def test_leaving_early_ends_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "ENOUGH", 1000)
    before = set(psutil.Process().children())
    results = parse_many(iter(everything()), workers=2)
    for _ in range(10):
        next(results)
    results.close()  # type: ignore[attr-defined]
    assert set(psutil.Process().children()) <= before


def test_work_is_taken_only_as_workers_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "ENOUGH", 1000)
    monkeypatch.setattr(syntax, "BATCH", 10_000)
    text = (FIXTURES / "client.py").read_text(encoding="utf-8")
    taken = 0

    def supply() -> Iterator[tuple[str, str, str]]:
        nonlocal taken
        for n in range(500):
            taken += 1
            yield str(n), text, "python"

    results = parse_many(supply(), workers=1)
    next(results)
    assert taken < 50
    assert len(list(results)) == 499


def test_docs_are_the_comments_above_a_definition_or_the_string_in_it() -> None:
    def docs(name: str) -> list[str]:
        text, parsed = read(name)
        return [f"{s.name}: {text[slice(*s.doc)]}" for s in parsed.segments if s.doc]

    assert docs("client.py") == [
        ': """A small HTTP client — naïve on purpose, with “quotes” that are not ASCII."""',
        'parse_url: """Return scheme and rest."""',
        'Client: """Sends requests, one after another."""',
        'Client.Options: """What may be set."""',
        'Client.send: """Send `body` — and yield the lines of the answer."""',
    ]
    assert docs("cart.jsx") == [
        "CartLine: /**\n * One line of the cart.\n */",
        "Basket.add: /** Adds one. */",
    ]
    assert docs("ring.h") == [
        "ring_t: /* A ring of bytes; größe is fixed. */",
        "ring_put: /* Returns RING_FULL when there is no room. */",
    ]


def test_the_words_of_code_are_those_that_can_be_names() -> None:
    text = "def größe(a, beta):\n    return beta + self.ab1 + 'don\u2019t' + 100 + x_y\n"
    words = parse(text, "python").words
    assert words is not None
    assert list(words) == sorted(words)
    known = {"def", "größe", "beta", "return", "self", "ab1", "x_y", "don\u2019t"}
    assert set(words) == {crc32(word.encode()) for word in known}
    assert parse("plain words in a text\n", "").words is None
    long = text * (ENOUGH // len(text) // 2 + 1)
    results = dict(parse_many([(str(n), long, "python") for n in range(3)]))
    assert all(parsed.words == words for parsed in results.values())
