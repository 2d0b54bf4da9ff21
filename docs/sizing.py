"""Makes docs/sizing.md: what is published about what fits where, beside what `longread plan` says.

    python docs/sizing.py

Published figures are written here as they stand in their sources; ours are computed. A test makes
the same text again and compares, so the document cannot be out of date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from longread.sizing import fit, known, kv
from longread.sizing.buffers import on_gpu, rope_table
from longread.sizing.gpus import GPUS, Gpu
from longread.sizing.layouts import legal
from longread.sizing.pages import KV, Deployment
from longread.sizing.weights import Precision, weights

H100 = next(gpu for gpu in GPUS if gpu.name == "h100")
PLACE = Path(__file__).with_suffix(".md")
WINDOWS = (131_072, 1_000_000, 3_600_000, 10_000_000)

VRAM: tuple[tuple[str, float, float, Precision], ...] = (
    ("Q4_K_M", 4.5, 61.8, "int4"),
    ("Q6_K", 6.5, 89.0, "fp8"),
    ("Q8_0", 8, 109.5, "fp8"),
    ("FP16", 16, 218.5, "bf16"),
)
"""A catalogue's "VRAM required" of Scout: quantization, bits a weight, gigabytes; our nearest."""

CATALOGUE: tuple[tuple[int, int, str], ...] = (
    (64, 11, "M1 Ultra, M2 Ultra, M2/M3/M4 Max, M4 Pro, MI200, MI210, H100 64 GB, Jetson"),
    (72, 1, "RTX PRO 5000"),
    (80, 14, "H100, H100 CNX, H800, A100, A100X, A800"),
    (84, 1, "RTX 6000D"),
    (90, 1, "B200, which has 180"),
    (94, 2, "H100 NVL, H100 94 GB"),
)
"""GPUs "that can run this model at Q4_K_M" of the same catalogue: gigabytes, how many, which."""

BLOG: tuple[tuple[str, str, int], ...] = (
    ("vLLM's blog, April 2025", "h100", 1_000_000),
    ("vLLM's blog, April 2025", "h200", 3_600_000),
    ("SGLang's documentation, without hybrid memory", "h100", 1_000_000),
    ("SGLang's documentation, without hybrid memory", "h200", 2_500_000),
    ("SGLang's documentation, with it", "h100", 5_000_000),
    ("SGLang's documentation, with it", "h200", 10_000_000),
)
"""Windows of Scout that are published for eight GPUs."""

PEERS: tuple[tuple[str, str, str], ...] = (
    ("a post (apxml)", "18.8 TB", "no grouped heads, no chunks"),
    ("gpu.name", "4.9 TB", "0.5 GB for 1,000 tokens of any model"),
    ("techcompare.app", '2.06 TB, "28 H100"', "no chunks: every layer keeps every token; 16 bits"),
    ("n-shot.com", "1.23 TB", "does not say how"),
    ("a table on reddit", "240.6 (fp8, GiB)", "chunks, but no tokens in flight, no blocks"),
    ("the catalogue above", "0", "weights alone"),
)
"""What others answer to: how much KV cache does Scout need for 10M tokens?"""

CLAIMS: tuple[tuple[str, str, str, int, Gpu, Precision, KV, int], ...] = (
    ("Scout fits one H100 with int4", "Together, a wiki",
     "scout", 1, H100, "int4", "fp8", 131_072),
    ("Scout in full precision needs 4 H100", "a wiki",
     "scout", 4, H100, "bf16", "bf16", 1_000_000),
    ('Maverick fits "a single H100 DGX host" in fp8', "Together",
     "maverick", 8, H100, "fp8", "fp8", 1_000_000),
    ("Maverick needs 3 H100", "a wiki", "maverick", 3, H100, "int4", "fp8", 131_072),
    ("Scout in fp8 fits one H100", "vLLM's recipe", "scout", 1, H100, "fp8", "fp8", 131_072),
    ("Scout at 4 bits fits a GPU of 24 GB", "a catalogue",
     "scout", 1, Gpu("24", 24e9), "int4", "fp8", 8_192),
)  # fmt: skip
"""What it says, who says it, and what that is: model, GPUs, which, weights, cache, window."""

FACTS: tuple[tuple[str, str, str], ...] = (
    ("layers", "80 (a wiki)", "layers"),
    ("hidden size", "8,192 (a wiki)", "hidden"),
    ("query heads", "64 (a wiki)", "query_heads"),
    ("key-value heads", "8 (a catalogue, a wiki)", "kv_heads"),
    ("context", "327,680 (Together), 512K (a catalogue), 10M (Meta)", "positions"),
)


def document() -> str:
    """Return the whole text."""
    return "\n".join([*_head(), *_weights(), *_catalogue(), *_claims(), *_windows(), *_peers(),
                      *_counts(), *_models(), *_facts()]) + "\n"  # fmt: skip


