"""Images as pictures for people: small enough for a page, and key images with their boxes drawn in.

The PNG of a CT slice holds three windows (prelim/imaging/windows.py); people are shown one of them.
"""

import io
from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from prelim.imaging.selection import same_region
from prelim.imaging.windows import BRAIN, SOFT_TISSUE, WINDOWS_HU
from prelim.types import Box, Series

PAGE_SIDE_PX, SHEET_SIDE_PX = 1400, 512
"""The longest side of a film on the page, and on a contact sheet; boxes are drawn over it in stored pixels."""
_BOX_COLOUR = (255, 201, 71)
_CAPTION = "Draft for review, not for diagnosis"


def window_of(series: Series) -> str:
    """Which window of a CT people are shown: "brain window, 0 to 80 HU"; empty for what is no CT in windows."""
    if not _in_windows(series):
        return ""
    low, high = WINDOWS_HU[_channel(series)]
    return f"{'brain' if _channel(series) == BRAIN else 'soft tissue'} window, {low:g} to {high:g} HU"


def for_people(stored_png: bytes, series: Series) -> bytes:
    """An image of the series as people are shown it: of a CT's three windows one; else as stored."""
    picture = Picture.open(io.BytesIO(stored_png))
    return _png(picture.getchannel(_channel(series))) if _in_windows(series) and picture.mode == "RGB" else stored_png


def _in_windows(series: Series) -> bool:
    return series.modality == "CT" and series.kind == "volume"


def _channel(series: Series) -> int:
    """Of a head the brain's window: what is looked for there differs by less than soft tissue's can show."""
    return BRAIN if same_region(series.body_part, "HEAD") else SOFT_TISSUE


def for_page(stored_png: bytes, side_px: int = PAGE_SIDE_PX) -> bytes:
    """The image as PNG, its longest side at most `side_px`."""
    picture = Picture.open(io.BytesIO(stored_png))
    if max(picture.size) <= side_px:
        return stored_png
    picture.thumbnail((side_px, side_px), Picture.Resampling.LANCZOS)
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
