"""Which language a file is written in, and how definitions look in its syntax tree.

`detect` names many more languages than there are grammars: a file without one is cut into
blocks. No grammar is loaded before its language is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tree_sitter import Language

Shown = Literal["head", "short", "whole"]
"""What stands for a definition: up to its body, all of it where it is short, or all of it."""
Named = Literal["field", "declarator", "assigned"]
"""Where the name stands: in a field, within C's declarators, or left of what is assigned."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How one type of node defines something."""

    kind: Literal["function", "class", "section"]
    """A function within a class is a method."""
    named: Named = "field"
    name: str = "name"
    body: str = "body"
    shown: Shown = "head"
    members: Literal["", "function", "method"] = ""
    """What a function in it is; empty where it is not looked into."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language's grammar wheel, and the nodes of its trees that matter here."""

    wheel: str
    """Module and function, "tree_sitter_c:language"."""
    definitions: Mapping[str, Definition]
    looked_into: frozenset[str]
    """Nodes that may hold definitions and are none."""
    wrappers: frozenset[str] = frozenset()
    """Nodes that belong to the definition in them: decorators, `export`."""
    looked_into_if_long: frozenset[str] = frozenset()
    """Nodes that are looked into only where they are too long for one segment; of these, what
    defines something only where it is also broken."""
    leading: frozenset[str] = frozenset({"comment"})
    """Nodes that belong to the definition below them."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """Nodes that link to other files, and the field that says to which."""
    functions: frozenset[str] = frozenset()
    """Expressions that are functions or classes: a name they are assigned to defines them."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION = Definition("function")
CLASS = Definition("class", members="method")
ASSIGNED = Definition("function", named="assigned")
TYPE = Definition("class", shown="short")
HEADING = Definition("section", name="heading_content", shown="whole")

PYTHON = Grammar(
    "tree_sitter_python:language",
    definitions={
        "function_definition": FUNCTION,
        "class_definition": CLASS,
    },
    looked_into=_words(
        "module block if_statement elif_clause else_clause try_statement except_clause"
        " finally_clause with_statement for_statement while_statement match_statement case_clause"
    ),
    wrappers=_words("decorated_definition"),
    imports={"import_statement": "name", "import_from_statement": "module_name"},
)
JAVASCRIPT = Grammar(
    "tree_sitter_javascript:language",
    definitions={
        "function_declaration": FUNCTION,
        "generator_function_declaration": FUNCTION,
        "class_declaration": CLASS,
        "method_definition": FUNCTION,
        "field_definition": ASSIGNED,
        "lexical_declaration": ASSIGNED,
        "variable_declaration": ASSIGNED,
        "expression_statement": ASSIGNED,
        "pair": ASSIGNED,
    },
    looked_into=_words(
        "program class_body statement_block if_statement else_clause try_statement catch_clause"
        " finally_clause"
    ),
    wrappers=_words("export_statement"),
    looked_into_if_long=_words(
        "expression_statement call_expression parenthesized_expression arguments unary_expression"
        " function_expression arrow_function lexical_declaration variable_declaration"
        " variable_declarator assignment_expression object"
    ),
    leading=_words("comment decorator"),
    imports={"import_statement": "source", "export_statement": "source"},
    functions=_words("arrow_function function_expression generator_function class"),
)
TYPESCRIPT = Grammar(
    "tree_sitter_typescript:language_typescript",
    definitions={
        **{k: v for k, v in JAVASCRIPT.definitions.items() if k != "field_definition"},
        "function_signature": Definition("function", shown="whole"),
        "abstract_method_signature": Definition("function", shown="whole"),
        "method_signature": Definition("function", shown="whole"),
        "public_field_definition": ASSIGNED,
        "abstract_class_declaration": CLASS,
        "interface_declaration": TYPE,
        "enum_declaration": TYPE,
        "type_alias_declaration": Definition("class", body="value", shown="short"),
        "internal_module": Definition("class", members="function"),
        "module": Definition("class", members="function"),
    },
    looked_into=JAVASCRIPT.looked_into,
    wrappers=_words("export_statement ambient_declaration"),
    looked_into_if_long=JAVASCRIPT.looked_into_if_long,
    leading=JAVASCRIPT.leading,
    imports=JAVASCRIPT.imports,
    functions=JAVASCRIPT.functions,
)
C = Grammar(
    "tree_sitter_c:language",
    definitions={
        "function_definition": Definition("function", named="declarator"),
        "declaration": Definition("function", named="declarator", shown="whole"),
        "struct_specifier": TYPE,
        "union_specifier": TYPE,
        "enum_specifier": TYPE,
        "type_definition": Definition("class", named="declarator", shown="short"),
        "preproc_function_def": Definition("function", body="value"),
    },
    looked_into=_words(
        "translation_unit preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef"
        " linkage_specification declaration_list"
    ),
    # Braces that conditions leave open make one function swallow those below it.
    looked_into_if_long=_words("function_definition compound_statement case_statement"),
    imports={"preproc_include": "path"},
)
GRAMMARS: Mapping[str, Grammar] = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": Grammar(
        "tree_sitter_typescript:language_tsx",
        TYPESCRIPT.definitions,
        TYPESCRIPT.looked_into,
        TYPESCRIPT.wrappers,
        TYPESCRIPT.looked_into_if_long,
        TYPESCRIPT.leading,
        TYPESCRIPT.imports,
        TYPESCRIPT.functions,
    ),
    "c": C,
    "markdown": Grammar(
        "tree_sitter_markdown:language",
        definitions={"atx_heading": HEADING, "setext_heading": HEADING},
        looked_into=_words("document section"),
        leading=frozenset(),
    ),
}
"""Languages whose definitions are known."""


