"""Syntax tree → where definitions stand, what they are called, what a file links to.

It goes through a tree once, down only where definitions can be, and without recursion. It
neither parses nor cuts text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from longread.ingest.blocks import LINES, Lines, Mark
from longread.ingest.grammars import GRAMMARS, load
from longread.ingest.grammars.c import cpp_name
from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    SHORT,
    TYPE,
    Definition,
    Reader,
    Role,
    Sense,
    child,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

VISITS = 4_000_000
"""Nodes that are looked at: more than any file holds that a person wrote."""
NAME = 120
"""Characters of a name."""
LINE = 200
"""Bytes of a line that stands for what begins with it."""
LINKS = 1_000
"""Links of a text that are found by its words alone."""
HEAD = 2_000
"""Bytes of a statement in which `require` is looked for."""

COMMENT = re.compile(rb"#|//|/\*|--")
CLOSED = re.compile(r"\s+#+$")
"""What may close a heading of Markdown."""
MAKER = re.compile(r"(?:[A-Z_]\w*\.)?\w+$")
REQUIRED = re.compile(rb"""\b(?:require|import)\s*\(\s*(["'])([^"'\n]+)\1\s*\)""")
MARKDOWN_LINK = re.compile(
    r"(?<!!)\[[^\]\n]*\]\([ \t]*<?([^\s()<>]+)[^()\n]*\)"
    r"|^ {0,3}\[[^\]\n]+\]:[ \t]*<?([^\s<>]+)",
    re.MULTILINE,
)


DECLARED = words(
    "identifier type_identifier field_identifier destructor_name operator_name operator_cast"
    " qualified_identifier template_function"
)
"""What names something within the declarators of C and C++."""
VARIABLES = words("declaration field_declaration")


class TooManyError(Exception):
    """More nodes than are looked at."""


class Action(NamedTuple):
    """What to do at one type of node."""

    definition: Definition | None = None
    down: bool = False
    down_if_long: bool = False
    wraps: bool = False
    leads: bool = False
    function: bool = False
    """An expression that defines something where it is exported without a name."""
    link: str = ""
    """Field that says what is linked to."""
    reader: Reader | None = None


class Lead(NamedTuple):
    """Comments and decorators that belong to what follows."""

    first: int
    last: int
    decorator: int
    """Byte at which the first decorator starts; -1 where there is none."""
    doc: tuple[int, int] | None
    """Bytes of its comments, from the first to the last."""


class Found(NamedTuple):
    """What a node defines."""

    definition: Definition
    name: str
    holder: Node
    """The node that has the body: for an assigned function, the function."""
    body: Node | None
    head: Node | None = None
    doc: Node | None = None
    same: str = ""
    first: Node | None = None
    last: Node | None = None


class Scope(NamedTuple):
    """Where the walk stands."""

    prefix: str = ""
    member: str = "function"
    """What a function is called here."""
    outer: Node | None = None
    """`export` or decorators around the next definition."""


@cache
def _actions(language: str) -> Mapping[int, Action]:
    grammar = GRAMMARS[language]
    loaded = load(grammar.wheel)
    types = {
        *grammar.definitions, *grammar.looked_into, *grammar.looked_into_if_long,
        *grammar.wrappers, *grammar.leading, *grammar.imports, *grammar.functions,
        *grammar.readers, "ERROR",
    }  # fmt: skip
    actions = {}
    for name in types:
        number = loaded.id_for_node_kind(name, True)
        if number is None:
            raise KeyError(f"{grammar.wheel} has no node {name}")
        actions[number] = Action(
            grammar.definitions.get(name),
            name in grammar.looked_into or name == "ERROR",
            name in grammar.looked_into_if_long,
            name in grammar.wrappers,
            name in grammar.leading,
            name in grammar.functions,
            grammar.imports.get(name, ""),
            grammar.readers.get(name),
        )
    return actions


def find(
    tree: Tree, data: bytes, lines: Lines, language: str
) -> tuple[list[Mark], list[str], tuple[int, int] | None]:
    """Return what a tree defines, in order, what it links to, as written, and what documents it.

    The last are character offsets.

    Raises:
        TooManyError: it would take too long.
    """
    walk = Walk(data, lines, language)
    walk.run(tree)
    _stretch(walk.marks, walk.lasting, len(lines))
    if linked := GRAMMARS[language].linked:
        walk.links += _named(linked, data, GRAMMARS[language].separator)
    return walk.marks, walk.links, walk.doc or walk.documented(tree.root_node)


def _stretch(marks: list[Mark], lasting: set[int], end: int) -> None:
    """Let headings last until the next, or to the end of what holds them."""
    ends = [end]
    held = {}
    for at, mark in enumerate(marks):
        while ends[-1] <= mark.first and len(ends) > 1:
            ends.pop()
        if at in lasting:
            held[at] = ends[-1]
        else:
            ends.append(min(mark.last, ends[-1]))
    following = end
    for at in sorted(lasting, reverse=True):
        marks[at] = marks[at]._replace(last=max(marks[at].last, min(following, held[at])))
        following = marks[at].first


def _named(linked: re.Pattern[bytes], data: bytes, separator: str) -> list[str]:
    """Return the files that a text names, each once."""
    links = dict.fromkeys(
        found[linked.groups].decode("utf-8", "replace").replace(separator, "/")
        for found in linked.finditer(data)
    )
    return [link for link in links if ":" not in link and not link.startswith("//")][:LINKS]


def relative_links(text: str) -> list[str]:
    """Return the files a Markdown text links to, as written, but without anchors."""
    links = []
    for found in MARKDOWN_LINK.finditer(text):
        link = re.split("[?#]", found[1] or found[2], maxsplit=1)[0]
        if link and ":" not in link and not link.startswith("//"):
            links.append(link)
    return links


class Walk:
    """One way through one tree."""

    def __init__(self, data: bytes, lines: Lines, language: str) -> None:
        self.marks: list[Mark] = []
        self.links: list[str] = []
        self.doc: tuple[int, int] | None = None
        """Character offsets of what documents the text as a whole."""
        self.lasting: set[int] = set()
        """Marks that last until the next such one."""
        self.depth = 0
        self._data = data
        self._lines = lines
        self._language = language
        grammar = GRAMMARS[language]
        self._functions = grammar.functions
        self._types = grammar.readers
        self._decorators = grammar.decorators
        self._comments = grammar.leading - grammar.decorators
        self._inside = grammar.documented == "inside"
        self._above = grammar.documented == "above"
        self._comment = grammar.comment
        self._same = ""
        """What the last definition may be continued by."""
        self._said = -1
        """First row of the last definition that is documented from within."""
        self._plain = len(data) == lines.starts[-1]
        """Whether each character is one byte."""

    def run(self, tree: Tree) -> None:
        """Go through the tree."""
        actions = _actions(self._language)
        cursor = tree.walk()
        if not cursor.goto_first_child():
            return
        scope, lead = Scope(), None
        above: list[Scope] = []
        for _ in range(VISITS):
            node = cursor.node
            assert node
            action = actions.get(node.kind_id)
            if action is None:
                if node.is_named and not scope.outer:
                    lead = None
            elif action.leads and not action.reader:
                if not scope.outer:
                    lead = self._lead(node, lead, self._role(node), scope)
            elif isinstance(sense := action.reader(node, self) if action.reader else None, str):
                lead = self._lead(node, lead, sense, scope)
            else:
                inner = self._enter(node, action, scope, lead, sense)
                if not action.wraps and not (inner and inner.prefix == scope.prefix):
                    lead = None
                if inner and cursor.goto_first_child():
                    above.append(scope)
                    self.depth = len(above)
                    scope = inner
                    continue
            while not cursor.goto_next_sibling():
                if not above or not cursor.goto_parent():
                    return
                left, scope = scope, above.pop()
                self.depth = len(above)
                if left.prefix != scope.prefix:
                    lead = None
        raise TooManyError

    def _trails(self, node: Node, role: Role) -> bool:
        """Add to the definition above what stands right below it; whether there is one."""
        first, last = node.start_point[0], _last_row(node)
        if not self.marks or not first <= self.marks[-1].last <= first + 1:
            return False
        mark = self.marks[-1]
        if role == "beside":
            below = self._lines.lines[last + 1 : last + 2]
            if mark.doc or (below and not self._lines.closes(last + 1)):
                return False
            doc = self._offset(node.start_byte, first), self._at(node.end_byte, first)
            mark = mark._replace(doc=doc)
        self.marks[-1] = mark._replace(last=last + 1)
        return True

    def _role(self, node: Node) -> Role:
        return "decorator" if node.type in self._decorators else "doc"

    def _lead(self, node: Node, lead: Lead | None, role: Role, scope: Scope) -> Lead | None:
        """Return what leads up to the next definition, with a comment or decorator more."""
        first, column = node.start_point
        if role in ("beside", "tail") and self._trails(node, role):
            return None
        if role == "tail":
            return lead
        if role == "within":
            self._document(node, scope)
            return None
        if role == "file":
            if lead and lead.doc and lead.last + 1 >= first:
                self.doc = self._offset(lead.doc[0], lead.first), self._at(lead.doc[1], lead.first)
            return None
        if self._data[node.start_byte - column : node.start_byte].strip():
            return None  # a comment on what stands before it
        if not lead or first > lead.last + 1:
            lead = Lead(first, first, -1, None)
        decorator, doc = lead.decorator, lead.doc
        if role in ("doc", "beside"):
            doc = (doc or (node.start_byte,))[0], self._end(node)
        elif role == "decorator" and decorator < 0:
            decorator = node.start_byte
        return Lead(lead.first, _last_row(node), decorator, doc)

    def _document(self, node: Node, scope: Scope) -> None:
        """Take a comment for documentation of what it stands in."""
        row = node.start_point[0]
        start, end = self._offset(node.start_byte, row), self._at(self._end(node), row)
        if not scope.prefix:
            self.doc = self.doc[0] if self.doc else start, end
        elif self.marks and self.marks[-1].name + "." == scope.prefix:
            mark = self.marks[-1]
            if not mark.doc or self._said == mark.first:
                start = mark.doc[0] if mark.doc else start
                self.marks[-1] = mark._replace(doc=(start, end))
                self._said = mark.first

    def _end(self, node: Node) -> int:
        """Return where a comment ends: in some grammars its line break is part of it."""
        return node.start_byte + len(self._data[node.start_byte : node.end_byte].rstrip())

    def _enter(
        self, node: Node, action: Action, scope: Scope, lead: Lead | None, sense: Sense | None
    ) -> Scope | None:
        """Take note of a node; return the scope within it where it is to be looked into."""
        if action.link:
            self._link(node, action.link)
        found = None
        if sense:
            self.links += sense.links
            if sense.definition:
                same = scope.prefix + sense.same if sense.same else ""
                parts = sense.body, sense.head, sense.doc, same, sense.first, sense.last
                found = Found(sense.definition, sense.name, node, *parts)
        elif action.definition:
            found = self._define(node, action.definition)
        if found:
            name = (scope.prefix + found.name)[:NAME]
            definition = found.definition
            self._mark(node, found._replace(name=name), scope, lead)
            if sense and sense.into is not None:
                return Scope(scope.prefix, scope.member) if sense.into else None
            if (members := definition.members) and not self._is_whole(node, definition, scope):
                return Scope(name + "." if definition.qualifies else scope.prefix, members)
            broken = action.down_if_long and node.has_error and _is_long(node)
            return Scope(scope.prefix, scope.member) if broken else None
        if sense and sense.into is False:
            return None
        if action.wraps:
            return Scope(scope.prefix, scope.member, scope.outer or node)
        if action.function and scope.outer:
            definition = CLASS if node.type == "class" else FUNCTION
            name = scope.prefix + (self._text(node, "name") or "default")
            body = child(node, "body")
            self._mark(node, Found(definition, name[:NAME], node, body), scope, lead)
            return Scope(name + ".", definition.members) if definition.members else None
        if action.down or (action.down_if_long and _is_long(node)):
            return Scope(scope.prefix, scope.member)
        return None

    def _define(self, node: Node, definition: Definition) -> Found | None:
        """Return what a node defines, if it does."""
        if definition.named == "declarator":
            return self._declared(node, definition)
        if definition.named == "assigned":
            return self._assigned(node, definition)
        body = child(node, definition.body)
        name = self._text(node, definition.name)
        if definition.kind == "section":
            return Found(definition, CLOSED.sub("", name), node, None)
        if not name or (definition.shown == "short" and not body):
            return None
        return Found(definition, name, node, body)

    def _assigned(self, node: Node, definition: Definition) -> Found | None:
        """Return what `const f = () => …`, `exports.f = function …` and the like define."""
        statement = self._data[node.start_byte : min(node.end_byte, node.start_byte + HEAD)]
        self.links += [m[2].decode("utf-8", "replace") for m in REQUIRED.finditer(statement)]
        value = node.child_by_field_name("value")
        target = node if value else _first(node)
        if not target:
            return None
        if not value:
            value = target.child_by_field_name("value") or target.child_by_field_name("right")
        if value and value.type == "call_expression":
            # React.memo(function …) makes a function; rows.map(function …) does not.
            if not MAKER.match(self._text(value, "function")):
                return None
            arguments = value.child_by_field_name("arguments")
            value = _first(arguments) if arguments else None
        if not value or value.type not in self._functions:
            return None
        for field in ("name", "property", "key", "left"):
            if name := self._text(target, field):
                name = name.removeprefix("module.").removeprefix("exports.")
                name = name.replace(".prototype.", ".")
                return Found(definition, name, value, value.child_by_field_name("body"))
        return None

    def _declared(self, node: Node, definition: Definition) -> Found | None:
        """Return what a declaration in C defines."""
        kind = node.child_by_field_name("type")
        body = child(node, definition.body)
        types = []
        at = node.child_by_field_name("declarator")
        name = ""
        while at:
            types.append(at.type)
            if at.type in DECLARED:
                name = cpp_name(at, self)
            at = None if name else at.child_by_field_name("declarator") or _first(at)
        if "." in name and definition.kind == "function":
            definition = replace(definition, kind="method")
        if "qualified_identifier" in types and node.type == "declaration":
            return None
        if node.type in VARIABLES and "function_declarator" not in types:
            if kind and kind.type in self._types:
                return None
            # Not a prototype; perhaps a variable whose type is defined here.
            body = kind.child_by_field_name("body") if kind else None
            name = self._text(kind, "name") if kind and body else ""
            definition = TYPE
        elif node.type == "type_definition" and kind:
            body = kind.child_by_field_name("body")
        elif "init_declarator" in types:
            return None
        return Found(definition, name, node, body) if name else None

    def _mark(self, node: Node, found: Found, scope: Scope, lead: Lead | None) -> None:
        definition, name, holder, body = found[:4]
        outer = scope.outer or node
        opening = found.first or outer
        first, last = opening.start_point[0], _last_row(found.last or outer)
        if self._comment:
            last = self._trimmed(first, last)
        start = opening.start_byte
        doc = self.documented(body) if self._inside and body else None
        if found.doc:
            at = found.doc.start_point[0]
            doc = self._offset(found.doc.start_byte, at), self._at(found.doc.end_byte, at)
        if self._continues(found, first if not lead else min(first, lead.first)):
            self.marks[-1] = self.marks[-1]._replace(last=last + 1)
            return
        self._same = found.same
        if lead and lead.last + 1 >= first:
            if lead.decorator >= 0:
                start = lead.decorator
            if lead.doc and self._above:
                doc = self._offset(lead.doc[0], lead.first), self._at(lead.doc[1], lead.first)
            first = lead.first
        elif self._comment and (above := self._commented(first)) < first:
            if self._above:
                line = self._lines.lines[above]
                indent = len(line) - len(line.lstrip())
                doc = self._lines.starts[above] + indent, self._lines.starts[first] - 1
            first = above
        whole = self._is_whole(node, definition, scope)
        if definition.lasting:
            self.lasting.add(len(self.marks))
        if definition.shown == "line":
            head = self._data[start : start + LINE].partition(b"\n")[0]
            end = start + len(head.decode("utf-8", "ignore").encode())
        elif found.head and not whole:
            end = found.head.end_byte
        elif body and not whole:
            end = self._before(holder, body, start)
        elif node.type == "preproc_function_def":
            parameters = node.child_by_field_name("parameters")
            end = parameters.end_byte if parameters else node.end_byte
        else:
            end = outer.end_byte
        shown = self._data[start:end].strip()
        start += len(self._data[start:end].rstrip()) - len(shown)
        end = start + len(shown)
        left = self._data.rfind(b"\n", 0, start) + 1
        if definition.line or not self._data[left:start].strip():
            start = left  # its indentation shows what it belongs to
        kind = scope.member if definition.kind == "function" else definition.kind
        at = self._row(start, first)
        until = self._row(end - 1, at) if shown else at
        signature = (self._offset(start, at), self._offset(end, until)) if shown else None
        self.marks.append(Mark(first, until, last + 1, kind, name, signature, doc))

    def _commented(self, first: int) -> int:
        """Return the first row of the comments right above a row, as far in as it is."""
        lines = self._lines.lines
        prefix = _indent(lines[first]) + self._comment
        above = first
        while above and lines[above - 1].startswith(prefix):
            above -= 1
        return above

    def _trimmed(self, first: int, last: int) -> int:
        """Return the last row without the comments below that are no further in than it is."""
        lines = self._lines.lines
        indent = len(_indent(lines[first]))
        while last > first and (
            not lines[last].strip()
            or (
                lines[last].lstrip().startswith(self._comment)
                and len(_indent(lines[last])) <= indent
            )
        ):
            last -= 1
        return last

    def _is_whole(self, node: Node, definition: Definition, scope: Scope) -> bool:
        """Whether a definition is its own signature."""
        if definition.shown != "short":
            return definition.shown == "whole"
        outer = scope.outer or node
        return _last_row(outer) - outer.start_point[0] < SHORT

    def _continues(self, found: Found, first: int) -> bool:
        """Whether a definition that begins on a row is the last one, continued."""
        if not found.same or found.same != self._same:
            return False
        between = self._lines.lines[self.marks[-1].last : first]
        return not any(line.strip() for line in between)

    def documented(self, body: Node) -> tuple[int, int] | None:
        """Return the character offsets of the string that a body begins with, if it does."""
        if not self._inside:
            return None
        first = _first(body)
        while first and first.type in self._comments:
            first = first.next_named_sibling
        if not first or first.type != "expression_statement":
            return None
        string = _first(first)
        if string and string.type == "parenthesized_expression":
            string = _first(string)
        if not string or string.type not in ("string", "concatenated_string"):
            return None
        row = string.start_point[0]
        return self._offset(string.start_byte, row), self._at(string.end_byte, row)

    def _at(self, byte: int, first: int) -> int:
        """Return the character offset of a byte that is on row `first` or below."""
        return self._offset(byte, self._row(byte, first))

    def _before(self, holder: Node, body: Node, start: int) -> int:
        """Return where a head ends, without the comments between it and the body."""
        end = body.start_byte
        if COMMENT.search(self._data, start, end):
            for part in holder.children:
                if part.start_byte >= body.start_byte:
                    break
                if part.type not in self._comments:
                    end = part.end_byte
        return end

    def _row(self, byte: int, first: int) -> int:
        """Return the row of a byte that is on row `first` or below."""
        return bisect_right(self._rows, byte, first) - 1

    @cached_property
    def _rows(self) -> list[int]:
        """The byte at which each row begins; where the text ends a line, its end is one too."""
        if not self._plain:
            return [0, *(found.end() for found in re.finditer(b"\n", self._data))]
        starts = self._lines.starts
        return starts if self._data.endswith(b"\n") else starts[:-1]

    def _offset(self, byte: int, row: int) -> int:
        """Return the character offset of a byte on a row."""
        if self._plain:
            return byte
        line = self._data.rfind(b"\n", 0, byte) + 1
        return self._lines.starts[row] + len(self._data[line:byte].decode("utf-8", "replace"))

    def __call__(self, node: Node | None, before: Node | None = None, /) -> str:
        """Return the text of a node as `Read` says."""
        return self._text(node, "", before)

    def _link(self, node: Node, field: str) -> None:
        if self._language != "python":
            if link := self._text(node, field).strip("\"'<>"):
                self.links.append(link)
            return
        names = [self._module(name) for name in node.children_by_field_name("name")]
        if field == "name":
            self.links += names
            return
        module = self._text(node, field)
        self.links.append(module)
        # What is imported from a package may be a module of it; classes are not.
        dot = "" if module.endswith(".") else "."
        self.links += [f"{module}{dot}{name}" for name in names if name.islower()]

    def _module(self, node: Node) -> str:
        return self._text(node, "name") if node.type == "aliased_import" else self._text(node)

    def _text(self, node: Node | None, field: str = "", before: Node | None = None) -> str:
        found = child(node, field) if node and field else node
        if not found:
            return ""
        end = before.start_byte if before else found.end_byte
        raw = self._data[found.start_byte : min(end, found.start_byte + 4 * NAME)]
        text = raw.decode("utf-8", "ignore").replace("\0", "")
        text = " ".join(text.split())[:NAME]
        if text[:1] not in ("'", '"'):
            return text
        return text[1:-1] if text[-1] == text[0] and len(text) > 1 else text[1:]


def _first(node: Node) -> Node | None:
    return node.named_child(0) if node.named_child_count else None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_long(node: Node) -> bool:
    return node.end_point[0] - node.start_point[0] > LINES


def _last_row(node: Node) -> int:
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row
