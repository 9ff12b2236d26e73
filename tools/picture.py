"""Images as pictures for people: small enough for a page, and key images with their boxes drawn in.

The PNG of a CT slice holds three windows (prelim/imaging/windows.py); people are shown one of them, soft tissue.
"""

import io
from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from prelim.types import Box

PAGE_SIDE_PX = 1400
"""The longest side of a film on the page; its boxes are drawn over it in stored pixels all the same."""
_BOX_COLOUR = (255, 201, 71)
_CAPTION = "Draft for review, not for diagnosis"


def for_people(stored_png: bytes, modality: str) -> bytes:
    """The image as people are shown it: of a CT's three windows the green channel, -135 to 215 HU; else as stored."""
    picture = Picture.open(io.BytesIO(stored_png))
    return _png(picture.getchannel("G")) if modality == "CT" and picture.mode == "RGB" else stored_png


def for_page(stored_png: bytes) -> bytes:
    """The image as PNG, its longest side at most PAGE_SIDE_PX."""
    picture = Picture.open(io.BytesIO(stored_png))
    if max(picture.size) <= PAGE_SIDE_PX:
        return stored_png
    picture.thumbnail((PAGE_SIDE_PX, PAGE_SIDE_PX), Picture.Resampling.LANCZOS)
    return _png(picture)


def key_image(stored_png: bytes, boxes: Sequence[Box], names: Sequence[str]) -> bytes:
    """The film in its stored size as RGB PNG, each box drawn and named, the research-use line burned in."""
    picture = Picture.open(io.BytesIO(stored_png)).convert("RGB")
    side = max(picture.size)
    font, line = ImageFont.load_default(max(10, side // 50)), max(1, side // 300)
    pen = ImageDraw.Draw(picture)
    for box, name in zip(boxes, names, strict=True):
        y0, x0, y1, x1 = box.box_px
        pen.rectangle((x0, y0, x1, y1), outline=_BOX_COLOUR, width=line)
        pen.text(
            (x0, y0 - line),
            name,
            fill=_BOX_COLOUR,
            font=font,
            anchor="lb",
            stroke_width=line,
            stroke_fill="black",
        )
    pen.text(
        (line * 2, picture.height - line * 2),
        _CAPTION,
        fill="white",
        font=font,
        anchor="lb",
        stroke_width=line,
        stroke_fill="black",
    )
    return _png(picture)


def _png(picture: Picture.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()