@cache
def load(wheel: str) -> Language:
    """Return the grammar of a wheel."""
    from tree_sitter import Language

    module, function = wheel.split(":")
    return Language(getattr(import_module(module), function)())


ENDS = {
    end: language
    for language, ends in {
        "ada": "adb ads", "apex": "apex", "asciidoc": "adoc asciidoc asc", "asm": "s asm nasm",
        "astro": "astro", "awk": "awk", "bash": "sh bash zsh ksh bats ebuild", "batch": "bat cmd",
        "bazel": "bzl bazel", "bibtex": "bib", "c": "c h", "clojure": "clj cljs cljc edn",
        "cmake": "cmake", "cobol": "cob cbl cpy", "coffeescript": "coffee",
        "commonlisp": "lisp lsp cl",
        "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp tpp inl", "crystal": "cr", "csharp": "cs csx",
        "css": "css", "csv": "csv tsv", "cuda": "cu cuh", "cython": "pyx pxd pxi", "d": "d di",
        "dart": "dart", "diff": "diff patch", "elixir": "ex exs", "elisp": "el", "elm": "elm",
        "erlang": "erl hrl", "fish": "fish", "fortran": "f f77 f90 f95 f03 f08 for",
        "fsharp": "fs fsi fsx", "gettext": "po pot", "glsl": "glsl vert frag comp geom",
        "go": "go", "gomod": "mod", "graphql": "graphql gql", "groovy": "groovy gradle gvy",
        "haskell": "hs lhs", "haxe": "hx", "hcl": "tf hcl tfvars tfstate", "hlsl": "hlsl",
        "html": "html htm xhtml djhtml", "ini": "ini cfg conf properties editorconfig desktop",
        "java": "java", "javascript": "js mjs cjs jsx es6", "jinja": "j2 jinja jinja2",
        "json": "json json5 jsonc jsonl ndjson geojson webmanifest", "julia": "jl",
        "jupyter": "ipynb", "kotlin": "kt kts", "latex": "tex sty ltx cls", "less": "less",
        "lua": "lua", "m4": "m4 ac", "make": "mk mak make am", "markdown": "md markdown mdown mdx",
        "matlab": "mlx", "meson": "meson", "mojo": "mojo", "nim": "nim nims", "nix": "nix",
        "objc": "m", "objcpp": "mm", "ocaml": "ml mli", "pascal": "pas dpr lpr", "perl": "pl pm t",
        "php": "php phtml php5", "postscript": "ps eps", "powershell": "ps1 psm1 psd1",
        "prisma": "prisma", "prolog": "pro", "protobuf": "proto", "pug": "pug",
        "puppet": "pp", "python": "py pyi pyw pth wsgi", "r": "r", "racket": "rkt",
        "restructuredtext": "rst", "rmarkdown": "rmd qmd", "roff": "man 1 3 5 8",
        "ruby": "rb rake gemspec ru",
        "rust": "rs", "sass": "sass", "scala": "scala sc sbt", "scheme": "scm ss", "scss": "scss",
        "smalltalk": "st", "solidity": "sol", "sql": "sql", "starlark": "star", "svelte": "svelte",
        "svg": "svg", "swift": "swift",
        "systemverilog": "sv svh", "tcl": "tcl",
        "text": "txt text", "thrift": "thrift", "toml": "toml", "tsx": "tsx",
        "typescript": "ts mts cts", "vala": "vala", "verilog": "v vh", "vhdl": "vhd vhdl",
        "vim": "vim", "visualbasic": "vb bas vbs", "vue": "vue", "wasm": "wat wast", "wgsl": "wgsl",
        "xml": "xml xsd xsl xslt plist csproj vcxproj props targets wsdl rss", "yaml": "yaml yml",
        "zig": "zig",
    }.items()
    for end in ends.split()
}  # fmt: skip
"""Ends of file names, in lower case. Where two languages share one, the more common has it."""

