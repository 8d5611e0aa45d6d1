"""How PostgreSQL with PostGIS is installed on this system."""

import os
import re
import shutil
import subprocess

_CONDA = ("conda", "mamba", "micromamba")


def install_command(major: int | None = None) -> list[str]:
    """Give the command that installs PostgreSQL with PostGIS here, without sudo; empty where we know none.

    Args:
        major: the PostgreSQL version wanted; None takes the newest that the system offers.
    """
    conda = next((name for name in _CONDA if shutil.which(name)), None)
    if conda and os.environ.get("CONDA_PREFIX") and not _may_become_root():
        return _conda(conda, major)
    for program, command in _system_commands(major).items():
        if shutil.which(program):
            return command
    return _conda(conda, major) if conda else []


def install_advice(major: int | None = None) -> str:
    """Say in a sentence what to run on this system."""
    command = install_command(major)
    if not command:
        return "Install PostgreSQL and PostGIS (https://postgis.net/documentation/getting_started/)."
    as_root = command[0] not in {"brew", *_CONDA} and os.geteuid() != 0
    return f"Run: {'sudo ' if as_root else ''}{' '.join(command)}"


def _system_commands(major: int | None) -> dict[str, list[str]]:
    return {
        # Homebrew builds PostGIS for two PostgreSQL versions and pulls in neither
        "brew": ["brew", "install", f"postgresql@{major or 17}", "postgis"],
        "apt-get": ["apt-get", "install", "-y", _debian_package(major)],
        "dnf": ["dnf", "install", "-y", "postgresql-server", "postgresql-contrib", "postgis"],
        "zypper": ["zypper", "--non-interactive", "install", "postgresql-server", "postgresql-contrib", "postgis"],
        "pacman": ["pacman", "-S", "--noconfirm", "postgresql", "postgis"],
        "apk": ["apk", "add", "postgresql", "postgresql-contrib", "postgis"],
    }


def _conda(program: str, major: int | None) -> list[str]:
    server = f"postgresql={major}" if major else "postgresql"
    return [program, "install", "-y", "-c", "conda-forge", server, "postgis"]


def _debian_package(major: int | None) -> str:
    if major:
        return f"postgresql-{major}-postgis-3"
    offered = _debian_offers()
    # the metapackage is what a system without package lists can still be told
    return f"postgresql-{offered[-1]}-postgis-3" if offered else "postgresql-postgis"


def _debian_offers() -> list[int]:
    """List the PostgreSQL versions for which this system's apt knows PostGIS, oldest first."""
    search = ["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]
    try:
        answer = subprocess.run(search, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted(
        {int(version) for version in re.findall(r"^postgresql-(\d+)-postgis-3 ", answer.stdout, re.MULTILINE)}
    )


def _may_become_root() -> bool:
    return os.geteuid() == 0 or shutil.which("sudo") is not None
