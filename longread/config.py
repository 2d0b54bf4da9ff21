"""Where things live, and settings and profiles as frozen values. It never reaches a network.

Directories: `LONGREAD_HOME` holds state, `LONGREAD_CACHE` what can be rebuilt,
`LONGREAD_CONFIG` a person's settings; each defaults to the platform's own place.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from longread.errors import ConfigError, similar
from longread.types import Route

Library = Literal["pdfium", "pypdf"]


def private(path: Path) -> Path:
    """Make a directory that only its owner can read, and return it.

    Raises:
        ConfigError: it cannot be made, or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be used as a folder: {error.strerror}",
            hint="name others with LONGREAD_HOME, LONGREAD_CACHE and LONGREAD_CONFIG",
        ) from error
    return path


def home() -> Path:
    """Sessions, logs and the state of running engines."""
    return _place("LONGREAD_HOME", "user_data_path")


def cache() -> Path:
    """Engines, models, derived data: all that can be made again."""
    return _place("LONGREAD_CACHE", "user_cache_path")


def settings_dir() -> Path:
    """`config.toml` and `profiles/`, written by a person."""
    return _place("LONGREAD_CONFIG", "user_config_path")


def _place(variable: str, function: str) -> Path:
    if value := os.environ.get(variable):
        return private(Path(value).expanduser().absolute())
    import platformdirs

    return private(Path(getattr(platformdirs, function)("longread", appauthor=False)))


