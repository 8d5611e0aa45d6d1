"""What becomes of recorded answers, file by file: ``make samples`` or ``python -m tests.samples_table [FOLDER]``.

FOLDER holds a folder of each provider, as the optional ``../shared/upstream`` does; nothing of it is kept.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harvesters.base import Source
from harvesters.recorded import recorded_pages
from harvesters.recorded_files import files_in
from harvesters.registry import SOURCES
from stac_api.joining import joined
from stac_api.versions import plan, subject_of
from tercet.pipeline.batches import make_batch
from tercet.pipeline.spooled_parts import SpooledParts

SAMPLES = Path(__file__).parents[1] / "../shared/upstream"
FOLDERS = {
    "carbon-mapper": "carbon-mapper/samples",
    "icesat2": "cmr-icesat2/samples",
    "earthcare": "maap-earthcare/samples",
}


@dataclass(slots=True)
class Row:
    """What one file gave; a record counts once, an Item for each version of a thing."""

    file: str
    records: int = 0
    items: int = 0
    superseded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def rows(source: Source, folder: Path) -> Iterator[Row]:
    """Read every file of a folder by itself, as ``tercet harvest --records`` does."""
    for file in files_in(str(folder)):
        if file is not None:
            yield row(source, file, str(file.relative_to(folder)))


def row(source: Source, file: Path, name: str) -> Row:
    """Read one file."""
    batch = make_batch(source, list(recorded_pages(source, [str(file)])))
    together = joined(batch, SpooledParts(), source.assemble)
    changes = plan(together.checked, {})
    subjects = {write.place.address for write in changes.writes}
    whole = {subject_of(one) for one in together.checked}
    left = together.without_fragments_of(whole)
    return Row(name, batch.records, len(subjects), changes.superseded, Counter(reject.reason for reject in left))


def table(source: str, found: Sequence[Row]) -> Table:
    """The files of a source, and why records of theirs were rejected."""
    made = Table(title=source, title_justify="left")
    for column in ("file", "records", "Items", "superseded", "rejected", "why"):
        made.add_column(column, justify="left" if column in ("file", "why") else "right", overflow="fold")
    for one in found:
        reasons = [f"{count} x {reason}" if count > 1 else reason for reason, count in one.rejected.most_common(3)]
        why = "\n".join(reasons + ["…"] * (len(one.rejected) > len(reasons)))
        counts = (one.records, one.items, one.superseded, one.rejected.total())
        made.add_row(one.file, *map(str, counts), why)
    return made


def main() -> None:
    """Print a table for each source whose folder is there."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    console = Console(width=None if sys.stdout.isatty() else 200)
    for source, folder in FOLDERS.items():
        if (root / folder).is_dir():
            console.print(table(source, list(rows(SOURCES[source], root / folder))))
        else:
            console.print(f"{source}: there is no folder {root / folder}; name the one that holds it")


if __name__ == "__main__":
    main()
