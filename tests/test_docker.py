"""The files for a container engine, as far as they can be tested without one."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tercet.cli import main
from tercet.settings import Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docker"
DOCKER = shutil.which("docker")
pytestmark = pytest.mark.checkout


def services() -> dict[str, dict[str, Any]]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile, with the lines that one goes on over joined."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, list[tuple[str, str]]] = {}
    for instruction, words in re.findall(r"^([A-Z]+) +(.*)$", text, re.MULTILINE):
        if instruction == "FROM":
            image, _, name = words.partition(" AS ")
            current = found[name] = [("FROM", image)]
        else:
            current.append((instruction, " ".join(words.split())))
    return found


def instructions(stage: str, instruction: str) -> list[str]:
    return [words for name, words in stages()[stage] if name == instruction]


def parsed(words: list[str]) -> click.Context:
    """What click makes of a command; it fails where there is no such command, option or argument."""
    context = main.make_context("tercet", list(words))
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context


def commands() -> list[list[str]]:
    start = yaml.safe_load(instructions("tercet", "CMD")[0])
    ours = [one for one in services().values() if one["image"] == "tercet" and "entrypoint" not in one]
    return [start, *(one["command"] for one in ours)]


def test_every_command_is_one_of_tercets() -> None:
    found = [parsed(words).command.name for words in commands()]
    assert found == ["serve", "migrate", "serve", "status"]


@pytest.mark.parametrize("words", ["harvests x", "harvest nowhere", "serve --nowhere", "db sleep"])
def test_a_command_that_there_is_not_would_be_noticed(words: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parsed(words.split())


def test_every_command_of_the_readme_is_one_of_tercets() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    asked = re.findall(r"^ +docker compose run --rm tercet (.*)$", text, re.MULTILINE)
    assert [parsed(line.split()).command.name for line in asked] == ["harvest", "cog"]


def test_every_service_waits_for_services_that_there_are() -> None:
    known = services()
    for service in known.values():
        assert set(service.get("depends_on", {})) <= set(known)


def test_the_images_copy_all_that_the_build_reads_and_the_ignore_file_lets_it() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    copied = [
        word
        for stage in stages()
        for line in instructions(stage, "COPY")
        if "--from=" not in line
        for word in line.split()[:-1]
    ]
    assert {*copied} >= {"pyproject.toml", "README.md", "LICENSE", "tercet", "harvesters", "transforms", "stac_api"}
    assert [path for path in copied if not (ROOT / path).exists() or f"!{path}" not in ignored] == []
    assert [path[1:] for path in ignored if path.startswith("!") and path[1:] not in copied] == []


IMAGES = ("web", "tiler", "tercet")


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_is_pinned_slim_watched_and_not_roots(stage: str) -> None:
    (base,) = instructions(stage, "FROM")
    if base not in stages():
        tag = base.partition(":")[2]
        assert re.search(r"\d", tag), base
        assert "slim" in tag or "alpine" in tag
    assert len(instructions(stage, "HEALTHCHECK")) == 1
    # nginx's runs as nginx by itself
    assert instructions(stage, "USER")[-1:] == ([] if "nginx-unprivileged" in base else ["tercet"])


def test_images_hold_no_caches_and_nothing_that_was_not_asked_for() -> None:
    for stage in stages():
        for line in instructions(stage, "RUN"):
            assert "pip install" not in line or "--no-cache-dir" in line
            assert "apt-get install" not in line or (
                "--no-install-recommends" in line and "rm -rf /var/lib/apt" in line
            )
            assert not re.search(r"\bsudo\b|\bcurl\b.*\|", line)
        assert not instructions(stage, "ADD")
        for form in ("CMD", "ENTRYPOINT"):
            # as a list: a shell in between would keep signals from the program
            assert all(isinstance(yaml.safe_load(line), list) for line in instructions(stage, form))


def test_every_service_is_built_here_or_pinned() -> None:
    for name, service in services().items():
        if "build" in service:
            assert service["build"]["target"] in IMAGES, name
        else:
            assert re.search(r":v?\d+\.\d+", service["image"]), name


def test_pgstac_in_the_image_is_the_one_that_we_speak() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (ours,) = (re.search(r"==(\d+\.\d+)\.\*", one) for one in dependencies if one.startswith("pypgstac"))
    assert ours is not None
    assert services()["database"]["image"].partition(":v")[2].startswith(f"{ours[1]}.")


def test_no_password_is_written_down() -> None:
    for service in services().values():
        environment = service.get("environment", {})
        secrets = {name: value for name, value in environment.items() if re.search("PASSWORD|TOKEN|KEY|SECRET", name)}
        # none: it is the one of the shell, or of .env
        assert all(value is None or value.startswith("${") for value in secrets.values())


def test_only_this_machine_reaches_the_one_port() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8080:8080"]


def test_every_variable_is_a_setting() -> None:
    known = {str(one.validation_alias or f"TERCET_{name.upper()}") for name, one in Settings.model_fields.items()}
    ours = {name for name in services()["migrate"]["environment"] if not name.startswith("PG")}
    assert ours - known == set()


def test_the_proxy_gets_a_value_for_each_name_in_its_template() -> None:
    template = (FOLDER / "web.conf.template").read_text(encoding="utf-8")
    names = set(re.findall(r"\$\{(\w+)\}", template.partition("map ")[2]))
    (given,) = instructions("web", "ENV")
    assert {word.partition("=")[0] for word in given.split()} == names
    script = (ROOT / "tools" / "serve-all").read_text(encoding="utf-8")
    assert {name for name in names if f"\\${{{name}}}" not in script} == set()


def hourly(folder: Path, harvests: str | None, tercet: str) -> str:
    """What docker/hourly says until it sleeps, with a ``tercet`` of our own."""
    for name, script in {"tercet": tercet, "sleep": 'echo "sleep $1"; kill -TERM $PPID; exec /bin/sleep 9'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"} | ({} if harvests is None else {"HARVESTS": harvests})
    done = subprocess.run(
        ["/bin/sh", FOLDER / "hourly"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    return done.stdout + done.stderr


def test_the_harvester_runs_one_harvest_after_the_other_and_survives_failures(tmp_path: Path) -> None:
    said = hourly(tmp_path, "carbon-mapper; icesat2 --product ATL08", 'echo "$*"; [ "$2" != carbon-mapper ]')
    lines = said.splitlines()
    assert lines[:2] == ["harvest carbon-mapper --json", "harvest icesat2 --product ATL08 --json"]
    assert "tercet harvest carbon-mapper: exit code 1" in lines
    (sleep,) = (line for line in lines if line.startswith("sleep "))
    assert 0 < int(sleep.split()[1]) <= 3600


def test_the_harvests_that_run_where_none_are_named_are_tercets(tmp_path: Path) -> None:
    lines = hourly(tmp_path, None, 'echo "$*"').splitlines()[:-1]
    assert [parsed(line.split()).params["source"] for line in lines] == ["carbon-mapper", "icesat2", "earthcare"]
    assert hourly(tmp_path, "", 'echo "$*"').startswith("sleep")


def test_compose_itself_understands_the_file() -> None:
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False) if DOCKER else None
    if asked is None or asked.returncode != 0:
        pytest.skip("no `docker compose` to read the file with")
    subprocess.run(
        ["docker", "compose", "--file", FOLDER / "compose.yaml", "config", "--quiet"],
        env=os.environ | {"POSTGRES_PASSWORD": "of this test"},
        check=True,
    )
