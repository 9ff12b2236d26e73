"""A film as the model sees it, and the way back to its stored pixels.

The model is asked about films in the radiographic convention (the patient's right on the image's left). A film that
its own orientation tags say is stored the other way round is turned for the model, and its boxes are turned back.
"""

import io
from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageOps

from prelim.imaging.square import Square
from prelim.types import BoxPx, Image
from tools.tool import Context


def mirrored(image: Image) -> bool:
    """Whether the stored columns run towards the patient's right."""
    return image.columns_to is not None and image.columns_to.startswith("R")


def shown(context: Context, image: Image) -> bytes:
    """The PNG that the model is given: the stored matrix, turned to the convention."""
    stored = context.artifacts.get(image.pixels_sha256)
    if not mirrored(image):
        return stored
    turned = io.BytesIO()
    ImageOps.mirror(Picture.open(io.BytesIO(stored))).save(turned, "PNG")
    return turned.getvalue()


def stored_box(image: Image, box_2d: Sequence[float]) -> BoxPx:
    """A box in thousandths of the shown square as stored pixels. ValueError where nothing is left of it."""
    y0, x0, y1, x1 = Square(image.rows, image.columns).to_px(box_2d)
    return (y0, image.columns - x1, y1, image.columns - x0) if mirrored(image) else (y0, x0, y1, x1)
