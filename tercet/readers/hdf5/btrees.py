"""B-trees of HDF5, both versions: records in order.

Source: HDF5 File Format Specification, III.A "Disk Format: Level 1A - B-trees".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.cursor import Cursor, together

_LEAF_OVERHEAD = 10


def first_leaves(blocks: Blocks, address: int, kind: int, key_size: int) -> list[Cursor]:
    """The entries of a version 1 tree's leaves: for each leaf a cursor over key, child, key, child...

    Args:
        blocks: of the file.
        address: of the root.
        kind: 0 for the members of a group, 1 for chunks.
        key_size: bytes of a key.
    """
    fixed = 8 + 2 * blocks.offset_size
    start = blocks.cursor(address, fixed)
    start.expect(b"TREE")
    if start.uint(1) != kind:
        raise start.broken(f"a B-tree of kind {kind} was due")
    level, count = start.uint(1), start.uint(2)
    entries = blocks.cursor(address + fixed, count * (key_size + blocks.offset_size))
    if level == 0:
        return [entries]
    children = []
    for _ in range(count):
        entries.skip(key_size)
        child = entries.offset()
        if child is None:
            raise entries.broken("a B-tree has a branch that leads nowhere")
        children.append(child)
    below = together(lambda child: first_leaves(blocks, child, kind, key_size), children)
    return [leaf for leaves in below for leaf in leaves]


@dataclass(frozen=True, slots=True)
class _Second:
    """What the header of a version 2 tree says."""

    node_size: int
    record_size: int
    counts: tuple[int, ...]
    """Bytes of the number of records in one node (first), and in all below a node, by its depth."""


def second_records(blocks: Blocks, address: int) -> Iterator[Cursor]:
    """The records of a version 2 tree, each with a cursor over it; in no order worth relying on."""
    start = blocks.cursor(address, 22 + blocks.offset_size + blocks.length_size)
    start.expect(b"BTHD")
    start.skip(2)
    node_size, record_size, depth = start.uint(4), start.uint(2), start.uint(2)
    start.skip(2)
    root, count = start.offset(), start.uint(2)
    if root is None or not count:
        return iter(())
    tree = _Second(node_size, record_size, _count_sizes(blocks, node_size, record_size, depth))
    runs = _node(blocks, tree, root, count, depth)
    return (run.part(record_size) for run in runs for _ in range(run.left // record_size))


def _count_sizes(blocks: Blocks, node_size: int, record_size: int, depth: int) -> tuple[int, ...]:
    most = (node_size - _LEAF_OVERHEAD) // record_size
    in_node, below, sizes = _bytes_for(most), most, [0]
    for _ in range(depth):
        pointer = blocks.offset_size + in_node + sizes[-1]
        most = (node_size - _LEAF_OVERHEAD - pointer) // (record_size + pointer)
        below = (most + 1) * below + most
        sizes.append(_bytes_for(below))
    return (in_node, *sizes)


def _bytes_for(most: int) -> int:
    return (max(most, 1).bit_length() - 1) // 8 + 1


def _node(blocks: Blocks, tree: _Second, address: int, count: int, depth: int) -> list[Cursor]:
    """The records of a node and of all below it, as runs."""
    node = blocks.cursor(address, tree.node_size)
    node.expect(b"BTIN" if depth else b"BTLF")
    node.skip(2)
    runs = [node.part(count * tree.record_size)]
    if not depth:
        return runs
    children = []
    for _ in range(count + 1):
        child, records = node.offset(), node.uint(tree.counts[0])
        node.skip(tree.counts[depth])
        if child is None:
            raise node.broken("a B-tree has a branch that leads nowhere")
        children.append((child, records))
    below = together(lambda one: _node(blocks, tree, one[0], one[1], depth - 1), children)
    return runs + [run for more in below for run in more]