@dataclass(frozen=True, slots=True)
class Profile:
    """A model, the engine that runs it, its window and its price. A field's text is its manual."""

    name: str = field(metadata={"internal": True})
    """The file's name without `.toml`."""
    engine: Literal["local", "server", "replay"] = "server"
    """"local": the vLLM that longread starts; "server": an OpenAI-compatible server."""
    about: str = ""
    """One line for `longread profiles list`."""
    model: str = ""
    """Name sent to the server; for "local" a model directory, or "embedded"."""
    family: str = "llama4"
    """Whose tokenizer counts: "llama4", "model" (the local model's own), a model directory, or
    "estimate" where none is known."""
    route: Route = "text"
    """"ids": token ids to /v1/completions (vLLM); "text": chat messages."""
    window: int = 131_072
    """Tokens the deployment accepts, prompt and answer together."""
    trusted: int = 131_072
    """Tokens up to which answers have been found good; what a prompt is packed to."""
    answer: int = 2_048
    """Tokens kept for the answer."""
    url: str = ""
    """Base address up to and with /v1."""
    urls: tuple[str, ...] = ()
    """More base addresses of the same model. A corpus goes always to the same one, whose cache
    knows it, and to another where that one cannot be reached."""
    dialect: Literal["openai", "ollama"] = "openai"
    """"ollama": its window is looked at, and set to `window`, before text is sent."""
    key_env: str = ""
    """Environment variable that holds the key; empty where none is needed."""
    images: int = 0
    """Pictures the model takes in one prompt; 0 where it sees none."""
    citations: Literal["inline", "guided"] = "inline"
    """"guided": the model is too small to cite and chooses places from a list."""
    temperature: float = 0.0
    """Randomness of the answer."""
    thinks: bool = False
    """Whether its template opens <think> itself: what comes before </think> is reasoning."""
    retries: int = 5
    """Times a request is sent again where the server is out of reach or overloaded."""
    first_token: float = 0.0
    """Seconds the first token may take; 0: 300 s, and 10 s for a thousand tokens of prompt,
    4 hours at most."""
    silence: float = 120.0
    """Seconds without a word after which an answer that has begun is given up."""
    repetition_penalty: float = 1.0
    """Above 1, what was written is written less again; vLLM only."""
    margin: float = 0.0
    """Part of the window kept free because counts are estimates, 0 to 1."""
    price_input: float = 0.0
    """US dollars for a million prompt tokens."""
    price_cached: float = 0.0
    """US dollars for a million prompt tokens read from the server's cache."""
    price_output: float = 0.0
    """US dollars for a million tokens of answer."""
    price_date: str = ""
    """When the prices were looked up, as "2026-07"."""
    output_limit: int = 0
    """Tokens that the server writes in one answer at most; 0 where only the window limits it."""
    sources: tuple[str, ...] = ()
    """Where window, limits and prices are from."""
    disputed: tuple[str, ...] = ()
    """What its sources say differently, and which was taken."""
    caveat: str = ""
    """Said beside each answer."""
    arguments: tuple[str, ...] = ()
    """More arguments for `vllm serve`, for "local" only."""
    offload_memory: float = 0.0
    """GiB of the machine's memory that keep what the GPU's has no room for, for "local" on GPUs."""
    offload_disk: float = 0.0
    """GiB of disk that keep it when the engine has ended, so that a corpus is not read again."""
    body: Mapping[str, object] = field(default_factory=dict)
    """More fields for each request, as the server defines them."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a probe found of a profile's window. A field's text is its manual."""

    tokens: int
    """The longest length that passed; it stands for the profile's `trusted`."""
    right: int
    """Answers that were right at that length."""
    n: int
    """Trials at that length."""
    lower: float
    """Lower confidence bound of the share that is right, 0 to 1."""
    date: str
    """Day of the probe, as "2026-07-31"."""
    model: str = ""
    """The model that was probed; for another the profile's own `trusted` counts."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person set in `config.toml`. A field's text is its manual."""

    profile: str = ""
    """The profile used where `--profile` names none."""
    hosts: tuple[str, ...] = ()
    """`[trust] hosts`: hosts to which text may be sent without asking."""
    repositories: tuple[str, ...] = ()
    """`[trust] repositories`: addresses whose own `.longread.toml` is used."""
    confirmed: tuple[str, ...] = ()
    """`[engines] confirmed`: profiles of engines that were found here and confirmed."""
    declined: tuple[str, ...] = ()
    """`[engines] declined`: profiles of engines that were found here and not wanted."""
    theme: str = ""
    """`[tui] theme`: "longread-dark", "longread-light", or one of Textual's."""
    editor: str = ""
    """`[tui] editor`: opens sources, with its arguments; else VISUAL, then EDITOR."""
    viewer: str = ""
    """`[tui] viewer`: opens PDFs, with its arguments, `{file}` and `{page}` among them."""
    ocr: Literal["auto", "tesseract", "rapidocr", "off"] = "auto"
    """`[pdf] ocr`: what recognises scanned pages; "auto": tesseract, else RapidOCR, if there."""
    languages: str = "eng"
    """`[pdf] languages`: of scanned pages, as tesseract names them: "eng", "deu+eng"."""
    pdf_text: Library = "pdfium"
    """`[pdf] text`: the library that reads PDFs, "pdfium" or "pypdf"; the other stands in."""
    password_file: str = ""
    """`[pdf] password_file`: holds passwords to try, one a line; beside `config.toml` unless it
    says where. No password is ever kept with a session."""
    ask_dollars: float = 0.25
    """`[ask] dollars`: what an answer may cost without a question first."""
    ask_minutes: float = 5.0
    """`[ask] minutes`: how long it may take without a question first, as far as that is known."""
    review_parallel: int = 8
    """`[review] parallel`: how many questions to one document are put side by side."""
    gpus: Mapping[str, object] = field(default_factory=dict)
    """`[gpus.NAME]`: GPUs that `longread plan` does not know, or their price: `hourly = 3.1`,
    `memory = 80e9`, `bandwidth = 3.35e12`, `flops = 989e12`, `title`, `note`."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """`[keys]`: other keys for an action, by its name in docs/keys.md: `read.next = "j"`."""
    trusted: Mapping[str, Trusted] = field(default_factory=dict)
    """`[trusted.PROFILE]`: what `longread probe --record` found; remove it to forget it."""


TABLES = {
    "trust": {"hosts", "repositories"},
    "engines": {"confirmed", "declined"},
    "tui": {"theme", "editor", "viewer"},
    "pdf": {"ocr", "languages", "text", "password_file"},
    "ask": {"dollars", "minutes"},
    "review": {"parallel"},
}
"""Tables of `config.toml` with the keys that each may have."""


def settings() -> Settings:
    """Read `config.toml`; without one, the defaults.

    Raises:
        ConfigError: it cannot be read, or has a key that means nothing.
    """
    path = settings_dir() / "config.toml"
    if not path.exists():
        return Settings()
    data = _load(path)
    _refuse_unknown(data, {"profile", "keys", "gpus", "trusted", *TABLES}, path)
    tables = {name: _table(data, name, path) for name in TABLES}
    for name, known in TABLES.items():
        _refuse_unknown(tables[name], known, path)
    trust, engines, tui, pdf, asked, reviewed = (tables[name] for name in TABLES)
    keys = _table(data, "keys", path)
    return Settings(
        profile=_check("profile", data.get("profile", ""), str, path),
        hosts=tuple(_check("hosts", trust.get("hosts", []), list, path)),
        repositories=tuple(_check("repositories", trust.get("repositories", []), list, path)),
        confirmed=tuple(_check("confirmed", engines.get("confirmed", []), list, path)),
        declined=tuple(_check("declined", engines.get("declined", []), list, path)),
        theme=_check("theme", tui.get("theme", ""), str, path),
        editor=_check("editor", tui.get("editor", ""), str, path),
        viewer=_check("viewer", tui.get("viewer", ""), str, path),
        ocr=_convert("ocr", pdf.get("ocr", "auto"), get_type_hints(Settings)["ocr"], path),
        languages=_languages(pdf.get("languages", "eng"), path),
        pdf_text=_convert("text", pdf.get("text", "pdfium"), Library, path),
        password_file=_check("password_file", pdf.get("password_file", ""), str, path),
        ask_dollars=_convert("dollars", asked.get("dollars", 0.25), float, path),
        ask_minutes=_convert("minutes", asked.get("minutes", 5.0), float, path),
        review_parallel=max(_check("parallel", reviewed.get("parallel", 8), int, path), 1),
        gpus=_table(data, "gpus", path),
        keys={name: _check(name, key, str, path) for name, key in _flat(keys)},
        trusted={
            name: _trusted(_check(name, found, dict, path), path)
            for name, found in _table(data, "trusted", path).items()
        },
    )


def passwords() -> tuple[str, ...]:
    """Return the passwords of the file that `config.toml` names; none where it names none.

    Raises:
        ConfigError: there is no such file, or it is no text.
    """
    named = settings().password_file
    if not named:
        return ()
    path = settings_dir() / Path(named).expanduser()
    try:
        return passwords_in(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"the passwords in {path} cannot be read: {error.strerror}",
            hint="correct password_file under [pdf] in config.toml",
        ) from error


def passwords_in(data: bytes) -> tuple[str, ...]:
    """Return the lines of a file that are not empty; blanks may belong to a password.

    As programs on Windows write them too: UTF-16 with a mark, and what is not UTF-8 as cp1252.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return tuple([line for line in re.split(r"\r\n|\n|\r", text) if line])


