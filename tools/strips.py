"""Strips of paper: the part of each page that a draft's results were read from, as a picture.

Only the lines that hold a result and the heading over them: the rest of a page names the patient.
"""

import io
from collections.abc import Sequence

from PIL import Image as Picture

from memory.artifacts import Artifacts
from prelim.documents.files import page_picture
from prelim.errors import InputError
from prelim.types import BoxPt, Document, Evidence, PagePicture, PagePictures
from tools.tool import Context, tool

_DPI = 110.0
_MARGIN_PT = 4.0
_HEADING_LINES = 3.0
"""How far above the first result its heading may lie, in heights of its line."""
_POINTS_AN_INCH = 72.0


@tool(asks_model=False)
def strips(context: Context, *, documents: tuple[Document, ...], places: tuple[Evidence, ...]) -> PagePictures:
    """A strip of each page that a place lies on. A page that cannot be drawn is left out, and said."""
    pages: list[PagePicture] = []
    warnings: list[str] = []
    for document in documents:
        mine = [place for place in places if place.document_sha256 == document.sha256 and place.box_pt]
        for page in sorted({place.page for place in mine if place.page}):
            boxes = [place.box_pt for place in mine if place.page == page and place.box_pt]
            try:
                pages.append(_strip(context.artifacts, document, page, boxes))
            except InputError as error:
                warnings.append(f"{document.path}, page {page}, cannot be shown: {error}")
    return PagePictures(pages=tuple(pages), warnings=tuple(warnings))


def _strip(artifacts: Artifacts, document: Document, page: int, boxes: Sequence[BoxPt]) -> PagePicture:
    picture, dpi = _page(artifacts, document, page)
    scale = dpi / _POINTS_AN_INCH
    words = artifacts.get_json(document.words_sha256)[page - 1] if document.words_sha256 else []
    top = max(0.0, _heading(words, min(box[1] for box in boxes), boxes) - _MARGIN_PT)
    bottom = min(picture.height / scale, max(box[3] for box in boxes) + _MARGIN_PT)
    part = picture.crop((0, round(top * scale), picture.width, round(bottom * scale)))
    file = io.BytesIO()
    part.convert("L").save(file, "PNG", optimize=True)
    return PagePicture(
        document_sha256=document.sha256,
        page=page,
        clip_pt=(0.0, round(top * scale) / scale, picture.width / scale, round(bottom * scale) / scale),
        rows=part.height,
        columns=part.width,
        pixels_sha256=artifacts.put(file.getvalue()),
    )


def _page(artifacts: Artifacts, document: Document, page: int) -> tuple[Picture.Image, float]:
    """A page's picture and its dots an inch: a scan's own, else drawn."""
    if document.pages_sha256 and document.pages_sha256[page - 1] and document.page_dpi:
        return Picture.open(io.BytesIO(artifacts.get(document.pages_sha256[page - 1]))), document.page_dpi
    drawn = page_picture(document.path, artifacts.file(document.sha256), page, _DPI)
    return Picture.open(io.BytesIO(drawn)), _DPI


def _heading(words: Sequence[Sequence[object]], first_pt: float, boxes: Sequence[BoxPt]) -> float:
    """Where the line over the first result begins, if it is one of headings: near, and without digit and colon."""
    height = min(box[3] - box[1] for box in boxes)
    above = [
        (str(word[0]), float(str(word[2])), float(str(word[4])))
        for word in words
        if 0 < first_pt - float(str(word[4])) + 0.3 * height < _HEADING_LINES * height
    ]
    if not above or any(ch.isdigit() or ch == ":" for text, _, _ in above for ch in text):
        return first_pt
    return min(top for _, top, _ in above)
