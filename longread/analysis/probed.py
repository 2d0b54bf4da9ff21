"""What the store has of a model's probes, for whoever wants to show the newest."""

from __future__ import annotations

from collections import Counter

from longread import config
from longread.analysis.bounds import CONFIDENCE, THRESHOLD, bound
from longread.errors import ConfigError
from longread.sizing import known
from longread.store import Probed, Store
from longread.types.probes import Probe


def newest(store: Store, name: str) -> Probe | None:
    """Return the newest probe of a profile, or of a model by any name of it; None without one.

    Which threshold was asked for is not kept, so the usual ones stand in it; and a length is
    done when it has as many trials as the one that has most.

    Raises:
        StoreError: the store cannot be read.
    """
    found = [probed for probed in store.probes() if probed.trials]
    # A profile that was probed as it is says more than its model under another profile.
    for probed in found:
        if probed.profile == name:
            return _made(store, probed)
    wanted = _model(name)
    for probed in found:
        if _model(probed.model) == wanted:
            return _made(store, probed)
    return None


def _model(name: str) -> str:
    """Return what a model is called, whatever name it was given."""
    try:
        return known.find(name).repository
    except ConfigError:
        pass
    if name in config.profile_names():
        try:
            return _model(config.load_profile(name).model)
        except ConfigError:
            return name
    return name


def _made(store: Store, probed: Probed) -> Probe:
    trials = tuple(store.trials(probed.key))
    counted = Counter(trial.length for trial in trials)
    bounds = bound(trials, sorted(counted), max(counted.values()))
    date = probed.created.astimezone().date().isoformat()
    return Probe(
        probed.profile, probed.model, probed.title, probed.seed, date, trials, bounds,
        THRESHOLD, CONFIDENCE,
    )  # fmt: skip
