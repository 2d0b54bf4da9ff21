"""The profiles that come with longread: what each must state."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from longread import config
from longread.config import Profile

CONFIGS = Path(__file__).parent.parent / "configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.toml"))


@pytest.fixture(params=NAMES)
def profile(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Profile:
    monkeypatch.setenv("LONGREAD_CONFIG", str(tmp_path))
    return config.load_profile(request.param)


def test_every_way_to_get_a_long_window_has_a_profile() -> None:
    assert set(NAMES) >= {
        "embedded", "ollama", "ollama-scout", "openrouter", "together", "together-maverick", "vllm",
        "vllm-deepseek-v4-flash-1m", "vllm-kimi-linear-1m", "vllm-maverick-1m", "vllm-qwen3.6-1m",
        "vllm-scout-10m", "vllm-scout-128k", "vllm-scout-1m",
    }  # fmt: skip


def test_a_profile_promises_no_more_than_the_model_has_earned(profile: Profile) -> None:
    assert profile.answer < profile.trusted <= profile.window
    assert profile.trusted <= 131_072
    if profile.output_limit:
        assert profile.answer <= profile.output_limit


def test_who_takes_money_says_how_much_since_when_and_who_says_so(profile: Profile) -> None:
    local = profile.engine != "server" or (urlsplit(profile.url).hostname or "") == "127.0.0.1"
    priced = bool(profile.price_input and profile.price_output)
    assert priced is not local
    assert bool(profile.key_env) is not local
    assert bool(re.fullmatch(r"20\d\d-\d\d", profile.price_date)) is priced
    if profile.name not in ("embedded", "ollama", "vllm"):
        assert profile.sources


def test_a_count_that_is_estimated_or_templated_elsewhere_has_a_margin(profile: Profile) -> None:
    if profile.family == "estimate":
        assert profile.margin >= 0.1
    if profile.route == "text":
        assert profile.margin > 0
