"""`longread cache`."""

from __future__ import annotations

import json

import click


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """Show what can be made again and how much room it takes, or clear it."""
    if ctx.invoked_subcommand:
        return
    from longread.cache.kept import parts

    found = parts()
    if as_json:
        data = [
            {
                "name": part.name,
                "about": part.about,
                "path": str(part.path),
                "bytes": part.bytes,
                "files": part.files,
                "holds": {
                    kind: {"values": number, "bytes": size}
                    for kind, (number, size) in sorted(part.holds.items())
                },
            }
            for part in found
        ]
        click.echo(json.dumps(data, indent=2))
        return
    for part in found:
        click.echo(f"{part.name:8}  {_size(part.bytes):>11}  {part.about}")
        for kind, (number, size) in sorted(part.holds.items()):
            click.echo(f"{'':8}  {_size(size):>11}    {kind}: {number:,}")
    click.echo(f"{'':8}  {_size(sum(part.bytes for part in found)):>11}  in {found[0].path.parent}")


@cache.command()
@click.argument("names", nargs=-1, metavar="[PART…]")
@click.option("--all", "everything", is_flag=True, help="Engines and models too.")
def clear(names: tuple[str, ...], everything: bool) -> None:
    """Remove parts of the cache: all but engines and models, unless they are named."""
    from longread.cache.kept import LIGHT, PARTS
    from longread.cache.kept import clear as run
    from longread.errors import LongreadError

    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise LongreadError(
            f"the cache has no part {unknown[0]!r}", hint=f"one of {', '.join(PARTS)}"
        )
    chosen = [name for name in PARTS if name in names] or list(PARTS if everything else LIGHT)
    click.echo(f"{_size(run(chosen))} removed: {', '.join(chosen)}")


def _size(size: int) -> str:
    """Return bytes as people read them."""
    return f"{size / 2**20:,.1f} MiB" if size < 2**30 else f"{size / 2**30:,.2f} GiB"
