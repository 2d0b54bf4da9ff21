"""Which layers share a block table: the groups that vLLM's hybrid cache manager makes.

All groups draw blocks from one pool, so a block is as large as the widest group, and a request
needs the blocks of all groups together. Source: vLLM 0.32 `v1/core/kv_cache_utils.py`,
`get_kv_cache_groups` and the functions it calls; a test compares each result with theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from longread.sizing.model import Kind
from longread.sizing.pages import Deployment, Page, round_up

CROWDED = 1.5
"""Kinds whose counts differ by less are padded to the larger one (vLLM's heuristic)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Layers with one block table."""

    pages: tuple[Page, ...]
    shape: tuple[Page, ...]
    """Pages that say how many blocks a request needs; those of all stages, where layers are
    spread over several."""

    def on(self, layers: range) -> Group:
        """Return what of it lies on a pipeline stage; a group that has nothing there stays."""
        return replace(self, pages=tuple(page for page in self.pages if page.layer in layers))

    @property
    def size(self) -> int:
        """Bytes of one block of all its layers."""
        return sum(page.size for page in self.pages)

    def blocks(self, context: int, how: Deployment) -> int:
        """Return the blocks that one request of `context` tokens needs."""
        return max(blocks(page, context, how) for page in self.shape)


def blocks(page: Page, context: int, how: Deployment) -> int:
    """Return the blocks of one request (vLLM `max_memory_usage_bytes` of each kind).

    A chunk or a window is kept with the tokens in flight, because blocks are freed when a step
    is done; a window may begin within a block; a state is kept twice so that one can be cached.
    """
    if page.kind is Kind.STATE:
        return 2 if how.prefix_caching else 1
    if page.kind is Kind.CHUNKED:
        return -(-min(page.window + how.in_flight, context) // page.block)
    if page.kind is Kind.SLIDING:
        return -(-min(page.window - 1 + how.in_flight, context) // page.block) + 1
    return -(-context // page.block)


def groups(found: Sequence[Page], how: Deployment) -> tuple[Group, ...]:
    """Return the groups of a whole model's pages."""
    if not how.hybrid:
        found = promote(found)
    alike = {_uniform(page) for page in found}
    if len(alike) == 1 and None not in alike and len({page.block for page in found}) == 1:
        return (Group(tuple(found), tuple(found)),)
    if len({page.size for page in found}) > 1:
        return _packed(found) if _is_packed(found) else _even(_unified(found))
    return _even(found)


def promote(found: Sequence[Page]) -> Sequence[Page]:
    """Return pages as they are without the hybrid manager: local layers keep every token."""
    if not any(page.is_full for page in found):
        return found
    sizes = {page.block for page in found if page.is_full}
    block = next(iter(sizes)) if len(sizes) == 1 else 0
    return [
        replace(
            page,
            kind=Kind.MLA if page.latent else Kind.FULL,
            block=block or page.block,
            size=round_up(page.raw * (block or page.block) // page.block, page.alignment),
        )
        if page.kind in (Kind.CHUNKED, Kind.SLIDING)
        else page
        for page in found
    ]


def _uniform(page: Page) -> tuple[object, ...] | None:
    """Return what layers share that always need the same number of blocks."""
    if page.is_full:
        return ("full",)
    if page.kind is Kind.STATE:
        return ("state", page.size)
    return (page.kind, page.window, page.latent)


def _is_packed(found: Sequence[Page]) -> bool:
    """Whether pages of several sizes lie side by side in a block, as DeepSeek V4's do."""
    return any(page.kind is Kind.COMPRESSED for page in found)


def _unified(found: Sequence[Page]) -> list[Page]:
    """Return pages of one size: more tokens a block where they are smaller, or padding."""
    largest = max(page.size for page in found)
    return [
        replace(page, size=largest)
        if page.kind is Kind.STATE or largest % page.size
        else replace(page, size=largest, block=page.block * (largest // page.size))
        for page in found
    ]


def _even(found: Sequence[Page]) -> tuple[Group, ...]:
    """Return groups of equal numbers of layers, each of one kind."""
    buckets: dict[object, list[Page]] = {}
    for page in found:
        # Full layers that differ only in a window they no longer use can share a table.
        key = ("full", page.latent, page.block, page.size) if page.is_full else page.alike
        buckets.setdefault(key, []).append(page)
    fewest = min(len(bucket) for bucket in buckets.values())
    most = max(len(bucket) for bucket in buckets.values())
    size = most if most < fewest * CROWDED else fewest
    made = []
    for bucket in buckets.values():
        count = -(-len(bucket) // size)
        for i in range(count):
            # Every n-th, so that each pipeline stage has layers of each group.
            part = tuple(bucket[i::count])
            made.append(Group(part, (part[0],)))
    return tuple(made)


def _packed(found: Sequence[Page]) -> tuple[Group, ...]:
    """Return groups whose pages of several sizes fill a block together.

    Layers are put together that need the same number of blocks; where such a bucket repeats a
    pattern of sizes, larger buckets are split to about as many repeats.
    """
    buckets: list[list[Page]] = []
    for page in found:
        for bucket in buckets:
            if bucket[0].block == page.block and _uniform(bucket[0]) == _uniform(page):
                bucket.append(page)
                break
        else:
            buckets.append([page])
    repeats = _repeats(buckets)
    made = []
    for bucket in buckets:
        sizes = _by_size(bucket)
        balanced = len({len(pages) for pages in sizes}) == 1
        count = -(-max(map(len, sizes)) // repeats) if balanced and repeats else 1
        if count == 1:
            made.append(Group(tuple(bucket), tuple(bucket)))
            continue
        rows = list(zip(*sizes, strict=True))
        for i in range(count):
            part = tuple(page for row in rows[i::count] for page in row)
            made.append(Group(part, part))
    return tuple(made)


def _by_size(bucket: Sequence[Page]) -> list[list[Page]]:
    found: dict[int, list[Page]] = {}
    for page in bucket:
        found.setdefault(page.size, []).append(page)
    return list(found.values())


def _repeats(buckets: Sequence[Sequence[Page]]) -> int:
    """Return how often a pattern of sizes repeats in a group, so that padding is least."""
    counts = []
    least = 0
    for bucket in buckets:
        sizes = _by_size(bucket)
        if len({len(pages) for pages in sizes}) == 1:
            counts.append(len(sizes[0]))
            if len(sizes) > 1:
                least = max(least, len(sizes[0]))
    if not least:
        return 0
    return min(
        range(least, max(counts) + 1),
        key=lambda n: (sum(-count % n for count in counts), -n),
    )
