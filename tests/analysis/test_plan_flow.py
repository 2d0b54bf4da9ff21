"""Plans of the profiles that come with longread: what they say of their hardware holds."""

from __future__ import annotations

import pytest

from longread import config
from longread.analysis.plan import Asked, plan
from longread.errors import ConfigError
from longread.sizing import known
from longread.sizing.weights import Precision


def test_each_profile_of_a_known_model_can_be_planned() -> None:
    planned = 0
    for name in config.profile_names():
        profile = config.load_profile(name)
        try:
            known.find(profile.model)
        except ConfigError:
            continue
        made = plan(Asked(name))
        assert made.context == profile.window
        assert made.trusted == profile.trusted
        planned += 1
    assert planned > 8


@pytest.mark.parametrize(
    ("name", "precision", "gpu", "gpus"),
    [
        ("vllm-scout-10m", "fp8", "h100", 8),
        ("vllm-scout-1m", "fp8", "h100", 4),
        ("vllm-scout-128k", "int4", "h100", 1),
        ("vllm-maverick-1m", "fp8", "h200", 8),
    ],
)
def test_a_profile_runs_on_the_gpus_that_it_names(
    name: str, precision: Precision, gpu: str, gpus: int
) -> None:
    assert plan(Asked(name, None, gpu, gpus, precision=precision)).fits


def test_hosts_of_the_same_model_are_priced_with_their_date() -> None:
    hosted = {row.profile: row for row in plan(Asked("scout", 1_000_000)).hosted}
    assert {"together", "openrouter"} <= hosted.keys()
    assert hosted["together"].date
    assert "together-maverick" not in hosted


def test_a_mistyped_profile_is_told_what_may_be_meant() -> None:
    with pytest.raises(ConfigError) as raised:
        plan(Asked("vllm-scout-10"))
    assert "vllm-scout-10m" in raised.value.hint
