"""`longread plan`: how many GPUs, which vLLM arguments, how long, how much."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from longread.cli.sizes import Tokens
from longread.export.visible import line


@click.command()
@click.argument("model", default="llama4-scout")
@click.option("--context", type=Tokens(), help="The window: 128k, 1M, 10M.")
@click.option("--gpu", default="h100", show_default=True, help="h100, h200, b200, … or your own.")
@click.option("--gpus", type=int, help="How many of them; else the fewest that do.")
@click.option("--tp", type=int, help="Tensor parallelism; else the most that is legal.")
@click.option("--pp", type=int, help="Pipeline stages.")
@click.option(
    "--precision",
    "--weights",
    type=click.Choice(["bf16", "fp8", "int4"]),
    default="fp8",
    show_default=True,
    help="Of the weights.",
)
@click.option("--kv", type=click.Choice(["bf16", "fp8"]), help="Of the KV cache.")
@click.option(
    "--use",
    type=click.Choice(["ask", "review"]),
    default="ask",
    show_default=True,
    help="Questions about one corpus, or many documents one after another.",
)
@click.option("--block", type=int, help="Tokens of a block of the cache.")
@click.option("--batched", type=int, help="Tokens of one step.")
@click.option("--sequences", type=int, help="Requests at once.")
@click.option("--no-hybrid", is_flag=True, help="As where the hybrid allocator is lost.")
@click.option("--hourly", type=float, help="US dollars for one GPU, an hour.")
@click.option("--models", is_flag=True, help="List the models whose facts are known.")
@click.option("--json", "as_data", is_flag=True, help="Print as JSON.")
def plan(models: bool, as_data: bool, no_hybrid: bool, **options: Any) -> None:
    """Say what it takes to run a model with a window.

    MODEL is a name (--models lists them), a profile, a model's directory or a config.json.
    Bytes of the KV cache are what vLLM plans itself; times and prices are estimates by formula.
    """
    from longread.analysis.plan import Asked
    from longread.analysis.plan import plan as make
    from longread.export.session import as_json

    if models:
        _list_models(as_data)
        return
    made = make(Asked(hybrid=not no_hybrid, **options))
    if as_data:
        click.echo(as_json(asdict(made)))
        return
    from longread.cli.plan_tables import show

    show(made)


def _list_models(as_data: bool) -> None:
    from longread.analysis.plan import listed
    from longread.export.session import as_json

    found = listed()
    if as_data:
        click.echo(as_json([{"name": m.name, "repository": m.repository} for m in found]))
        return
    for model in found:
        click.echo(f"{model.name:<20} {model.positions:>10,} positions  {line(model.repository)}")
