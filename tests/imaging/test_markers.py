"""Side letters: read where they stand alone, held against the orientation, whichever way they face."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from benchmarks.spoilt import marked
from prelim.imaging.markers import contradicts, letters_of
from prelim.models.phantom import draw

Pixels = npt.NDArray[np.uint8]
FONT = ImageFont.load_default(40)


@pytest.fixture(scope="module")
def film() -> Pixels:
    """A drawn film of 1000 × 1000 pixels."""
    drawn = Image.fromarray(draw.film(np.random.default_rng(3)).pixels)
    return np.asarray(drawn.resize((1000, 1000), Image.Resampling.BICUBIC))


def written(film: Pixels, *texts: tuple[int, int, str]) -> Pixels:
    """The film with words burned in at (x, y)."""
    picture = Image.fromarray(film)
    for x, y, text in texts:
        ImageDraw.Draw(picture).text((x, y), text, fill=255, font=FONT)
    return np.asarray(picture)


@pytest.mark.parametrize("height", [0.02, 0.03, 0.045, 0.07])
@pytest.mark.parametrize("seed", range(4))
def test_a_letter_on_the_other_side_is_seen(film: Pixels, height: float, seed: int) -> None:
    """A film turned left to right, letter and all, contradicts its tags; the film as it was does not."""
    right = marked(film, height, np.random.default_rng(seed))
    turned = np.ascontiguousarray(right[:, ::-1])
    assert [contradicts(right, way) for way in ("L", "R", "LH", None, "A")] == [False, True, False, False, False]
    assert [contradicts(turned, way) for way in ("L", "R", "LH", None, "A")] == [True, False, True, False, False]


@pytest.mark.parametrize(("letter", "x"), [("L", 90), ("R", 890)])
def test_a_readable_letter_on_the_wrong_side_is_seen(film: Pixels, letter: str, x: int) -> None:
    assert contradicts(written(film, (x, 100, letter)), "L")


@pytest.mark.parametrize(("letter", "x"), [("R", 90), ("L", 890)])
def test_a_lead_letter_face_down_names_its_side(film: Pixels, letter: str, x: int) -> None:
    """The letter mirrored where it belongs: laid the wrong way round, the film is not."""
    backwards = written(film[:, ::-1], (1000 - x - 25, 100, letter))[:, ::-1]
    [found] = {name for name, _, _ in letters_of(np.ascontiguousarray(backwards))}
    assert found == letter and not contradicts(np.ascontiguousarray(backwards), "L")


@pytest.mark.parametrize("words", ["PORTABLE", "AP ERECT", "SUPINE L", "D", "J", "12:40", "LR", "P", "B", "E", "K"])
def test_words_name_no_side(film: Pixels, words: str) -> None:
    for x in (60, 250, 600, 760):
        assert letters_of(written(film, (x, 60, words))) == []


def test_letters_that_disagree_prove_nothing(film: Pixels) -> None:
    assert not contradicts(written(film, (90, 100, "R"), (90, 300, "L")), "L")


def test_a_letter_in_the_middle_is_not_looked_for(film: Pixels) -> None:
    assert letters_of(written(film, (490, 100, "L"))) == []
