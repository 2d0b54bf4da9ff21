"""What stands for data, pages and builds: keys, headings, rules, targets; and for unknown texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.ingest.blocks import HEAD, LINES, SLACK, TAIL, WIDE
from longread.ingest.languages import detect
from longread.ingest.syntax import Parsed, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "syntax"

OUTLINES = {
    "page.html": r"""
L1-L4 block
L5 section Räder & Größen
  |   <title>Räder &amp; Größen</title>
L6-L7 block
L8-L11 section style
  |   <style>
L12-L13 block
L14 section Räder für alle
  | <h1>Räder <em>für</em> alle</h1>
L15-L20 section nav
  |   <nav>
L21-L23 section main
  |   <main>
L24 section section#prices
  |     <section id="prices" class="wide">
L25-L26 section Preise
  |       <h2>Preise</h2>
L27-L30 section table#sizes
  |       <table id=sizes>
L31-L33 section Preise
L34-L38 section Anfahrt mit dem Rad
  |     <H2>Anfahrt
  |       <small>mit dem Rad</small></H2>
L39-L41 section
  |     <h3></h3>
L42-L45 section script
  |   <script type="module">
L46-L50 section template#row
  |   <template id="row">
> css/site.css js/app.js about.html ../img/map.png
""",
    "site.css": r"""
L1-L5 block
L6-L11 section :root
  | :root
  = /* Farben und Größen. */
L12-L13 section body
  | body
L14-L22 section .button, a.button:hover > .icon[data-x="y"]
  | .button,
  | a.button:hover > .icon[data-x="y"]
  = /* Buttons, and links
  =    that look like them. */
L23 section @media (min-width: 40em) and (max-width: 60em)
  | @media (min-width: 40em) and (max-width: 60em)
L24-L26 section .button
  |   .button
  = /* wider */
L27-L32 section #main::after, p:not(.small)
  |   #main::after,
  |   p:not(.small)
L33 section @supports (display: grid)
  | @supports (display: grid)
L34 section @media print
  |   @media print
L35-L38 section .grid
  |     .grid
L39-L43 section @font-face
  | @font-face
L44-L48 section @keyframes spin
  | @keyframes spin
L49 section @layer page
  | @layer page
L50-L52 section html
  |   html
L53 section @page :first
  | @page :first
> base.css theme/dark.css
""",
    "package.json": r"""
L1 block
L2 section name
  |   "name": "größe",
L3 section version
  |   "version": "1.2.0",
L4 section private
  |   "private": true,
L5 section main
  |   "main": "./lib/index.js",
L6 section files
  |   "files": ["lib", "types/*.d.ts"],
