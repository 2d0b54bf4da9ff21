"""The `vllm serve` command for a plan, with a line of why for each argument.

Names and meanings are vLLM 0.32's (`engine/arg_utils.py`, `entrypoints/launchers/cli_args.py`); a
test has vLLM's own parser read each command. It starts nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Literal

from longread.sizing.fit import UTILISATION
from longread.sizing.gpus import Gpu
from longread.sizing.layouts import NODE
from longread.sizing.model import Kind, Model
from longread.sizing.pages import Deployment, block_size, round_up
from longread.sizing.speed import last_step
from longread.sizing.weights import Precision
from longread.types.plans import Argument

Use = Literal["ask", "review"]
STEP_LIMIT = 300
"""Seconds after which vLLM gives up on a step (`VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS`)."""
LOCAL_AND_GLOBAL = "VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE"
LONGER = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"


def defaults(use: Use, block: int | None = None, batched: int | None = None) -> Deployment:
    """Return what is asked of a server for questions about one corpus, or for bulk review.

    Large blocks because the host hashes and finds each block of each question: 10M tokens in
    blocks of 16 cost 6 to 9 s a question, in blocks of 128 under 2 (measured on one core).
    """
    if use == "review":
        return Deployment(sequences=64, block=block or 128, batched=batched or 16_384)
    return Deployment(sequences=8, block=block or 128, batched=batched or 16_384)


def environment(model: Model, how: Deployment, gpu: Gpu, context: int) -> Iterator[Argument]:
    """Yield the variables that the server needs."""
    if Kind.CHUNKED in model.kinds and how.hybrid:
        yield Argument(
            f"{LOCAL_AND_GLOBAL}=1",
            "the default, made certain: 0 would cost four times the KV cache",
        )
    if context > model.positions:
        yield Argument(f"{LONGER}=1", f"the configuration ends at {model.positions:,} positions")
    if context > 1_000_000:
        yield Argument(
            "VLLM_ENGINE_READY_TIMEOUT_S=3600", "loading and profiling a long window takes minutes"
        )
    step = last_step(model, how, gpu, context)
    if step and step > STEP_LIMIT / 3:
        yield Argument(
            f"VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS={round_up(int(4 * step), STEP_LIMIT)}",
            f"a step at the end of the prompt takes about {step:.0f} s; fewer batched tokens too",
        )


def command(
    model: Model, how: Deployment, precision: Precision, context: int, use: Use
) -> Iterator[Argument]:
    """Yield the command and its arguments in the order in which they are read best."""
    named = shlex.quote(model.repository or model.name)
    yield Argument(f"vllm serve {named}", _checkpoint(model, precision))
    if how.tp > 1:
        yield Argument(f"--tensor-parallel-size {how.tp}", "each layer is split over these GPUs")
    if how.pp > 1:
        yield Argument(
            f"--pipeline-parallel-size {how.pp}",
            "layers in stages; try needles first: a release lost long contexts with PP 2 (#18267)",
        )
    if how.gpus > NODE:
        nodes = -(-how.gpus // NODE)
        yield Argument(
            f"--nnodes {nodes}",
            "and on each node --node-rank 0, 1, … with --master-addr of the first",
        )
    yield Argument(f"--max-model-len {context}", "the window: corpus, question and answer")
    if context > model.positions and model.stretch:
        yield Argument(
            f"--hf-overrides '{model.stretch}'", "YaRN, as its makers write it for this length"
        )
    if precision == "fp8" and not model.stored:
        yield Argument(
            "--quantization fp8",
            "16-bit weights become fp8 while loading; leave it out for fp8 ones",
        )
    if how.kv == "fp8":
        own = Kind.COMPRESSED in model.kinds
        yield Argument(
            "--kv-cache-dtype fp8",
            "the layout that its layers need anyway"
            if own
            else "half the KV cache; compare answers before you trust it (#23813)",
        )
    yield Argument(
        f"--block-size {block_size(model, how)}", "the host hashes each block of each question"
    )
    yield from _shared(model, how, use)
    yield Argument(
        f"--gpu-memory-utilization {UTILISATION}", "the default, which this plan counts with"
    )
    if model.sees:
        yield Argument(
            "--language-model-only",
            "no vision tower is profiled; leave it out to show pages as pictures",
        )
    yield Argument(
        "--enable-prompt-tokens-details", "usage says how many tokens came from the cache"
    )


def words(command: Iterable[Argument]) -> tuple[str, ...]:
    """Return a command as its words, as a process is started with."""
    return tuple(shlex.split(" ".join(argument.text for argument in command)))


def _shared(model: Model, how: Deployment, use: Use) -> Iterator[Argument]:
    yield Argument(
        "--enable-prefix-caching --prefix-caching-hash-algo sha256",
        "the second question reads nothing again; copied recipes switch it off",
    )
    if how.hybrid and len(model.kinds) > 1:
        yield Argument(
            "--no-disable-hybrid-kv-cache-manager",
            "vLLM stops at the start rather than lose the hybrid allocator unsaid",
        )
    if not how.hybrid:
        yield Argument(
            "--disable-hybrid-kv-cache-manager", "as asked; every layer keeps every token"
        )
    yield Argument(
        f"--max-num-batched-tokens {how.batched}",
        "tokens of a step: fewer, longer steps read faster",
    )
    if use == "ask":
        yield Argument(
            f"--max-num-seqs {how.sequences}",
            "block tables and token buffers are made for every one of them",
        )
        yield Argument(
            f"--long-prefill-token-threshold {how.batched // 4}",
            "a short question is not starved while a corpus is read",
        )
        yield Argument("--scheduling-policy priority", "questions may pass a corpus being read")
        return
    yield Argument(f"--max-num-seqs {how.sequences}", "many short prompts at once")
    yield Argument("--max-num-queued-reqs 1024", "says 503 rather than queue without end")


def _checkpoint(model: Model, precision: Precision) -> str:
    if model.stored:
        return f"the weights, stored as {model.stored}"
    if precision == "int4":
        return "put the name of an int4 checkpoint here: vLLM makes none while loading"
    return "the weights, from the hub or a directory"
