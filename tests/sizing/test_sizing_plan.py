"""Plans: what fits where, what is refused and why, what breaks, what it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.errors import ConfigError
from longread.sizing import fit, known, kv, layouts, speed
from longread.sizing.gpus import GPUS, Gpu, find, table
from longread.sizing.model import Kind
from longread.sizing.pages import Deployment
from longread.sizing.plan import Wish, plan
from longread.sizing.weights import PRECISIONS, Precision, weights
from longread.types.plans import Plan

TABLE = table()
SCOUT = known.find("scout")
ALL = st.sampled_from([known.find(name) for name in known.names()])
DEPLOYMENTS = st.builds(
    Deployment,
    tp=st.sampled_from([1, 2, 4, 8]),
    pp=st.integers(1, 4),
    kv=st.sampled_from(["bf16", "fp8"]),
    block=st.sampled_from([16, 64, 128]),
    batched=st.sampled_from([2_048, 8_192, 16_384]),
    sequences=st.integers(1, 64),
)
CONTEXTS = st.integers(1, 1_000_000)


def planned(context: int = 1_000_000, gpu: str = "h100", **wish: object) -> Plan:
    model = known.find(str(wish.pop("model", "scout")))
    return plan(Wish(model, context, find(gpu, TABLE), **wish), TABLE)  # type: ignore[arg-type]


@given(ALL, DEPLOYMENTS, CONTEXTS, CONTEXTS)
def test_a_longer_context_never_needs_less(
    model: object, how: Deployment, one: int, other: int
) -> None:
    shorter, longer = sorted((one, other))
    assert kv.need(model, how, shorter) <= kv.need(model, how, longer)  # type: ignore[arg-type]


@given(ALL, DEPLOYMENTS, CONTEXTS, st.sampled_from(GPUS), st.sampled_from(PRECISIONS))
def test_the_longest_window_fits_and_one_more_token_does_not(
    model: object, how: Deployment, limit: int, gpu: Gpu, precision: Precision
) -> None:
    longest = fit.window(model, how, gpu, precision, limit)  # type: ignore[arg-type]
    assert longest <= limit
    if longest:
        assert fit.fits(model, how, gpu, precision, longest)  # type: ignore[arg-type]
    if longest < limit:
        assert not fit.fits(model, how, gpu, precision, longest + 1)  # type: ignore[arg-type]


@given(ALL, DEPLOYMENTS, CONTEXTS)
def test_kinds_of_attention_add_up_to_the_whole(
    model: object, how: Deployment, context: int
) -> None:
    parts = kv.by_kind(model, how, context)  # type: ignore[arg-type]
    most = kv.need(model, how, context)  # type: ignore[arg-type]
    total = sum(part for *_, part in parts)
    assert most <= total <= most * how.pp
    assert sum(layers for _, layers, *_ in parts) >= model.layers  # type: ignore[attr-defined]


@given(DEPLOYMENTS, CONTEXTS)
def test_the_hybrid_allocator_never_costs_more_with_llama_4(how: Deployment, context: int) -> None:

    assert kv.need(SCOUT, how, context) <= kv.need(SCOUT, replace(how, hybrid=False), context)


@given(ALL)
def test_fewer_bits_weigh_less(model: object) -> None:
    sizes = [weights(model, precision) for precision in PRECISIONS]  # type: ignore[arg-type]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("context", "precision", "cache", "hybrid", "expected"),
    [
        # A sizing by hand over vLLM's own figures, made before this code; H100 to MI300X.
        (131_072, "bf16", "bf16", True, "TP4 TP2 TP2 TP1 TP2"),
        (131_072, "fp8", "fp8", True, "TP2 TP1 TP1 TP1 TP1"),
        (1_000_000, "bf16", "bf16", True, "TP4 TP4 TP2 TP2 TP2"),
        (1_000_000, "fp8", "fp8", True, "TP4 TP2 TP1 TP1 TP1"),
        (3_600_000, "bf16", "bf16", True, "TP8 TP4 TP4 TP2 TP4"),
        (3_600_000, "fp8", "fp8", True, "TP4 TP2 TP2 TP1 TP2"),
        (10_000_000, "bf16", "bf16", True, "TP8×PP2 TP8 TP8 TP4 TP8"),
        (10_000_000, "bf16", "fp8", True, "TP8 TP4 TP4 TP2 TP4"),
        (10_000_000, "fp8", "fp8", True, "TP8 TP4 TP4 TP2 TP4"),
        (10_000_000, "fp8", "fp8", False, "TP8×PP3 TP8×PP2 TP8 TP8 TP8"),
    ],
)
def test_as_many_gpus_are_needed_as_a_sizing_by_hand_found(
    context: int, precision: Precision, cache: str, hybrid: bool, expected: str
) -> None:
    how = Deployment(kv=cache, hybrid=hybrid)  # type: ignore[arg-type]
    gpus = [TABLE[name] for name in ("h100", "h200", "b200", "gb300", "mi300x")]
    found = [str(fit.fewest(SCOUT, how, gpu, precision, context)) for gpu in gpus]
    assert found == expected.split()


def test_a_long_prompt_takes_as_long_as_the_formula_of_its_sources_says() -> None:
    h100, how = TABLE["h100"], Deployment(tp=8, kv="fp8", block=128)
    assert speed.operations(SCOUT, 10_000_000) / 1e15 == pytest.approx(12_620, rel=0.001)
    cold = speed.first_token(SCOUT, how, h100, 10_000_000)
    cached = speed.first_token(SCOUT, how, h100, 10_000_000, 9_999_500)
    assert cold
    assert cached
    assert cold / 60 == pytest.approx(66, abs=1)
    assert 1.2 < cached < 2.5
    sixteen = speed.first_token(
        SCOUT, Deployment(tp=8, kv="fp8", block=16), h100, 10_000_000, 9_999_500
    )
    assert sixteen
    assert 5 < sixteen < 9.5


def test_llama_4_is_refused_on_16_gpus_by_tensor_parallelism_and_told_what_works() -> None:
    with pytest.raises(ConfigError, match="40 query heads") as raised:
        planned(tp=16)
    assert "--tp 8" in raised.value.hint
    assert str(planned(gpus=16).spread) == "TP8×PP2"


def test_each_refused_layout_says_why() -> None:
    said = {str(one): one.refusal for one in layouts.shown(SCOUT)}
    assert not said["TP8"]
    assert not said["TP8×PP2"]
    assert "40 query heads" in said["TP16"]
    assert "8 heads" in said["TP8×DCP2"]
    assert "chunked" in said["TP8×PCP2"]
    assert layouts.refusal(SCOUT, 10).startswith("8 key-value heads")
    assert layouts.refusal(SCOUT, 40).startswith("expert width")


def test_what_breaks_is_said() -> None:
    said = {caution.name: caution for caution in planned(10_000_000).cautions}
    assert "4.0 times" in said["hybrid allocator"].text
    for name in ("prefix caching", "question first", "pool", "TP 16", "DCP", "trusted window"):
        assert said[name].hint
    assert "20.5 GB" in next(
        c.text for c in planned(10_000_000, block=16).cautions if c.name == "max-num-seqs"
    )


def test_a_question_and_a_review_are_served_differently() -> None:
    assert "requests at once" in {c.name for c in planned(65_536, use="review").cautions}
    asked = " ".join(argument.text for argument in planned().command)
    review = " ".join(argument.text for argument in planned(65_536, use="review").command)
    assert "--scheduling-policy priority" in asked
    assert "--max-num-seqs 8" in asked
    assert "--max-num-seqs 64" in review
    assert "priority" not in review
    for command in (asked, review):
        assert "--enable-prefix-caching" in command
    assert all(argument.why for argument in planned().command)


def test_a_window_beyond_the_positions_is_refused_unless_its_makers_stretch_it() -> None:
    with pytest.raises(ConfigError, match="1,048,576 positions") as raised:
        planned(2_000_000, model="maverick")
    assert "1048576" in raised.value.hint
    stretched = planned(1_000_000, model="qwen3.6")
    assert any("yarn" in argument.text for argument in stretched.command)
    assert any("LONG_MAX_MODEL_LEN" in variable.text for variable in stretched.environment)


@pytest.mark.parametrize(
    "wish", [{"gpus": 0}, {"tp": 0}, {"block": 7}, {"sequences": -1}, {"context": 0}, {"gpus": -4}]
)
def test_numbers_that_mean_nothing_are_refused_in_one_line(wish: dict[str, int]) -> None:
    with pytest.raises(ConfigError) as raised:
        planned(**wish)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    assert raised.value.hint


def test_a_number_of_gpus_without_a_layout_names_one_with() -> None:
    with pytest.raises(ConfigError, match="53 GPUs") as raised:
        planned(gpus=53)
    assert "--gpus 52" in raised.value.hint


def test_models_with_states_do_not_do_without_the_hybrid_allocator() -> None:
    with pytest.raises(ConfigError, match="hybrid"):
        planned(262_144, model="kimi", hybrid=False)
    assert planned(262_144, model="kimi").flat is None


def test_a_gpu_can_be_added_and_a_price_set() -> None:
    own = table({"l40s": {"memory": 48e9, "flops": 362e12}, "h200": {"hourly": 3}})
    assert own["l40s"].memory == 48e9
    assert (own["h200"].hourly, own["h200"].memory) == (3, 141e9)
    costs = plan(Wish(SCOUT, 1_000_000, own["h200"], gpus=8), own).times
    assert costs.hourly == 24
    assert costs.corpus
    assert costs.question


@pytest.mark.parametrize(
    ("own", "about"),
    [
        ({"l40s": {"flops": 1}}, "memory"),
        ({"h100": {"memry": 1}}, "memry"),
        ({"h100": {"memory": "80 GB"}}, "memory"),
        ({"h100": 80}, "h100"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(own: dict[str, object], about: str) -> None:
    with pytest.raises(ConfigError, match=about) as raised:
        table(own)
    assert raised.value.hint


def test_an_unknown_gpu_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as raised:
        find("h10", TABLE)
    assert "h100" in raised.value.hint


def test_where_a_speed_is_not_known_no_time_is_made_up() -> None:
    made = planned(131_072, "cpu-1024")
    assert made.fits
    assert made.times.cold is None
    assert made.times.speed is None
    assert not made.command


def test_a_plan_that_does_not_fit_says_so_and_how_far_it_goes() -> None:
    made = planned(10_000_000, gpus=1, precision="int4")
    assert not made.fits
    assert 100_000 < made.longest < 300_000
    assert made.need > made.usable


def test_the_chart_rises_and_knows_the_planned_length() -> None:
    made = planned(777_777)
    lengths = [point.context for point in made.chart]
    assert 777_777 in lengths
    assert lengths == sorted(lengths)
    sums = [point.weights + point.cache + point.other for point in made.chart]
    assert sums == sorted(sums)
    assert made.need == sums[lengths.index(777_777)]


def test_deepseek_keeps_far_less_than_llama() -> None:
    flash = known.find("deepseek-v4-flash")
    how = Deployment(tp=8, block=256)
    assert kv.need(flash, how, 1_000_000) < 2 * kv.need(SCOUT, how, 1_000_000)
    grown = kv.by_kind(flash, how, 1_000_000)
    assert {kind for kind, _, token, _ in grown if token} == {Kind.COMPRESSED}


def test_a_server_that_was_started_printed_the_capacity_that_is_planned() -> None:
    # vLLM 0.32 on a CPU, 4 GiB of cache: "16,698,939 tokens" of a Llama 4 of four layers with 256
    # bytes a token and layer. On CPUs no step is planned ahead, and blocks are of 128 tokens.
    caches = [
        replace(cache, layer=layer, heads=1, width=128)
        for layer, cache in enumerate(SCOUT.caches[:4])
    ]
    tiny = replace(SCOUT, caches=tuple(caches), layers=4)
    how = Deployment(block=128, batched=8_192, asynchronous=False)
    assert kv.capacity(tiny, how, 4 << 30, 10_485_760) == 16_698_939
