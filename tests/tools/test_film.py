"""What the model is given of a film."""

import io

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageOps

from prelim.models.phantom.draw import film
from prelim.settings import Settings
from prelim.types import Image
from tools.film import shown
from tools.tool import open_context


def png(picture: Picture.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("columns_to", ["L", None, "A", "R"])
def test_a_film_stored_the_other_way_round_is_mirrored(settings: Settings, columns_to: str | None) -> None:
    """Any other is given as it is stored, byte by byte."""
    context, picture = open_context(settings), Picture.fromarray(film(np.random.default_rng(7)).pixels[:150])
    sha256 = context.artifacts.put(png(picture))
    image = Image(sop_instance_uid="1", pixels_sha256=sha256, rows=150, columns=224, columns_to=columns_to, rows_to="F")
    wanted = ImageOps.mirror(picture) if columns_to == "R" else picture
    assert shown(context, image) == png(wanted)
