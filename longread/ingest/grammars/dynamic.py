"""Elixir and Julia: what a call defines depends on its first word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    GROUP,
    MODULE,
    SHORT_TYPE,
    WHOLE,
    Definition,
    Grammar,
    Read,
    Role,
    Sense,
    nth,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

ELIXIR_WORDS = {
    **dict.fromkeys(("def", "defp", "defn", "defnp", "defdelegate", "defguard"), FUNCTION),
    **dict.fromkeys(("defguardp", "defmacro", "defmacrop", "test", "property"), FUNCTION),
    **dict.fromkeys(("defmodule", "defprotocol", "defimpl"), MODULE),
    **dict.fromkeys(("defstruct", "defexception", "defrecord"), SHORT_TYPE),
}
ELIXIR_FLOW = words("if unless case cond with for try receive quote else unquote fn")
"""Calls with a block that group nothing."""
ELIXIR_LINKS = words("use import alias require")
ELIXIR_TYPES = words("type typep opaque")
ELIXIR_CALLBACKS = words("callback macrocallback")
ELIXIR_DOCS = words("doc typedoc")
ELIXIR_LEADING = words(
    "spec impl deprecated dialyzer tag describetag decorate since compile_inline"
)


def _elixir_call(node: Node, read: Read) -> Sense | None:
    target = node.child_by_field_name("target")
    arguments, block = typed(node, "arguments"), typed(node, "do_block")
    if not target or target.type != "identifier":
        return None
    word = read(target)
    first = nth(arguments)
    if word in ELIXIR_LINKS and first:
        return Sense(links=_elixir_modules(first, read))
    definition = ELIXIR_WORDS.get(word)
    if not definition:
        if not block or word in ELIXIR_FLOW:
            return None
        name = f"{word} {read(first)}" if first else word
        return Sense(GROUP, name, head=arguments or target)
    if definition is SHORT_TYPE:
        return Sense(definition, word, head=target)
    if not first:
        return None
    if word in ("test", "property"):
        return Sense(definition, f"{word} {read(first)}", head=arguments)
    if definition is MODULE:
        pair = typed(typed(arguments, "keywords"), "pair") if word == "defimpl" else None
        meant = f" for {read(pair.child_by_field_name('value'))}" if pair else ""
        doc = _elixir_moduledoc(block, read)
        return Sense(definition, read(first) + meant, head=arguments, doc=doc)
    name, arity = _elixir_head(first, read)
    return Sense(definition, name, head=first, same=f"{word} {name}/{arity}")


def _elixir_head(head: Node, read: Read) -> tuple[str, int]:
    """Return the name and the arity of a function by its head."""
    operator = head.child_by_field_name("operator")
    left = head.child_by_field_name("left")
    if operator and left and read(operator) == "when":
        return _elixir_head(left, read)
    if operator:
        return read(operator), 2 if left else 1
    if head.type == "call":
        arguments = typed(head, "arguments")
        return read(head.child_by_field_name("target")), (
            arguments.named_child_count if arguments else 0
        )
    return read(head), 0


def _elixir_modules(first: Node, read: Read) -> tuple[str, ...]:
    """Return the modules that an alias names: `Shop.{Cart, Item}` names two."""
    right = first.child_by_field_name("right")
    if first.type == "dot" and right and right.type == "tuple":
        left = read(first.child_by_field_name("left"))
        return tuple(f"{left}.{read(child)}" for child in right.named_children)
    return (read(first),) if first.type == "alias" else ()


def _elixir_moduledoc(block: Node | None, read: Read) -> Node | None:
    for at in range(min(6, block.named_child_count) if block else 0):
        child = block.named_child(at) if block else None
        if child and child.type == "unary_operator" and read(child).startswith("@moduledoc "):
            return None if read(child) == "@moduledoc false" else child
    return None


def _elixir_attribute(node: Node, read: Read) -> Sense | Role | None:
    operand = node.child_by_field_name("operand")
    if not operand or operand.type != "call":
        return None
    word = read(operand.child_by_field_name("target"))
    if word in ELIXIR_DOCS:
        said = typed(operand, "arguments")
        return "doc" if typed(said, "string", "sigil") else "aside"
    if word in ELIXIR_LEADING:
        return "decorator"
    said = typed(operand, "arguments")
    first = nth(said)
    if not first or word not in ELIXIR_TYPES | ELIXIR_CALLBACKS:
        return None
    left = first.child_by_field_name("left")
    while left and left.type == "binary_operator":
        left = left.child_by_field_name("left")  # `price(x) :: y when x: z`
    name, arity = _elixir_head(left or first, read)
    if word in ELIXIR_TYPES:
        return Sense(SHORT_TYPE, name, head=left)
    return Sense(WHOLE, name, same=f"{word} {name}/{arity}")


ELIXIR = Grammar(
    "tree_sitter_elixir:language",
    definitions={},
    looked_into=words("source call do_block else_block"),
    leading=frozenset(),
    readers={
        "call": _elixir_call,
        "unary_operator": _elixir_attribute,
        "comment": lambda _node, _read: "aside",
    },
)


JULIA_DEFINING = words(
    "function_definition assignment struct_definition macro_definition macrocall_expression"
    " abstract_definition primitive_definition"
)
JULIA_CALLED = words("where_expression typed_expression")


def _julia_called(node: Node | None) -> Node | None:
    """Return the call that a head is, without what it returns and where that holds."""
    while node and node.type in JULIA_CALLED:
        node = nth(node)
    return node if node and node.type == "call_expression" else None


def _julia_function(node: Node, read: Read) -> Sense | None:
    signature = typed(node, "signature")
    first = nth(signature)
    if not first:
        return None
    called = _julia_called(first)
    name = read(nth(called) if called else first)
    if node.type == "macro_definition":
        name = f"@{name}"
    return Sense(FUNCTION, _julia_name(name), head=signature) if called or name else None


def _julia_name(name: str) -> str:
    return name.partition("{")[0].replace(".:", ".")


def _julia_assignment(node: Node, read: Read) -> Sense | None:
    left = nth(node)
    right = nth(node, -1)
    called = _julia_called(left)
    if called:
        return Sense(FUNCTION, _julia_name(read(nth(called))), head=left)
    if right and right.type in ("arrow_function_expression", "function_expression"):
        return Sense(FUNCTION, read(left), head=left)
    return None


def _julia_struct(node: Node, read: Read) -> Sense | None:
    head = typed(node, "type_head")
    if not head:
        return None
    name = nth(head)
    while name and name.type in ("binary_expression", "parametrized_type_expression"):
        name = nth(name)
    inner = False
    for child in node.named_children:
        if child.type == "function_definition" or (
            child.type == "assignment" and _julia_called(nth(child))
        ):
            inner = True
            break
        head = child
    if inner:
        return Sense(CLASS, read(name), head=head)
    return Sense(SHORT_TYPE, read(name), head=typed(node, "type_head"))


def _julia_macro(node: Node, read: Read) -> Sense | None:
    """Read `@inline function …`, `@kwdef struct …`, `@testset "…" begin …`."""
    arguments = typed(node, "macro_argument_list")
    count = arguments.named_child_count if arguments else 0
    last = arguments.named_child(count - 1) if arguments and count else None
    if not arguments or not last:
        return None
    if last.type == "compound_statement":
        first = nth(arguments)
        said = read(first) if first and first.type == "string_literal" else ""
        name = f"{read(typed(node, 'macro_identifier'))} {said}"
        return Sense(GROUP, name, head=first) if said else None
    if last.type not in JULIA_DEFINING:
        return None
    found = JULIA_READERS[last.type](last, read)
    if not isinstance(found, Sense) or not found.definition:
        return None
    if found.definition is CLASS:
        found = found._replace(definition=Definition("class"))
    return found


def _julia_include(node: Node, read: Read) -> Sense | None:
    if node.named_child_count != 2 or read(nth(node)) != "include":
        return None
    path = typed(node.named_child(1), "string_literal")
    return Sense(links=(read(path),)) if path else None


def _julia_using(node: Node, read: Read) -> Sense:
    links = []
    for child in node.named_children:
        if child.type in ("selected_import", "import_alias"):
            links.append(read(nth(child)))
        else:
            links.append(read(child))
    return Sense(links=tuple(links))


def _julia_module(node: Node, read: Read) -> Sense:
    name = node.child_by_field_name("name")
    return Sense(MODULE, read(name), head=name)


JULIA_READERS = {
    "module_definition": _julia_module,
    "function_definition": _julia_function,
    "macro_definition": _julia_function,
    "assignment": _julia_assignment,
    "struct_definition": _julia_struct,
    "abstract_definition": _julia_struct,
    "primitive_definition": _julia_struct,
    "macrocall_expression": _julia_macro,
    "call_expression": _julia_include,
    "using_statement": _julia_using,
    "import_statement": _julia_using,
}

JULIA = Grammar(
    "tree_sitter_julia:language",
    definitions={},
    looked_into=words(
        "source_file if_statement elseif_clause else_clause for_statement let_statement"
        " compound_statement const_statement try_statement catch_clause finally_clause"
        " macro_argument_list"
    ),
    leading=words("line_comment block_comment string_literal"),
    readers=JULIA_READERS,
)
