"""What the Budget says in words, and which pieces of the prompt a line of it stands for."""

from __future__ import annotations

from longread.analysis.budgeting import Node, Spending
from longread.analysis.portions import Part
from longread.export.session import percent
from longread.export.stages import stage
from longread.export.visible import line
from longread.tui.matter import Matter

NOTHING = (
    "Nothing is open.\n\nf2 goes to the Library: enter opens a session, n reads something new."
)


def why_nothing(matter: Matter | None) -> str:
    """Return why no sums are shown."""
    if matter is None:
        return NOTHING
    if matter.opening:
        return f"{line(matter.title)}\n\n… {stage(matter.opening)}; ctrl+x stops"
    return f"{line(matter.title)} could not be opened:\n\n{line(matter.failed)}\n\nf2 goes back."


def window(spending: Spending) -> str:
    """Return how the window is shared out, as one sentence."""
    w = spending.window
    notice = sum(part.tokens for part in spending.parts if part.role == "notice")
    kept = {
        "answer": w.answer, "question": w.question, "evidence": w.evidence,
        "conversation": w.conversation, "head and template": w.frame, "what is not shown": notice,
    }  # fmt: skip
    unread = sum(file.target is None for file in spending.files)
    more = f", {unread:,} not read (s lists them)" if unread else ""
    said = ", ".join(f"{name} {tokens:,}" for name, tokens in kept.items() if tokens)
    return (
        f"window {w.window:,} · trusted {w.trusted:,} · corpus {w.corpus - notice:,}"
        f" in {w.documents:,} of {len(spending.files):,} files · kept: {said} · free {w.free:,} ·"
        f" {percent(spending.share)} in full{more}"
    )


def difference(before: Spending, now: Spending) -> str:
    """Return what a new layout changed: the share shown in full, and what that was taken from."""
    was, is_now = percent(before.share), percent(now.share)
    if was == is_now and before.share != now.share:
        was, is_now = (f"{share:.2%}".replace("%", " %") for share in (before.share, now.share))
    same = was == is_now
    said = [f"still {is_now} in full" if same else f"now {is_now} in full (was {was})"]
    for name, old, new in (
        ("files with something shown", before.window.documents, now.window.documents),
        ("tokens for evidence", before.window.evidence, now.window.evidence),
    ):
        if old != new:
            said.append(f"{new:,} {name} (was {old:,})")
    return " · ".join(said)


def pieces_of(node: Node, parts: tuple[Part, ...]) -> list[int]:
    """Return the pieces that a line stands for, in order."""
    if node.key.startswith("\0") and node.key[1:].isdecimal():
        return [int(node.key[1:])]
    if node.target is not None and node.children:
        return [n for n, p in enumerate(parts) if p.path and p.path.startswith(node.target)]
    below = {child.key for child in node.children} or {node.key}
    return [n for n, part in enumerate(parts) if (part.path or f"\0{n}") in below]


def again(before: Part, parts: tuple[Part, ...], number: int) -> int:
    """Return the piece that stands for what another did, when the prompt is packed anew."""
    names = (
        (part.role, part.path, part.name) == (before.role, before.path, before.name)
        for part in parts
    )
    same = next((n for n, found in enumerate(names) if found), None)
    if same is None and before.path:
        same = next((n for n, part in enumerate(parts) if part.path == before.path), None)
    return min(number, len(parts) - 1) if same is None else same