def _trusted(data: Mapping[str, object], path: Path) -> Trusted:
    hints = get_type_hints(Trusted)
    _refuse_unknown(data, hints.keys(), path)
    missing = [f.name for f in fields(Trusted) if f.name != "model" and f.name not in data]
    if missing:
        raise ConfigError(
            f"{path}: under [trusted] there is no {missing[0]}",
            hint="remove the table; longread probe --record writes it anew",
        )
    return Trusted(**{key: _convert(key, value, hints[key], path) for key, value in data.items()})


def remember_trusted(name: str, found: Trusted) -> Path:
    """Write into `config.toml` which window a probe found to be good, and return the file."""
    import tomli_w

    path = settings_dir() / "config.toml"
    data = _load(path) if path.exists() else {}
    data.setdefault("trusted", {})[name] = asdict(found)
    path.write_text(tomli_w.dumps(data), encoding="utf-8")
    return path


def remember_engine(name: str, *, wanted: bool) -> None:
    """Write into `config.toml` whether an engine that was found here is to be used."""
    import tomli_w

    path = settings_dir() / "config.toml"
    data = _load(path) if path.exists() else {}
    engines = data.setdefault("engines", {})
    listed = engines.setdefault("confirmed" if wanted else "declined", [])
    if name not in listed:
        listed.append(name)
    path.write_text(tomli_w.dumps(data), encoding="utf-8")


def profile_names() -> list[str]:
    """Return the names of all profiles, a person's own and those that come with longread."""
    found = {path.stem for folder in _profile_dirs() for path in folder.glob("*.toml")}
    return sorted(found)


def load_profile(name: str) -> Profile:
    """Return a profile by name; a person's own comes before one of the same name shipped.

    Its `trusted` is what a probe of its model found, where that was recorded.

    Raises:
        ConfigError: no such profile, or a key or value in it that means nothing.
    """
    for folder in _profile_dirs():
        path = folder / f"{name}.toml"
        if Path(name).name == name and path.exists():
            profile = _profile(name, path)
            found = earned(profile)
            return replace(profile, trusted=found.tokens) if found else profile
    close = similar(name, profile_names())
    known = f"did you mean {close}?" if close else f"known are {', '.join(profile_names())}"
    raise ConfigError(f"there is no profile {name!r}", hint=f"{known}; longread profiles list")


def earned(profile: Profile) -> Trusted | None:
    """Return what was recorded of a probe of this profile, unless its model or window changed."""
    found = settings().trusted.get(profile.name)
    if found and found.model == profile.model and found.tokens <= profile.window:
        return found
    return None


