"""What is built is what is here: the wheel, made from the sdist, holds each package whole and nothing else."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("carbon_mapper", "icesat2", "earthcare")
pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    """Give the wheel's files by name."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packages() -> set[str]:
    return {path.parent.name for path in ROOT.glob("*/__init__.py")}


def metadata(wheel: dict[str, bytes], name: str) -> str:
    (text,) = (content.decode() for path, content in wheel.items() if path.endswith(f".dist-info/{name}"))
    return text


def test_the_wheel_holds_our_packages_and_no_other_folder(wheel: dict[str, bytes]) -> None:
    assert len(packages()) >= 4
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == packages()


def test_every_file_of_a_package_is_in_the_wheel_and_no_other(wheel: dict[str, bytes]) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for package in packages()
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if ".dist-info/" not in name} == here


def test_every_package_says_that_it_is_typed(wheel: dict[str, bytes]) -> None:
    assert {f"{package}/py.typed" for package in packages()} <= wheel.keys()


def test_migrations_and_bundled_records_travel_with_the_code(wheel: dict[str, bytes]) -> None:
    folders = {name.rpartition("/")[0] for name in wheel if name.endswith((".sql", ".json"))}
    assert folders >= {"stac_api/migrations", *(f"tercet/bundled/{source}" for source in SOURCES)}


def test_the_command_is_installed_and_the_licence_included(wheel: dict[str, bytes]) -> None:
    scripts = ConfigParser()
    scripts.read_string(metadata(wheel, "entry_points.txt"))
    assert dict(scripts["console_scripts"]) == {"tercet": "tercet.__main__:run"}
    assert metadata(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_version_is_the_one_that_the_changelog_begins_with(wheel: dict[str, bytes]) -> None:
    version = Parser().parsestr(metadata(wheel, "METADATA"))["Version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(line for line in changes.splitlines() if line.startswith("## "))
    assert newest.split()[1] == version


def test_the_sdist_has_what_its_own_tests_need(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "tests/conftest.py"} <= names
    assert {name.split("/")[0] for name in names} >= packages()


def test_what_is_linted_is_what_is_packaged() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(tools["importlinter"]["root_packages"]) == packages()
    assert packages() <= set(tools["mypy"]["files"])
