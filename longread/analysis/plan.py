"""What it takes to run a model with a window: settings, profiles and `sizing` joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from longread import config
from longread.config import Profile
from longread.engine import models
from longread.errors import ConfigError, similar
from longread.sizing import gpus, known
from longread.sizing.model import Model
from longread.sizing.pages import KV
from longread.sizing.plan import Wish
from longread.sizing.plan import plan as make
from longread.sizing.serve import Use
from longread.sizing.weights import Precision
from longread.types.plans import Hosted, Plan

WINDOWS: dict[Use, int] = {"ask": 1_000_000, "review": 65_536}
"""Tokens of a window where nobody says: a large corpus; one document of many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks, by names; what is left out is chosen."""

    model: str = "llama4-scout"
    """A known name, a profile's name, a model's directory, or a `config.json`."""
    context: int | None = None
    gpu: str = "h100"
    gpus: int | None = None
    tp: int | None = None
    pp: int | None = None
    precision: Precision = "fp8"
    kv: KV | None = None
    use: Use = "ask"
    block: int | None = None
    batched: int | None = None
    sequences: int | None = None
    hybrid: bool = True
    hourly: float | None = None
    """US dollars for one GPU, an hour."""


def plan(asked: Asked) -> Plan:
    """Return the plan.

    Raises:
        ConfigError: a name that nothing has, or numbers that mean nothing.
    """
    table = gpus.table(config.settings().gpus)
    gpu = gpus.find(asked.gpu, table)
    if asked.hourly is not None:
        if not 0 <= asked.hourly < float("inf"):
            raise ConfigError(f"--hourly {asked.hourly} is no price", hint="--hourly 2.50")
        gpu = replace(gpu, hourly=asked.hourly)
    model, window = find(asked.model)
    window = min(window or WINDOWS[asked.use], max(model.positions, model.stretched))
    wish = Wish(
        model=model,
        context=window if asked.context is None else asked.context,
        gpu=gpu,
        gpus=asked.gpus,
        tp=asked.tp,
        pp=asked.pp,
        precision=asked.precision,
        kv=asked.kv,
        use=asked.use,
        block=asked.block,
        batched=asked.batched,
        sequences=asked.sequences,
        hybrid=asked.hybrid,
    )
    made = make(wish, table)
    return replace(made, hosted=tuple(_hosted(model, made.context)))


def at_fault(asked: Asked) -> str:
    """Return the field that keeps a plan from being made: the one without which another is told.

    "" where it is none of model, context and number of GPUs.
    """
    try:
        find(asked.model)
    except ConfigError:
        return "model"
    said = _refusal(asked)
    if asked.context is not None and _refusal(replace(asked, context=None)) != said:
        return "context"
    if asked.gpus is not None and _refusal(replace(asked, gpus=None)) != said:
        return "gpus"
    return ""


def _refusal(asked: Asked) -> str:
    try:
        plan(asked)
    except ConfigError as error:
        return str(error)
    return ""


def machines() -> list[gpus.Gpu]:
    """Return the GPUs that are known, a person's own among them.

    Raises:
        ConfigError: a setting means nothing.
    """
    return list(gpus.table(config.settings().gpus).values())


def listed() -> list[Model]:
    """Return the models whose facts come with longread."""
    return [known.find(name) for name in known.names()]


def find(name: str) -> tuple[Model, int]:
    """Return a model and perhaps a window: by its name, from its directory, or by a profile.

    A profile's trusted window is taken over: what a probe has found counts for its model.

    Raises:
        ConfigError: nothing is called so.
    """
    try:
        return known.find(name), 0
    except ConfigError as error:
        if name not in config.profile_names():
            close = similar(name, config.profile_names())
            if not close or known.there(name):
                raise
            raise ConfigError(str(error), hint=f"{error.hint}; or profile {close}") from None
    profile = config.load_profile(name)
    place = str(models.place()) if profile.model == "embedded" else profile.model
    try:
        found = known.find(place)
    except ConfigError:
        raise ConfigError(
            f"profile {name} runs {profile.model}, whose layers are not known here",
            hint="name the model's directory, or its config.json",
        ) from None
    return replace(found, trusted=profile.trusted), profile.window


def _hosted(model: Model, context: int) -> Iterator[Hosted]:
    """Yield what hosts of the same model would charge, by the profiles that say a price."""
    for name in config.profile_names():
        try:
            profile = config.load_profile(name)
            same = profile.price_input and known.find(profile.model).repository == model.repository
        except ConfigError:
            continue
        if same:
            yield _priced(profile, context)


def _priced(profile: Profile, context: int) -> Hosted:
    tokens = min(context, profile.window - profile.answer)
    answer = profile.price_output * 500 / 1e6
    cached = profile.price_cached or profile.price_input
    return Hosted(
        profile=profile.name,
        window=profile.window,
        first=profile.price_input * tokens / 1e6 + answer,
        cached=cached * tokens / 1e6 + answer,
        date=profile.price_date,
    )
