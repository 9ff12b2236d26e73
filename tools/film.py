"""An image as the model is given it: turned to the radiographic convention, not padded."""

import io

from PIL import Image as Picture

from prelim.imaging.coordinates import Coordinates, coordinates_of
from prelim.types import Image
from tools.tool import Context


def shown(context: Context, image: Image) -> bytes:
    """The PNG that the model is given; the stored one where nothing is to be turned."""
    stored, way = context.artifacts.get(image.pixels_sha256), coordinates_of(image)
    if way == Coordinates(image.rows, image.columns, image.region_px):
        return stored
    turned = io.BytesIO()
    way.turn(Picture.open(io.BytesIO(stored))).save(turned, "PNG")
    return turned.getvalue()