def _head() -> Iterator[str]:
    scout = known.find("scout")
    need = kv.need(scout, Deployment(tp=8, kv="fp8"), 10_000_000)
    rope = rope_table(scout, 10_000_000) / 1e9
    yield "# What fits where"
    yield ""
    yield from _prose(
        "What providers, catalogues and calculators publish about running Llama 4 with a long "
        "window, each figure beside the one that `longread plan` computes, and why they differ. "
        "`python docs/sizing.py` makes this page."
    )
    yield from _prose(
        "Our KV cache is what vLLM 0.32 plans itself, to the byte: a test asks vLLM's own "
        "functions in hundreds of random configurations. Scout with 10,000,000 tokens, TP 8, fp8 "
        f"cache, blocks of 16, steps of 8,192 tokens: **{need:,} bytes on each GPU**, as vLLM "
        f"says. A GPU also holds its share of the weights, the table of RoPE ({rope:.1f} GB for "
        "Scout, whatever the window), block tables, and 3.3 GB for activations and graphs, which "
        f"is an estimate. vLLM uses {fit.UTILISATION:.0%} of a GPU. GB are 10⁹ bytes. Where "
        "nothing else is said, blocks are of 16 tokens, steps of 8,192, and 8 requests run at once."
    )


def _weights() -> Iterator[str]:
    scout = known.find("scout")
    yield '## "VRAM required" is the weights alone'
    yield ""
    yield from _prose(
        "A catalogue's table for Scout. Its figures are 109 × 10⁹ × bits ÷ 8 + 0.5 GB: no KV "
        "cache, no activations. Ours are with an fp8 cache (bf16 beside bf16 weights) and with all "
        "that a GPU holds, were one GPU large enough."
    )
    heads = ["quantization", "published", "its formula", "ours: weights"]
    heads += [f"with {_tokens(n)}" for n in WINDOWS]
    rows = []
    for name, bits, published, precision in VRAM:
        cache: KV = "bf16" if precision == "bf16" else "fp8"
        how = Deployment(kv=cache)
        ours = [fit.held(scout, how, precision, n) for n in WINDOWS]
        rows.append(
            [f"{name}, {bits:g} bits", f"{published:g} GB", f"{109 * bits / 8 + 0.5:.1f}",
             f"{_gb(weights(scout, precision))} ({precision})", *map(_gb, ours)]
        )  # fmt: skip
    yield from _table(heads, rows)
    yield from _prose(
        "The weights agree within 3 % where the bits are the same (Q6_K lies between our int4 and "
        "fp8). What is required for a window does not: at 10M tokens it is three to five times the "
        "published figure."
    )


def _catalogue() -> Iterator[str]:
    scout = known.find("scout")
    how = Deployment(kv="fp8", sequences=8)
    yield '## GPUs that "can run this model"'
    yield ""
    yield from _prose(
        "The same catalogue lists GPUs from 64 GB on, by that figure alone. Ours: the longest "
        "window on one of them with int4 weights and an fp8 cache. Such weights are "
        f"{_gb(weights(scout, 'int4'))}, and {_gb(on_gpu(scout, how, 131_072))} are held beside "
        "them."
    )
    rows = []
    for memory, count, which in CATALOGUE:
        gpu = Gpu(f"{memory}", memory * 1e9)
        longest = fit.window(scout, how, gpu, "int4", scout.positions)
        verdict = f"{longest:,} tokens" if longest else "does not fit"
        rows.append([f"{memory} GB", f"{count}: {which}", "runs", verdict])
    yield from _table(["memory", "which", "published", "ours"], rows)
    yield from _prose(
        "With 64 or 72 GB these weights, RoPE's table and the activations leave nothing for a "
        'prompt; a smaller quantization or offloading is another model, or another speed. "B200, '
        "90 GB\" is wrong: vLLM's recipes count 180. vLLM does not run on Apple's GPUs."
    )


def _claims() -> Iterator[str]:
    yield "## Sentences that are copied around"
    yield ""
    rows = [[says, who, _judge(*claim)] for says, who, *claim in CLAIMS]
    yield from _table(["it says", "who", "ours"], rows)


def _judge(name: str, count: int, gpu: Gpu, precision: Precision, cache: KV, context: int) -> str:
    model, how = known.find(name), Deployment(kv=cache)
    size = f"{precision} weights are {_gb(weights(model, precision))}"
    ways = [replace(how, tp=one.tp, pp=one.pp) for one in legal(model, count)]
    longest = max(fit.window(model, way, gpu, precision, model.positions) for way in ways)
    if longest >= context:
        return f"yes: {size}, and {longest:,} tokens fit ({cache} cache)"
    fewest = fit.fewest(model, how, H100, precision, context)
    assert fewest
    instead = f"{_tokens(context)} tokens take {fewest.gpus} H100"
    return f"no: {size}, of {gpu.memory * count / 1e9:,.0f} GB in all; {instead}"


