"""An iterator that works in a thread, for asyncio: the facade is synchronous, its async twins are not to block."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


async def in_thread(items: Iterator[Item]) -> AsyncIterator[Item]:
    """The items one by one, each made in a thread."""
    while (item := await to_thread(next, items, _END)) is not _END:
        yield item  # type: ignore[misc]
