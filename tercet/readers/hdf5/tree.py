"""Groups of HDF5 and their members: paths become addresses.

Source: HDF5 File Format Specification, III.B "Group Symbol Table Nodes", IV.A.2.c "The Link Info Message".
"""

from collections.abc import Mapping

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.btrees import first_leaves, second_records
from tercet.readers.hdf5.cursor import Cursor, together
from tercet.readers.hdf5.heaps import fractal, local
from tercet.readers.hdf5.objects import LINK, LINK_INFO, SYMBOL_TABLE, Header, header

_HASH = 4
_SOFT_ENTRY = 2


class Tree:
    """The groups of a file. What was read once is remembered, so that one can begin again when bytes were missing."""

    def __init__(self, blocks: Blocks, root: int) -> None:
        self._blocks = blocks
        self._root = root
        self._headers: dict[int, Header] = {}
        self._members: dict[int, Mapping[str, int]] = {}

    def header(self, address: int) -> Header:
        """The header of the object at an address."""
        if address not in self._headers:
            self._headers[address] = header(self._blocks, address)
        return self._headers[address]

    def find(self, path: str) -> Header | None:
        """The object at a path; the root at ``""``."""
        found = self.header(self._root)
        for name in path.split("/") if path else ():
            address = self.members(found).get(name) if found.is_group else None
            if address is None:
                return None
            found = self.header(address)
        return found

    def members(self, group: Header) -> Mapping[str, int]:
        """The addresses of a group's members by name; links to other names or other files are left out."""
        if group.address not in self._members:
            self._members[group.address] = dict(sorted(_members(self._blocks, group).items()))
        return self._members[group.address]

    def below(self, path: str) -> dict[str, Header]:
        """The direct members of the group at a path, by their paths."""
        group = self.find(path)
        if group is None or not group.is_group:
            return {}
        named = self.members(group)
        headers = together(self.header, named.values())
        return {f"{path}/{name}" if path else name: one for name, one in zip(named, headers, strict=True)}

    def walk(self) -> dict[str, Header]:
        """All objects but the root by path, each group before its members; one with several names once."""
        self._look_everywhere()
        found: dict[str, Header] = {}
        seen = {self._root}

        def visit(group: str) -> None:
            for path, one in self.below(group).items():
                if one.address not in seen:
                    seen.add(one.address)
                    found[path] = one
                    visit(path)

        visit("")
        return found

    def _look_everywhere(self) -> None:
        """Read all headers, level by level, so that the bytes of one level are missing together."""
        seen: set[int] = set()
        level = [self.header(self._root)]
        while level:
            seen.update(group.address for group in level)
            addresses = {address for members in together(self.members, level) for address in members.values()}
            inner = together(self.header, sorted(addresses - seen))
            level = [one for one in inner if one.is_group]


def _members(blocks: Blocks, group: Header) -> dict[str, int]:
    table = group.first(SYMBOL_TABLE)
    if table is not None:
        return _old(blocks, table.body())
    named = [_link(message.body()) for message in group.all(LINK)]
    stored = group.first(LINK_INFO)
    if stored is not None:
        named += _dense(blocks, stored.body())
    return {name: address for name, address in named if address is not None}


def _old(blocks: Blocks, body: Cursor) -> dict[str, int]:
    tree, heap = body.offset(), body.offset()
    if tree is None or heap is None:
        raise body.broken("a group lies nowhere")
    leaves = first_leaves(blocks, tree, 0, blocks.length_size)
    names = local(blocks, heap)
    nodes = []
    for leaf in leaves:
        while leaf.left:
            leaf.skip(blocks.length_size)
            nodes.append(leaf.offset() or 0)
    entries = together(lambda node: _entries(blocks, node, names), nodes)
    return {name: address for some in entries for name, address in some.items()}


def _entries(blocks: Blocks, node: int, names: Cursor) -> dict[str, int]:
    size = 2 * blocks.offset_size + 24
    start = blocks.cursor(node, 8)
    start.expect(b"SNOD")
    start.skip(2)
    count = start.uint(2)
    table = blocks.cursor(node + 8, count * size)
    found = {}
    for _ in range(count):
        entry = table.part(size)
        names.at = entry.uint(entry.offset_size)
        address, kind = entry.offset(), entry.uint(4)
        if address is not None and kind != _SOFT_ENTRY:
            found[names.text()] = address
    return found


def _dense(blocks: Blocks, body: Cursor) -> list[tuple[str, int | None]]:
    """The members of a group that has too many for its header."""
    body.skip(1)
    body.skip(8 if body.uint(1) & 1 else 0)
    heap_address, tree = body.offset(), body.offset()
    if heap_address is None or tree is None:
        return []
    heap = fractal(blocks, heap_address)

    def of_record(record: Cursor) -> tuple[str, int | None]:
        record.skip(_HASH)
        return _link(heap.of_id(record.take(record.left)))

    return together(of_record, second_records(blocks, tree))


def _link(body: Cursor) -> tuple[str, int | None]:
    """A member's name and address; no address where it is a link to a name."""
    body.skip(1)
    flags = body.uint(1)
    kind = body.uint(1) if flags & 0x08 else 0
    body.skip((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
    name = body.take(body.uint(1 << (flags & 3))).decode("utf-8", "replace")
    return name, body.offset() if kind == 0 else None
