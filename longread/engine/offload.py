"""A corpus' KV cache kept beyond the GPU: in the machine's memory, and on disk between runs.

The arguments of vLLM's own `OffloadingConnector` (0.32: `v1/kv_offload/`), and the folder that
vLLM fills and never empties. Nothing here reads what vLLM writes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import quote

from longread import config
from longread.config import Profile
from longread.engine.environment import Flavour
from longread.engine.fit import Argument
from longread.engine.machine import GIB
from longread.errors import ConfigError

REGION = Path("/dev/shm")  # noqa: S108 - where vLLM's SharedOffloadRegion lies
CHUNK = 8
"""Blocks that one file holds. A block of 16 tokens a file would be 600,000 files for 10 M tokens;
a prefix is found again up to a whole file, so larger ones lose more of its end."""


def arguments(profile: Profile, flavour: Flavour) -> list[Argument]:
    """Return what makes vLLM keep the cache as the profile says; nothing where it says nothing.

    Raises:
        ConfigError: vLLM cannot do it on a CPU, or the machine has less memory than asked for.
    """
    memory, disk = profile.offload_memory, profile.offload_disk
    if memory <= 0 and disk <= 0:
        return []
    if flavour == "cpu":
        raise ConfigError(
            f"profile {profile.name}: vLLM on a CPU cannot offload its cache: it is in the "
            "machine's memory already, and its connector copies from GPUs only",
            hint="remove offload_memory and offload_disk from the profile",
        )
    if memory <= 0:
        raise ConfigError(
            f"profile {profile.name}: offload_disk needs offload_memory: what goes to disk goes "
            "through the machine's memory",
            hint="set offload_memory, in GiB",
        )
    _check_room(profile)
    settings: dict[str, object] = {
        "cpu_bytes_to_use": int(memory * GIB),
        "blocks_per_chunk": CHUNK,
    }
    why = f"{memory:g} GiB of the machine's memory keep what the GPU has no room for"
    if disk > 0:
        settings |= {
            "spec_name": "TieringOffloadingSpec",
            "secondary_tiers": [
                {"type": "fs", "root_dir": str(config.private(folder(profile.name)))}
            ],
        }
        why += f"; {disk:g} GiB of disk keep it when the engine has ended"
    connector = {
        "kv_connector": "OffloadingConnector",
        "kv_role": "kv_both",
        # A file that was removed costs time, not the answer.
        "kv_load_failure_policy": "recompute",
        "kv_connector_extra_config": settings,
    }
    return [Argument(("--kv-transfer-config", json.dumps(connector)), why)]


def folder(profile_name: str) -> Path:
    """Return where a profile's cache is kept on disk; `arguments` makes it, for its owner alone."""
    return config.cache() / "kv" / quote(profile_name, safe="")


def prune(profile: Profile) -> int:
    """Remove the files longest unused until the profile's share of the disk is kept to.

    Returns:
        Bytes that were removed.
    """
    kept = folder(profile.name)
    if not kept.is_dir():
        return 0
    if profile.offload_disk <= 0:
        removed = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
        shutil.rmtree(kept)
        return removed
    files = [(path.stat(), path) for path in kept.rglob("*.bin")]
    over = sum(stat.st_size for stat, _ in files) - int(profile.offload_disk * GIB)
    removed = 0
    for stat, path in sorted(files, key=lambda one: max(one[0].st_atime, one[0].st_mtime)):
        if removed >= over:
            break
        path.unlink(missing_ok=True)
        removed += stat.st_size
    return removed


def _check_room(profile: Profile) -> None:
    if not REGION.is_dir():
        return
    free = shutil.disk_usage(REGION).free
    if free < profile.offload_memory * GIB:
        raise ConfigError(
            f"profile {profile.name}: offload_memory = {profile.offload_memory:g}, and {REGION}, "
            f"where vLLM keeps it, has {free / GIB:.1f} GiB free",
            hint=f"lower offload_memory, or make {REGION} larger: mount -o remount,size=…G",
        )