def _windows() -> Iterator[str]:
    scout = known.find("scout")
    yield "## Windows that are published for eight GPUs"
    yield ""
    rows = []
    ways = [Deployment(tp=8, hybrid=False), Deployment(tp=8), Deployment(tp=8, kv="fp8")]
    for who, name, published in BLOG:
        gpu = next(gpu for gpu in GPUS if gpu.name == name)
        ours = [fit.window(scout, how, gpu, "bf16", scout.positions) for how in ways]
        rows.append([who, f"8 × {name.upper()}", f"{published:,}", *(f"{n:,}" for n in ours)])
    yield from _table(
        [
            "who",
            "on",
            "published",
            "ours, no hybrid allocator",
            "ours, hybrid",
            "hybrid, fp8 cache",
        ],
        rows,
    )
    yield from _prose(
        "bf16 weights. vLLM's table is from before its hybrid allocator, when all 48 layers kept "
        "every token. Without it we find 9 % more on H200; on H100 more than the million that was "
        "told, and vLLM's own change (#16104) tried 1,280,000 there. Today 36 layers keep 8,192 "
        "tokens and what is in flight, and a window costs a quarter. SGLang's figures are another "
        "engine's, with reserves of its own."
    )


def _peers() -> Iterator[str]:
    scout = known.find("scout")
    yield '## "How much KV cache for 10M tokens?"'
    yield ""
    rows = [[who, says, why] for who, says, why in PEERS]
    caches: tuple[KV, ...] = ("bf16", "fp8")
    for cache in caches:
        how = Deployment(kv=cache)
        need = kv.need(scout, how, 10_000_000)
        flat = kv.need(scout, replace(how, hybrid=False), 10_000_000)
        rows.append(
            [f"**longread and vLLM, {cache}**", f"**{_gb(need)}**",
             f"{_gb(flat)} where the hybrid allocator is lost"]
        )  # fmt: skip
    yield from _table(["who", "answer", "why"], rows)


def _counts() -> Iterator[str]:
    scout = known.find("scout")
    yield "## How many GPUs for Scout"
    yield ""
    yield "One request of the whole window; more traffic needs more (see `longread plan`)."
    yield ""
    names = ("h100", "h200", "b200", "gb300", "mi300x", "a100", "rtx-pro-6000")
    gpus = [next(gpu for gpu in GPUS if gpu.name == name) for name in names]
    rows = []
    kinds: Sequence[tuple[Precision, KV, bool]] = (
        ("bf16", "bf16", True), ("bf16", "fp8", True), ("fp8", "fp8", True), ("int4", "fp8", True),
        ("fp8", "fp8", False),
    )  # fmt: skip
    for context in WINDOWS:
        for precision, cache, hybrid in kinds:
            how = Deployment(kv=cache, hybrid=hybrid)
            found = [fit.fewest(scout, how, gpu, precision, context) for gpu in gpus]
            rows.append(
                [_tokens(context), f"{precision} / {cache}{'' if hybrid else ', no hybrid'}",
                 *(str(one) if one else "–" for one in found)]
            )  # fmt: skip
    yield from _table(["window", "weights / cache", *names], rows)


def _models() -> Iterator[str]:
    yield "## One million tokens, by model"
    yield ""
    rows = []
    for name in known.names():
        model = known.find(name)
        row = [name, _gb(weights(model, "fp8"))]
        for how in (Deployment(), Deployment(kv="fp8")):
            row += [f"{kv.per_token(model, how):,}", _gb(kv.need(model, how, 1_000_000))]
        for gpu in GPUS[:3]:
            row.append(str(fit.fewest(model, Deployment(kv="fp8"), gpu, "fp8", 1_000_000)))
        rows.append(row)
    heads = ["model", "fp8 weights", "bytes a token, bf16", "KV, bf16", "bytes a token, fp8",
             "KV, fp8", *(gpu.name for gpu in GPUS[:3])]  # fmt: skip
    yield from _table(heads, rows)
    yield from _prose(
        "On one GPU; fp8 weights and cache for the counts. DeepSeek V4's layers have one layout, "
        "whatever the type. Most of what it needs at this length is not the prompt: the tokens of "
        "a step wait in blocks of 4 and 8 to be compressed, and smaller steps need less."
    )


def _facts() -> Iterator[str]:
    scout = known.find("scout")
    yield "## Facts that differ"
    yield ""
    rows = [[what, said, f"{getattr(scout, name):,}"] for what, said, name in FACTS]
    rows.append(["experts a token", "2 (a wiki)", "1 routed, and 1 shared"])
    rows.append(["parameters", "109 B", f"{scout.parameters.total:,}"])
    yield from _table(["Scout", "published", "its configuration"], rows)
    yield "What is known beyond the configurations:"
    yield ""
    for name in known.names():
        model = known.find(name)
        for text in filter(None, (model.quality, model.recipe, *model.notes)):
            yield fill(f"- {name}: {text}", 100, subsequent_indent="  ", break_on_hyphens=False)


def _prose(text: str) -> Iterator[str]:
    yield fill(text, 100, break_long_words=False, break_on_hyphens=False)
    yield ""


def _tokens(count: int) -> str:
    return {131_072: "128K", 8_192: "8K"}.get(count, f"{count / 1e6:g}M")


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PLACE.write_text(document(), encoding="utf-8")