def add_profile(name: str, values: Mapping[str, object], *, force: bool = True) -> Path:
    """Write a profile of the person's own and return its file.

    Args:
        force: whether one of that name is written over.

    Raises:
        ConfigError: a name that is no file name, values that mean nothing, or it is there.
    """
    import tomli_w

    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise ConfigError(
            f"{name!r} cannot name a profile", hint="use lower-case letters, digits, . _ -"
        )
    folder = private(settings_dir() / "profiles")
    path = folder / f"{name}.toml"
    if path.exists() and not force:
        raise ConfigError(
            f"there is a profile {name!r} already: {path}",
            hint=f"--like {name} changes what you name of it, --force writes over it",
        )
    # What is wrong is said of the profile: its file is not there yet.
    _made(name, values, Path(f"profile {name}"))
    draft = folder / f".{name}.draft"
    draft.write_text(tomli_w.dumps(dict(values)), encoding="utf-8")
    draft.replace(path)
    return path


def _profile_dirs() -> list[Path]:
    package = Path(__file__).parent
    shipped = package / "configs"
    return [
        settings_dir() / "profiles",
        # In a checkout the profiles lie beside the package.
        shipped if shipped.is_dir() else package.parent / "configs",
    ]


def _profile(name: str, path: Path) -> Profile:
    return _made(name, _load(path), path)


def _made(name: str, data: Mapping[str, object], path: Path) -> Profile:
    """Return a profile of these values; `path` is named where one of them means nothing."""
    kinds = {f.name: f for f in fields(Profile) if not f.metadata.get("internal")}
    _refuse_unknown(data, kinds.keys(), path)
    hints = get_type_hints(Profile)
    values = {key: _convert(key, value, hints[key], path) for key, value in data.items()}
    profile = Profile(name=name, **values)
    for url in filter(None, (profile.url, *profile.urls)):
        if not re.match(r"https?://[^/\s]", str(url)):
            raise ConfigError(
                f"{path}: {url!r} is no address of a server",
                hint="write it as http://HOST:PORT/v1 or https://HOST/v1",
            )
    if "trusted" in values and profile.trusted > profile.window:
        raise ConfigError(
            f"{path}: {profile.trusted:,} tokens are trusted, and the window has"
            f" {profile.window:,}",
            hint="lower trusted, or raise window",
        )
    if profile.window <= profile.answer:
        raise ConfigError(
            f"{path}: the answer's {profile.answer:,} tokens leave nothing of the window",
            hint="raise window, or lower answer",
        )
    return profile


def _convert(key: str, value: object, wanted: Any, path: Path) -> Any:
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise ConfigError(
                f"{path}: {key} = {value!r} means nothing",
                hint=f"one of {', '.join(map(repr, get_args(wanted)))}",
            )
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if get_origin(wanted) is tuple:
        return tuple(_check(key, value, list, path))
    if get_origin(wanted) is Mapping:
        return _check(key, value, dict, path)
    return _check(key, value, wanted, path)


NAMES = {
    int: "a whole number", float: "a number", str: "a text", list: "a list", dict: "a table",
    bool: "true or false",
}  # fmt: skip
"""What a person calls values of a kind."""


def _check(key: str, value: object, wanted: type, path: Path) -> Any:
    if type(value) is not wanted or (isinstance(value, int | float) and not value >= 0):
        raise ConfigError(
            f"{path}: {key} = {value!r} is not {NAMES[wanted]} that can be used",
            hint=f"correct {key} in {path}",
        )
    return value


def _languages(value: object, path: Path) -> str:
    """Return names of languages; they become an argument of a program."""
    names: str = _check("languages", value, str, path)
    if not re.fullmatch(r"[A-Za-z]\w*(?:\+[A-Za-z]\w*)*", names):
        raise ConfigError(
            f"{path}: languages = {names!r} names no languages",
            hint='name them as tesseract does, with "+" between them: "deu+eng"',
        )
    return names


def _refuse_unknown(data: Mapping[str, object], known: Collection[str], path: Path) -> None:
    for key in data:
        if key not in known:
            close = similar(key, known)
            hint = f"did you mean {close}?" if close else f"known are {', '.join(sorted(known))}"
            raise ConfigError(f"{path}: nothing is called {key!r} here", hint=hint)


def _table(data: Mapping[str, object], key: str, path: Path) -> dict[str, Any]:
    table: dict[str, Any] = _check(key, data.get(key, {}), dict, path)
    return table


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names with their values: in TOML `read.next = "j"` is a table in a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", hint="correct it, or move it away"
        ) from error