L7-L10 section scripts
  |   "scripts": {
L11 section a key: with \"marks\"
  |   "a key: with \"marks\"": null,
L12-L17 section config
  |   "config": {
L18 section empty
  |   "empty": {},
L19-L22 section exports
  |   "exports": {
L23-L25 section dependencies
  |   "dependencies": {
L26 section long
  |   "long": {
L27-L33 section long.first
  |     "first": {
L34-L55 section long.second
  |     "second": [
L56-L86 section long.third
  |     "third": {
L87-L89 section long.fourth
  |     "fourth": "bits: 0110"
> ./lib/index.js ./test/run.js ./lib/index.mjs
""",
    "ci.yml": r"""
L1-L2 section name
  | name: CI
L3-L4 section on
  | on: [push, pull_request]
L5-L9 section concurrency
  | concurrency:
L10-L13 section env
  | env: &env
L14 section jobs
  | jobs:
L15-L23 section jobs.lint
  |   lint:
L24-L77 section jobs.test
  |   test:
L78 section flow
  | flow: {a: 1, b: [2, 3]}
L79-L80 section complex key
  | ? complex key
> ./cache/größe ./tools/upload.sh
""",
    "deploy.yaml": r"""
L1-L14 section Deployment/web
  | apiVersion: apps/v1
  | kind: Deployment
L15-L21 section Service/web
  | apiVersion: v1
  | kind: Service
L22-L28 section Role/reader
  | kind: Role
>
""",
    "tool.toml": r"""
L1-L2 section title
  | title = "größe"
L3 section owner.name
  | owner.name = "Anna"
L4-L8 section systems
  | systems = [
L9-L16 section project
  | [project]
L17-L19 section project.scripts
  | [project.scripts]
L20-L25 section tool.check."strict mode"
  | [tool.check."strict mode"]
L26-L28 section bin
  | [[bin]]
L29-L32 section bin.parts
  |   [[bin.parts]]
L33-L35 section bin
  | [[bin]]
L36-L37 section tool.long
  | [tool.long]
L38-L69 section tool.long.first
  | first = [
L70-L102 section tool.long.second
  | second = [
L103-L104 section tool.long.third
  | third = 3
L105-L168 section tool.sizes
  | [tool.sizes]
> ../base.toml
""",
    "pom.xml": r"""
L1-L5 block
L6-L7 section project
  | <project xmlns="http://maven.apache.org/POM/4.0.0"
  |          xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
L8 section modelVersion
  |   <modelVersion>4.0.0</modelVersion>
L9-L13 section parent
  |   <parent>
L14-L19 section dependencies
  |   <dependencies>
L20 section target#build
  |   <target name="build" depends="init"><echo/></target>
L21 section import
  |   <import file="common/rules.xml"/>
L22 section xi:include
  |   <xi:include href="http://example.org/a.xml"/>
L23 section text
  |   <text><![CDATA[ <not a="tag"> ]]></text>
L24 section profiles
  |   <profiles>
L25-L56 section profiles.profile#first
  |     <profile id="first">
L57-L91 section profiles.profile#second
  |     <profile id="second">
> common/rules.xml
""",
    "main.tf": r"""
L1-L9 section terraform
  | terraform
  = # Was in der Wolke steht — Größe egal.
L10-L16 section variable.region
  | variable "region" {
  |   type        = string
  |   description = "größer ist weiter weg"
  |   default     = "eu-central-1"
  | }
  = /* Where it stands. */
L17-L18 section locals
  | locals { tags = { app = "web" } }
L19-L32 section resource.aws_s3_bucket.logs
  | resource "aws_s3_bucket" "logs"
  = // The logs.
L33-L36 section data.aws_ami.newest
  | data "aws_ami" "newest"
L37-L41 section module.net
  | module "net"
L42-L45 section module.far
  | module "far"
L46-L47 section output.address
  | output address { value = module.net.address }
L48 section dynamic_setting
  | dynamic_setting = 1
> ./modules/net
""",
    "Makefile": r"""
L1-L10 block
L11-L13 function all
  | all: build test
  = ## Everything there is.
L14-L17 function build/%.o
  | build/%.o: %.c | build
L18-L23 function test
  | test: build
  = # Runs what is in test/,
  = # one after another.
L24-L26 function build
  | build:
L27 block
L28-L29 function clean
  | clean:
L30 block
L31 function clean
  | clean:
L32-L33 block
L34-L37 function compile
  | define compile
L38-L40 function install uninstall
  | install uninstall:: all
L41-L43 function $(PROGRAM)
  | $(PROGRAM): $(SOURCES)
L44-L45 block
> config.mk local.mk
""",
}
"""Each segment, its signature behind "|", its documentation behind "=", and last the links."""

OPEN = {
    "page.html": {"main"},
    "site.css": {"@media (min-width: 40em) and (max-width: 60em)"},
    "pom.xml": {"project", "profiles"},
}
"""What the break leaves open, and no name in it says so."""


def check(text: str, parsed: Parsed) -> None:
    """Assert what holds for any text: segments tile it, and spans agree with offsets."""
    at, line = 0, 1
    for s in parsed.segments:
        piece = text[s.start : s.end]
        count = piece.count("\n") + (not piece.endswith("\n"))
        assert (s.start, s.span.first, s.span.last) == (at, line, line + count - 1)
        assert 1 <= count <= LINES + 2 * SLACK
        for part in (s.signature, s.doc):
            if part:
                assert s.start <= part[0] < part[1] <= s.end
                assert text[slice(*part)].strip()
        at, line = s.end, s.span.last + 1
    assert at == len(text)


def outline(text: str, language: str) -> str:
    parsed = parse(text, language)
    check(text, parsed)
    assert parsed.reason == ""
    lines = []
    for s in parsed.segments:
        lines.append(f"{s.span} {s.kind} {s.name}".rstrip())
        for mark, part in (("|", s.signature), ("=", s.doc)):
            if part:
                shown = text[slice(*part)].split("\n")
                lines += [f"  {mark} {line}".rstrip() for line in shown]
    return "\n".join([*lines, " ".join([">", *parsed.links])])


def names(text: str, language: str) -> list[str]:
    return [s.name for s in parse(text, language).segments]


@pytest.mark.parametrize("name", OUTLINES)
def test_every_symbol_is_where_the_file_has_it(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    assert outline(text, detect(name)) == OUTLINES[name].strip("\n")


@pytest.mark.parametrize("name", OUTLINES)
def test_a_file_that_breaks_off_keeps_what_stands_before(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    cut = len(text) // 2 + 7
    broken = parse(text[:cut], detect(name))
    check(text[:cut], broken)
    whole = parse(text, detect(name)).segments
    after = {s.name for s in whole if s.end >= cut}
    before = {s.name for s in whole if s.end < cut and s.name}
    # What the break leaves open cannot be known, nor that it holds what stands in it.
    before -= OPEN.get(name, set())
    closed = [n for n in before if not any(a == n or a.startswith(f"{n}.") for a in after)]
    found = [s.name for s in broken.segments if s.name]
    assert found
    for symbol in closed:
        assert any(symbol.endswith(f) or symbol.startswith(f"{f}.") for f in found), symbol


def test_items_of_a_long_list_are_known_by_their_names() -> None:
    step = "  - name: Schritt {n} — größer\n    run: |\n      a\n      # b\n\n"
    text = "tasks:\n" + "".join(step.format(n=n) for n in range(20))
    found = [f"{s.span} {s.name}" for s in parse(text, "yaml").segments]
    assert found[:3] == [
        "L1 tasks",
        "L2-L6 tasks.Schritt 0 — größer",
        "L7-L11 tasks.Schritt 1 — größer",
    ]
    assert len(found) == 21


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", "{\n" + ",\n".join(f'  "k{n}": {n}' for n in range(500)) + "\n}\n"),
        ("yaml", "".join(f"k{n}: {n}\n" for n in range(500))),
        ("toml", "[t]\n" + "".join(f"k{n} = {n}\n" for n in range(500))),
        ("xml", "<a>\n" + "".join(f"<k{n}/>\n" for n in range(500)) + "</a>\n"),
    ],
)
def test_a_table_of_data_is_not_listed_key_by_key(language: str, text: str) -> None:
    parsed = parse(text, language)
    check(text, parsed)
    assert len(parsed.segments) < 12
    assert any(s.signature for s in parsed.segments)


def test_a_signature_of_data_is_one_line_and_not_a_long_one() -> None:
    text = '{\n  "a": "' + "ö" * 300 + '",\n  "b": 1\n}\n'
    first = parse(text, "json").segments[1]
    assert first.signature
    assert text[slice(*first.signature)].startswith('  "a": "ö')
    assert first.signature[1] - first.signature[0] <= WIDE


def test_a_heading_lasts_to_the_next_or_to_the_end_of_what_holds_it() -> None:
    text = (
        "<body>\n<div id='a'>\n<h1>One</h1>\n<p>x</p>\n</div>\n<p>y</p>\n"
        "<h2>Two</h2>\n<p>z</p>\n<h2>Three</h2>\n</body>\n"
    )
    spans = [f"{s.span} {s.name}".rstrip() for s in parse(text, "html").segments]
    assert spans == ["L1", "L2 div#a", "L3-L5 One", "L6", "L7-L8 Two", "L9-L10 Three"]


def test_links_of_data_are_files_near_by() -> None:
    text = '{"a": "./x/y.json", "b": "../z", "c": "./*.js", "d": "http://e/../f", "g": ".."}\n'
    assert parse(text, "json").links == ("./x/y.json", "../z")
    page = (
        '<a href="http://a/b">x</a><img src=c.png><a href="#d">y</a><a HREF=\'e/f.html?g\'>z</a>\n'
    )
    assert parse(page, "html").links == ("c.png", "e/f.html")


def edges(text: str) -> list[tuple[str, str]]:
    parsed = parse(text, "text")
    check(text, parsed)
    return [
        (str(s.span), text[slice(*s.signature)] if s.signature else "") for s in parsed.segments
    ]


def test_first_and_last_lines_stand_for_a_text_without_a_grammar() -> None:
    text = "\n" + "".join(f"line {n}\n" for n in range(200)) + "\n"
    found = edges(text)
    assert found[0][1] == "\n".join(f"line {n}" for n in range(HEAD))
    assert found[-1][1] == "\n".join(f"line {n}" for n in range(200 - TAIL, 200))
    assert [shown for _, shown in found[1:-1]] == [""] * (len(found) - 2)


def test_a_text_of_one_segment_is_parted_for_its_last_lines() -> None:
    assert edges("".join(f"line {n}\n" for n in range(30))) == [
        ("L1-L27", "line 0\nline 1\nline 2\nline 3\nline 4"),
        ("L28-L30", "line 27\nline 28\nline 29"),
    ]
    assert edges("a\nb\n") == [("L1-L2", "a\nb")]


def test_long_lines_are_cut_and_blank_ones_stand_for_nothing() -> None:
    long = "x" * 1000
    found = edges(f"{long}\n" * 40)
    assert [shown for _, shown in found] == ["x" * WIDE, "x" * WIDE]
    assert edges("\n \n\n" * 20)[0][1] == ""
    assert edges(" " * 1_000_000)[0][1] == ""


def test_what_is_refused_or_names_nothing_is_known_by_its_edges_too() -> None:
    wide = "x = 1; " * 700_000
    refused = parse(wide, "python")
    assert refused.reason == "lines too long to parse"
    assert refused.segments[0].signature == (0, WIDE)
    script = "".join(f"print({n})\n" for n in range(100))
    assert [bool(s.signature) for s in parse(script, "python").segments] == [True, True]
    assert [bool(s.signature) for s in parse("[\n" + "1,\n" * 99 + "1]\n", "json").segments] == [
        True,
        True,
    ]
