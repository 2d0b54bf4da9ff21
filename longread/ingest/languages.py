"""Which language a file is written in, by its name, its first line and how its lines begin.

`detect` names many more languages than there are grammars: a file without one is cut into
blocks.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
        "objc": "m", "objcpp": "mm", "ocaml": "ml", "ocamlinterface": "mli",
        "pascal": "pas dpr lpr", "perl": "pl pm t",
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


START = 1 << 16
"""Bytes of a file in which its language is looked for."""
OBJC_HEADER = re.compile(
    rb"^[ \t]*(?:#[ \t]*import\b|@(?:interface|protocol|class)\b)", re.MULTILINE
)
OBJC_LINE = re.compile(
    rb"^[ \t]*(?:#[ \t]*(?:import|include)\b|@(?:interface|implementation|protocol|class)\b)",
    re.MULTILINE,
)
CPP_LINE = re.compile(
    rb"^[ \t]*(?:namespace\b[ \t\w:]*(?:\{|$)|template[ \t]*<|using[ \t]+\w[\w:]*[ \t]*[=;:]"
    rb"|class[ \t]+\w[\w \t:]*(?:[{:;<]|$)|(?:public|protected|private)[ \t]*:|virtual\b"
    rb"|#[ \t]*include[ \t]*<(?:string|vector|map|memory|iostream|cstd\w+)>)",
    re.MULTILINE,
)
MATLAB_LINE = re.compile(rb"^[ \t]*(?:%|function\b|classdef\b)", re.MULTILINE)


def detect(path: str, first_line: str = "", data: bytes = b"") -> str:
    """Return the language of a file by its name and first line; empty where neither tells.

    Args:
        data: what the file holds, or its beginning, where languages share the ends of names:
            headers of C, C++ and Objective-C, and the latter's files and Matlab's.
    """
    name = path.rpartition("/")[2].lower()
    language = _by_name(name) or _by_first_line(first_line)
    if data and name.endswith((".h", ".m")):
        language = _by_lines(language, data[:START])
    if language == "typescript" and first_line.lstrip("\ufeff").startswith(
        ("<?xml", "<!DOCTYPE TS")
    ):
        return "xml"  # Qt's translations end in .ts as well
    if language in ("text", "roff", "perl") and first_line.startswith("#!"):
        return _by_first_line(first_line) or language
    return language


def _by_lines(language: str, data: bytes) -> str:
    """Tell languages whose files are called alike by how lines begin."""
    if language == "c":
        if OBJC_HEADER.search(data):
            return "objc"
        return "cpp" if CPP_LINE.search(data) else "c"
    if language == "objc" and not OBJC_LINE.search(data) and MATLAB_LINE.search(data):
        return "matlab"
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
