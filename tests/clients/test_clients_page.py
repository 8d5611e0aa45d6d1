"""What docs/clients.md says is run as it stands, against another address."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.programs import on_path
from tests.test_docker import parsed

pytestmark = [pytest.mark.database, pytest.mark.checkout]

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
ADDRESS = "http://127.0.0.1:8080"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_what_python_is_on_the_page_runs_from_top_to_bottom(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(blocks("python")) > 5
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block.replace(ADDRESS, url), str(PAGE), "exec"), names)
        # each says something: a search that finds nothing would not
        assert capsys.readouterr().out.strip(), block


@pytest.mark.clients
def test_what_commands_are_on_the_page_run(url: str, tmp_path: Path) -> None:
    on_path("ogr2ogr")
    for block in blocks("sh"):
        for line in block.splitlines():
            done = subprocess.run(
                ["/bin/sh", "-c", line.replace(ADDRESS, url)], cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            assert "ERROR" not in done.stderr
            assert done.stdout or line.startswith("ogr2ogr"), line
    assert (tmp_path / "plumes.gpkg").stat().st_size > 0


def test_every_file_that_the_page_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([\w/.-]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target


def test_every_command_of_the_page_on_tilers_is_one_of_tercets() -> None:
    lines = re.findall(r"^tercet (.*)$", PAGE.with_name("tilers.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [parsed(line.split()).command.name for line in lines] == ["harvest", "cog", "cog"]
