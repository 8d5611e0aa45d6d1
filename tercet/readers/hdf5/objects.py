"""Object headers of HDF5: what a group or an array says of itself, as messages.

Source: HDF5 File Format Specification, IV.A "Disk Format: Level 2A - Data Object Headers".
"""

from dataclasses import dataclass

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.cursor import Cursor, UnreadableError

DATASPACE, LINK_INFO, DATATYPE, OLD_FILL, FILL, LINK = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
EXTERNAL, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION = 0x07, 0x08, 0x0B, 0x0C, 0x10
SYMBOL_TABLE, ATTRIBUTE_INFO = 0x11, 0x15

_USUAL = 512
"""Bytes of most headers: asked for together with the first of them."""
_SHARED = 0x02
_COMMITTED = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that an object says of itself; its body is read with a new cursor each time."""

    kind: int
    flags: int
    content: Cursor

    def body(self) -> Cursor:
        """A cursor at the start of the body."""
        whole = self.content
        return Cursor(whole.buffer, whole.origin, whole.offset_size, whole.length_size)


@dataclass(frozen=True, slots=True)
class Header:
    """All messages of an object, in their order."""

    address: int
    messages: tuple[Message, ...]

    def all(self, kind: int) -> list[Message]:
        """The messages of one kind."""
        return [message for message in self.messages if message.kind == kind]

    def first(self, kind: int) -> Message | None:
        """The first message of one kind."""
        return next((message for message in self.messages if message.kind == kind), None)

    @property
    def is_array(self) -> bool:
        """Whether it is an array; what is neither that nor a group, is a named type."""
        return self.first(LAYOUT) is not None

    @property
    def is_group(self) -> bool:
        """Whether it is a group."""
        return self.first(SYMBOL_TABLE) is not None or self.first(LINK_INFO) is not None


def header(blocks: Blocks, address: int) -> Header:
    """Read an object's header."""
    start = blocks.some(address, _USUAL)
    if start.buffer.startswith(b"OHDR"):
        return Header(address, tuple(_second(blocks, address, start)))
    return Header(address, tuple(_first(blocks, address, start)))


def shared(blocks: Blocks, message: Message, kind: int) -> Cursor:
    """The body of a message, which may lie in another object (a named type)."""
    body = message.body()
    if not message.flags & _SHARED:
        return body
    return pointed_at(blocks, body, kind)


def pointed_at(blocks: Blocks, body: Cursor, kind: int) -> Cursor:
    """The body of the message of that kind in the object that a shared message points to."""
    version, where = body.uint(1), body.uint(1)
    if version == 1:
        body.skip(6)
    elif version == 3 and where != _COMMITTED:  # noqa: PLR2004 - a version of the format
        raise UnreadableError("messages shared in a heap")
    address = body.offset()
    found = header(blocks, address).first(kind) if address is not None else None
    if found is None:
        raise body.broken("a shared message leads nowhere")
    return found.body()


def _first(blocks: Blocks, address: int, start: Cursor) -> list[Message]:
    """Version 1: all messages in one run of bytes, and in its continuations."""
    if start.uint(1) != 1:
        start.at = 0
        raise start.broken("an object header was due")
    start.skip(7)
    size = start.uint(4)
    found: list[Message] = []
    seen: set[int] = set()
    runs = [blocks.cursor(address + 16, size)]
    while runs:
        run = runs.pop(0)
        while run.left >= 8:  # noqa: PLR2004 - bytes before a message's body
            kind, length, flags = run.uint(2), run.uint(2), run.uint(1)
            run.skip(3)
            message = Message(kind, flags, run.part(length))
            if kind == CONTINUATION:
                runs.append(_continued(blocks, message, seen))
            else:
                found.append(message)
    return found


def _continued(blocks: Blocks, message: Message, seen: set[int]) -> Cursor:
    body = message.body()
    address, length = body.offset(), body.length()
    if address is None or address in seen:
        raise body.broken("a header goes on nowhere, or where it was already")
    seen.add(address)
    return blocks.cursor(address, length)


def _second(blocks: Blocks, address: int, start: Cursor) -> list[Message]:
    """Version 2: runs with signatures and checksums, messages with shorter prefixes."""
    start.skip(5)
    flags = start.uint(1)
    start.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = start.uint(1 << (flags & 3))
    prefix = 6 if flags & 0x04 else 4
    found: list[Message] = []
    seen: set[int] = set()
    runs = [blocks.cursor(address + start.at, size)]
    while runs:
        run = runs.pop(0)
        while run.left >= prefix:
            kind, length, of_message = run.uint(1), run.uint(2), run.uint(1)
            run.skip(prefix - 4)
            message = Message(kind, of_message, run.part(length))
            if kind == CONTINUATION:
                following = _continued(blocks, message, seen)
                following.expect(b"OCHK")
                runs.append(following.part(following.left - 4))
            else:
                found.append(message)
    return found
