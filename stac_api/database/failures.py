"""Why the server's programs failed, picked out of what they said."""

import re
from pathlib import Path

from tercet.errors import DatabaseError

_STAMP = re.compile(r"^\S+ \S+ \S+ \[\d+\] ")


def server_failure(folder: Path, what: str, said: str, log: Path) -> DatabaseError:
    """Make the error of a server that does not do what it should.

    Args:
        folder: of the database.
        what: does not happen, for example ``does not start``.
        said: what its programs and its log said about it.
        log: where to read more.
    """
    if "No space left on device" in said:
        return DatabaseError(f"no disk space is left for {folder}: free some, or set TERCET_DATA_DIR to another disk")
    return DatabaseError(f"the database in {folder} {what}: {_reason(said)} (see {log})")


def _reason(said: str) -> str:
    """Pick what tells why: the last fatal line and the one before, which has the detail."""
    lines = [_STAMP.sub("", line).strip() for line in said.splitlines() if line.strip()]
    fatal = [number for number, line in enumerate(lines) if re.search(r"FATAL|PANIC|error:", line)]
    end = fatal[-1] + 1 if fatal else len(lines)
    return "; ".join(lines[max(end - 2, 0) : end]) or "it said nothing"
