"""Many examples asked about, some at once; the pixels of each are kept no longer than its questions take."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

from memory.artifacts import Artifacts
from prelim.errors import InputError, RefusedError
from prelim.evaluated import Problem
from prelim.types import Study
from tools.alone import studies_in
from tools.case_file import FileNote
from tools.tool import Context

_AT_ONCE = 8
"""Examples under way: enough for a batch on one machine and for a few servers, few enough for a laptop's memory."""


class Named(Protocol):
    """An example: the name of its image and its line in a table."""

    @property
    def image(self) -> str: ...

    @property
    def line(self) -> int | None: ...


Asked = TypeVar("Asked", bound=Named)
Answer = TypeVar("Answer")


def ask_each(
    context: Context, examples: Iterable[Asked], ask: Callable[[Context, Path, Asked], Answer]
) -> Iterator[tuple[Asked, Answer | Problem]]:
    """Each example with its answer, in order; or why there is none.

    `ask` is given a context whose artifacts are thrown away afterwards, an empty scratch folder, and the example.
    """
    model, waiting = context.model, iter(examples)

    def one(example: Asked) -> Answer | Problem:
        with TemporaryDirectory(prefix="prelim-") as scratch:
            artifacts = Artifacts(Path(scratch) / "artifacts")
            here = replace(context, artifacts=artifacts, open_model=lambda: model)
            try:
                return ask(here, Path(scratch), example)
            except (InputError, RefusedError) as error:
                return Problem(line=example.line, image=example.image, code=error.code, message=error.message)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="evaluate") as threads:
        while some := list(islice(waiting, 4 * _AT_ONCE)):
            yield from zip(some, threads.map(one, some), strict=True)


def study_at(context: Context, place: Path, image: str, stated: FileNote) -> Study:
    """The one study of a file or folder. InputError several_studies, no_image, and intake's own."""
    studies = studies_in(context, place, stated)
    if len(studies) > 1:
        raise InputError("several_studies", f"{image} holds {len(studies)} studies.", "Name one each.")
    return studies[0]
