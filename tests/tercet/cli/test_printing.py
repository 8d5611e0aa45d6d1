"""What is printed for people and what for programs."""

import logging
import re

import pytest

from tercet.cli.printing import console, log_to_stderr
from tercet.cli.progress import collections_table, report_table, watching
from tercet.pipeline import Report

LONG = "earthcare-" + "very-" * 40 + "long"


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")


def test_a_table_that_is_piped_is_cut_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(collections_table({LONG: 123456}))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "123456" in line]
    assert LONG in line


def test_a_piped_table_is_as_wide_as_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(report_table(Report("icesat2", fetched=3, new=3)))
    assert max(map(len, capsys.readouterr().out.splitlines())) < 120


@pytest.mark.usefixtures("_terminal")
def test_a_table_on_a_terminal_fits_it_and_loses_no_letter(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(collections_table({LONG: 123456}))
    printed = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert max(map(len, printed.splitlines())) <= 60
    assert "…" not in printed
    assert "".join(character for character in printed if character.isalpha()).count("very") == 40


def test_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[Errno 28] [/no] [red] :smile:")
    assert capsys.readouterr().out == "[Errno 28] [/no] [red] :smile:\n"


def test_logs_elsewhere_than_on_a_terminal_are_plain_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(logging.WARNING)
    logging.getLogger("x").warning("rejected %s", LONG)
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.endswith(f"WARNING rejected {LONG}\n")
    assert errors.count("\n") == 1


def test_progress_elsewhere_than_on_a_terminal_is_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tercet.cli.progress.QUIET_S", 0.0)
    with watching("icesat2") as observer:
        observer.progress(Report("icesat2", fetched=7, new=6, rejected=1), 100)
    monkeypatch.setattr("tercet.cli.progress.QUIET_S", 60.0)
    with watching("icesat2") as observer:
        observer.progress(Report("icesat2"), None)
    assert capsys.readouterr() == ("", "icesat2: 7 of 100 records, 6 new, 0 changed, 0 same, 1 rejected\n")


@pytest.mark.usefixtures("_terminal")
def test_progress_on_a_terminal_is_a_bar_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    with watching("icesat2") as observer:
        observer.progress(Report("icesat2", fetched=7), 100)
    out, errors = capsys.readouterr()
    assert out == ""
    assert "icesat2" in errors
    assert "7/100" in errors
