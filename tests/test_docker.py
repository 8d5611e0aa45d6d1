"""The files for a container engine, as far as they can be tested without one."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tercet.cli import main

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docker"
pytestmark = pytest.mark.checkout


def services() -> dict[str, dict[str, Any]]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def dockerfile(instruction: str) -> list[str]:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    return re.findall(rf"^{instruction} (.*)$", text, re.MULTILINE)


def parsed(words: list[str]) -> click.Context:
    """What click makes of a command; it fails where there is no such command, option or argument."""
    context = main.make_context("tercet", list(words))
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context


def commands() -> list[list[str]]:
    start = yaml.safe_load(dockerfile("CMD")[0])
    ours = [service for service in services().values() if service["image"] == "tercet"]
    return [start, *([*service.get("entrypoint", ["tercet"])[1:], *service["command"]] for service in ours)]


def test_every_command_is_one_of_tercets() -> None:
    found = [parsed(words).command.name for words in commands()]
    assert found == ["serve", "migrate", "serve", "harvest"]


@pytest.mark.parametrize("words", ["harvests x", "harvest nowhere", "serve --nowhere", "db sleep"])
def test_a_command_that_there_is_not_would_be_noticed(words: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parsed(words.split())


def test_every_command_of_the_readme_is_one_of_tercets() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    asked = re.findall(r"^ +docker compose run --rm (harvest .*)$", text, re.MULTILINE)
    assert len(asked) == 2
    assert all(parsed(line.split()).command.name == "harvest" for line in asked)


def test_every_service_waits_for_services_that_there_are() -> None:
    known = services()
    for service in known.values():
        assert set(service.get("depends_on", {})) <= set(known)


def test_the_image_copies_all_that_the_build_reads_and_its_ignore_file_lets_it() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    copied = [word for line in dockerfile("COPY") for word in line.split()[:-1]]
    assert {*copied} >= {"pyproject.toml", "README.md", "LICENSE", "tercet", "harvesters", "transforms", "stac_api"}
    assert [path for path in copied if not (ROOT / path).exists() or f"!{path}" not in ignored] == []


def test_nothing_runs_as_root_and_no_password_is_written_down() -> None:
    assert dockerfile("USER") == ["tercet"]
    for service in services().values():
        secrets = {name: value for name, value in service["environment"].items() if re.search("PASSWORD|TOKEN", name)}
        assert all(value.startswith("${") for value in secrets.values())


def test_only_this_machine_reaches_the_ports() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8080:8080"]
