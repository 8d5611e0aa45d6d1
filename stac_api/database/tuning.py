"""The server's settings for this machine: a private server that shares it with its user."""

import os
from pathlib import Path

MB = 2**20

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where a container's memory limit stands (cgroups 2 and 1)."""


def machine_memory() -> int:
    """Give the bytes of memory of this machine, or of this container where that is less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _LIMITS:
        try:
            memory = min(memory, int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return memory


def server_settings(*, port: int, socket: str, memory: int) -> str:
    """Write the server's configuration.

    Commits are durable: a batch waits some milliseconds for the disk and a kill loses none. Only the
    reading role, whose writes are pgSTAC's cache of counts, does without (see ``embedded.py``).

    Args:
        port: where it listens on 127.0.0.1, and part of the socket's name.
        socket: folder of its socket.
        memory: bytes that the machine has.
    """
    values = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "shared_buffers": _share(memory, 8, 64, 2048),
        "effective_cache_size": _share(memory, 2, 256, 65_536),
        "work_mem": _share(memory, 256, 8, 64),
        "maintenance_work_mem": _share(memory, 32, 64, 512),
        # a harvest is one long burst of writes: fewer checkpoints, spread out; bounded by disk, not by time
        "max_wal_size": "2GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        # nobody replicates a private server
        "wal_level": "minimal",
        "max_wal_senders": 0,
        # pgSTAC's plans are short: compiling them costs more than it saves
        "jit": "off",
        # solid-state disks and page caches: a random page costs hardly more than the next one
        "random_page_cost": "1.1",
        "max_locks_per_transaction": 256,  # a search locks every partition and its indexes
        "timezone": "UTC",
        "lc_messages": "C",
        "log_min_messages": "warning",
    }
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in values.items())


def _share(memory: int, part: int, least: int, most: int) -> str:
    return f"{min(max(memory // part // MB, least), most)}MB"


def _quoted(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "''")
