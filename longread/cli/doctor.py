"""`longread doctor`."""

from __future__ import annotations

from dataclasses import asdict

import click

from longread.export.visible import line


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print as JSON.")
def doctor(as_data: bool) -> None:
    """Say what this machine has, what is missing, and what to do about it."""
    from longread.analysis.check import examine
    from longread.export.session import as_json

    findings = examine()
    if as_data:
        click.echo(as_json([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            sign = "·" if finding.optional else "✓" if finding.good else "✗"
            click.echo(f"{sign} {line(finding.text)}")
            if finding.hint:
                click.echo(f"  {line(finding.hint)}")
    if not all(finding.good for finding in findings):
        raise SystemExit(1)