NAMES = {
    name: language
    for language, names in {
        "bash": ".bashrc .bash_profile .profile .zshrc .envrc apkbuild pkgbuild configure",
        "bazel": "build workspace build.bazel workspace.bazel module.bazel",
        "cmake": "cmakelists.txt",
        "dockerfile": "dockerfile containerfile",
        "gitconfig": ".gitconfig .gitmodules",
        "gitignore": ".gitignore .dockerignore .npmignore .eslintignore .prettierignore",
        "gitattributes": ".gitattributes",
        "groovy": "jenkinsfile",
        "ini": ".coveragerc .flake8 .pylintrc setup.cfg tox.ini .npmrc pylintrc",
        "json": ".babelrc .eslintrc .prettierrc composer.lock pipfile.lock .jshintrc",
        "just": "justfile .justfile",
        "make": "makefile gnumakefile kbuild",
        "meson": "meson.build meson_options.txt",
        "python": "sconstruct sconscript wscript",
        "requirements": "requirements.txt constraints.txt",
        "ruby": "gemfile rakefile vagrantfile podfile fastfile brewfile guardfile",
        "text": "readme license licence copying changelog changes news authors notice install todo",
        "toml": "cargo.lock poetry.lock pipfile uv.lock pdm.lock",
        "vim": ".vimrc",
        "yaml": ".clang-format .clang-tidy .yamllint citation.cff",
    }.items()
    for name in names.split()
}
"""Whole file names, in lower case."""

COMMANDS = {
    "ash": "bash", "awk": "awk", "bash": "bash", "bun": "typescript", "dash": "bash",
    "deno": "typescript", "elixir": "elixir", "escript": "erlang", "fish": "fish", "gawk": "awk",
    "groovy": "groovy",
    "guile": "scheme", "julia": "julia", "ksh": "bash", "lua": "lua",
    "luajit": "lua", "make": "make", "node": "javascript", "nodejs": "javascript", "ocaml": "ocaml",
    "osascript": "applescript", "perl": "perl", "php": "php", "pwsh": "powershell",
    "pypy": "python",
    "python": "python", "racket": "racket", "rscript": "r", "ruby": "ruby", "runhaskell": "haskell",
    "sbcl": "commonlisp", "scala": "scala", "sed": "sed", "sh": "bash", "swift": "swift",
    "tclsh": "tcl", "ts-node": "typescript", "tsx": "typescript", "wish": "tcl", "zsh": "bash",
}  # fmt: skip
"""Commands that a first line `#!` may name, without their version."""

TEMPLATES = _words("in tpl tmpl template dist sample example orig bak")
"""Ends that say what a file is for, after the one that says its language."""


def detect(path: str, first_line: str = "") -> str:
    """Return the language of a file by its name and first line; empty where neither tells."""
    name = path.rpartition("/")[2].lower()
    language = _by_name(name) or _by_first_line(first_line)
    if language == "typescript" and first_line.lstrip("\ufeff").startswith(
        ("<?xml", "<!DOCTYPE TS")
    ):
        return "xml"  # Qt's translations end in .ts as well
    if language in ("text", "roff", "perl") and first_line.startswith("#!"):
        return _by_first_line(first_line) or language
    return language


def _by_name(name: str) -> str:
    if known := NAMES.get(name):
        return known
    if name.startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    if name.startswith(("makefile.", "gnumakefile.")):
        return "make"
    if name.startswith("requirements") and name.endswith(".txt"):
        return "requirements"
    stem, dot, end = name.rpartition(".")
    if not dot:
        return ""
    if end in TEMPLATES:
        return _by_name(stem)
    if end.endswith("-tpl"):
        end = end[:-4]
    return ENDS.get(end, "")


def _by_first_line(line: str) -> str:
    line = line.lstrip("\ufeff").strip()
    if not line.startswith("#!"):
        start = line[:20].lower()
        if start.startswith("<?php"):
            return "php"
        if start.startswith("<?xml"):
            return "xml"
        return "html" if start.startswith(("<!doctype html", "<html")) else ""
    words = line[2:].split()
    if words and words[0].endswith("/env"):
        words = [w for w in words[1:] if not w.startswith("-") and "=" not in w]
    if not words:
        return ""
    command = words[0].rpartition("/")[2].lower().removesuffix(".exe")
    return COMMANDS.get(command) or COMMANDS.get(command.rstrip("0123456789.-"), "")
