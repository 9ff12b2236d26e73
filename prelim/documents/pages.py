"""Documents of pages, seen from outside: PDFs, scans and photographs of paper, each page read in a child.

Pages with text are copied, the others recognised; how many of each is bounded, and what was left out is said.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from prelim.documents.paper import SURE_LETTERS, look_for_paper
from prelim.documents.pdf import draw_page, read_pages
from prelim.documents.read import Read
from prelim.documents.scan import PAGE_DPI, read_picture, read_scanned_page
from prelim.documents.words import Word
from prelim.errors import InputError
from prelim.isolation import Answer, call, call_each

TEXT_PAGES, SCANNED_PAGES = 400, 40
"""Of one document so many pages are looked at, and so many recognised."""


_SURE_SHARE = 0.1
"""Of what is recognised on a page of text far more is sure."""


class Page(NamedTuple):
    """One page: its words, its text, its picture if it was recognised. `sure`: letters recognised for certain."""

    words: tuple[Word, ...] = ()
    text: str = ""
    issues: tuple[str, ...] = ()
    picture: bytes = b""
    sure: int = 0


class Paged(NamedTuple):
    """What the pages of a document hold; `faults` are of those that could not be read."""

    pages: tuple[Page, ...]
    total: int
    issues: tuple[str, ...]
    faults: tuple[InputError, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)


def pdf_pages(path: str, file: Path, languages: str) -> Paged:
    """InputError locked, unreadable, and as `isolation.call`."""
    sheets: list[tuple[Page, bool]] = []
    count = 1
    while len(sheets) < min(count, TEXT_PAGES):
        plain = call(read_pages, path, str(file), len(sheets), TEXT_PAGES).plain
        count, more = int(plain["count"]), [(_page(sheet), bool(sheet["scanned"])) for sheet in plain["sheets"]]
        if not more:
            raise ValueError("no pages where there are some")
        sheets += more
    scanned = [number for number, (_, is_scanned) in enumerate(sheets) if is_scanned]
    read = _recognised(partial(call, read_scanned_page, path, str(file)), scanned[:SCANNED_PAGES], languages)
    pages = [_joined(page, read.get(number)) for number, (page, _) in enumerate(sheets)]
    return _paged(pages, count, read, scanned[SCANNED_PAGES:])


def picture_pages(path: str, file: Path, count: int, languages: str) -> Paged:
    """The pages of an image file. InputError as `isolation.call`, where no page can be read."""
    wanted = list(range(min(count, SCANNED_PAGES)))
    read = _recognised(partial(call, read_picture, path, str(file)), wanted, languages)
    return _paged([_joined(Page(), read[number]) for number in wanted], count, read, [])


def looks_like_paper(path: str, file: Path, asked: bool) -> tuple[int, bool]:
    """How many pictures an image file holds, and whether the first may be a page of text, or was `asked` for as one.

    InputError truncated, too_large.
    """
    plain = call(look_for_paper, path, str(file), asked).plain
    return int(plain["pages"]), bool(plain["paper"])


def is_text(paged: Paged) -> bool:
    """Whether so much was recognised for certain that a picture is a document, though nobody said so."""
    return max((page.sure for page in paged.pages), default=0) >= SURE_LETTERS


def is_noise(paged: Paged) -> bool:
    """Whether next to nothing of what was recognised is sure: a photograph of something else than text."""
    sure, read = sum(page.sure for page in paged.pages), sum(len(page.text) for page in paged.pages)
    return sure < SURE_LETTERS and sure < _SURE_SHARE * read


def page_picture(path: str, file: Path, page: int, dpi: float) -> bytes:
    """Page `page` (from 1) of a PDF as an RGB PNG at most so fine, in the frame of its words' boxes.

    InputError no_page, locked, unreadable, and as `isolation.call`.
    """
    return bytes(call(draw_page, path, str(file), page - 1, dpi).blobs[0])


# ------------------------------------------------------------------ pages together


def _recognised(
    ask: Callable[[int, str], Answer], numbers: Sequence[int], languages: str
) -> dict[int, Page | InputError]:
    """Pages by number; as many at once as there are children."""

    def one(number: int) -> Page:
        answer = ask(number, languages)
        return _page(answer.plain)._replace(picture=bytes(answer.blobs[0]), sure=int(answer.plain["sure"]))

    return dict(zip(numbers, call_each(one, numbers), strict=True))


def _joined(page: Page, read: Page | InputError | None) -> Page:
    """A page with what was recognised in its place; what stood beside its picture is in the picture too."""
    if read is None or isinstance(read, InputError):
        return page
    return read._replace(issues=page.issues + read.issues)


def _paged(pages: Sequence[Page], count: int, read: dict[int, Page | InputError], skipped: Sequence[int]) -> Paged:
    faults = {number: fault for number, fault in read.items() if isinstance(fault, InputError)}
    issues = [issue for page in pages for issue in page.issues]
    issues += [f"Page {number + 1} was not recognised: {fault.message}" for number, fault in faults.items()]
    if skipped:
        issues.append(f"Not read, for only {SCANNED_PAGES} pages are recognised: {_ranges(skipped)}.")
    if count > len(pages):
        issues.append(f"Not read: pages {len(pages) + 1} to {count} of {count}.")
    return Paged(tuple(pages), count, tuple(issues), tuple(faults.values()))


def _ranges(numbers: Sequence[int]) -> str:
    """Pages (from 0) as people count them: pages 3-5, 9."""
    runs = [[one for _, one in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return "pages " + ", ".join(f"{run[0] + 1}-{run[-1] + 1}" if len(run) > 1 else str(run[0] + 1) for run in runs)


def read_of(paged: Paged, described: Read) -> Read:
    """The document of these pages, whose text says of itself what is described."""
    recognised = any(page.picture for page in paged.pages)
    return described._replace(
        text=paged.text,
        pages=paged.total,
        words=tuple(page.words for page in paged.pages),
        issues=paged.issues,
        pictures=tuple(page.picture for page in paged.pages) if recognised else (),
        dpi=float(PAGE_DPI) if recognised else None,
    )


def _page(plain: dict[str, Any]) -> Page:
    return Page(tuple(map(word_of, plain["words"])), str(plain["text"]), tuple(map(str, plain["issues"])))


def word_of(given: Sequence[Any]) -> Word:
    """A word as it was told."""
    text, x0, top, x1, bottom, *other = given
    box = (float(x0), float(top), float(x1), float(bottom))
    return (str(text), *box, str(other[0])) if other else (str(text), *box)
