"""Which process is the server of a cluster, told apart from one that only got its number."""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def postmaster_pid(cluster: Path) -> int | None:
    """Give the number of the running server process of this cluster, or None."""
    pid = _written_pid(cluster)
    return pid if pid is not None and _is_postmaster(pid, cluster) else None


def clear_stale_files(cluster: Path, socket: Path) -> None:
    """Remove what a killed server left and its successor would stumble over.

    PostgreSQL itself recovers from a number that no process has. It gives up where another process got
    that number meanwhile (always so in a restarted container), or where the dead server was not
    reaped. Removing the file is safe: backends that outlived their server still hold its shared
    memory, which a new server finds by the cluster's inode and refuses to start beside.
    """
    if postmaster_pid(cluster) is not None:
        return
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    for left in socket.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _written_pid(cluster: Path) -> int | None:
    try:
        # as bytes: another line of it is the cluster's path, in whatever letters
        return int((cluster / "postmaster.pid").read_bytes().split(b"\n", 1)[0])
    except (OSError, ValueError):
        return None


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Look for ``postgres -D CLUSTER`` in the process's command line: its children go by another title."""
    if pid <= 1:
        return False
    words = _command_line(pid)
    return "postgres" in words.split("\0", 1)[0] and str(cluster) in words


def _command_line(pid: int) -> str:
    if (_PROC / "self").exists():
        try:
            return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes())
        except OSError:
            return ""
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a number of ours
    return answer.stdout
