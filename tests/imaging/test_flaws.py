"""Flaws: seen on what is spoilt, and never on a good film, drawn or real."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.spoilt import framed, marked, photographed, real_films, snow
from prelim.imaging.flaws import flaws_of
from prelim.models.phantom import draw
from prelim.types import Flaw, Kind

Pixels = npt.NDArray[np.uint8]


def seen(film: Pixels, columns_to: str = "L", rows_to: str = "F") -> tuple[Flaw, ...]:
    film = np.ascontiguousarray(film)
    return flaws_of(film, "projection", frontal_chest=True, columns_to=columns_to, rows_to=rows_to)


@pytest.fixture(scope="module")
def film() -> Pixels:
    """A drawn film of 1000 × 1000 pixels."""
    drawn = Image.fromarray(draw.film(np.random.default_rng(3)).pixels)
    return np.asarray(drawn.resize((1000, 1000), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("pairs", [10, pytest.param(100, marks=pytest.mark.integration)])
def test_a_drawn_film_has_no_flaw(pairs: int) -> None:
    """The embedded model's own films, those of pairs among them."""
    rng = np.random.default_rng(2024)
    for _ in range(pairs):
        for drawn in (draw.film(rng), *draw.pair(rng)[:2]):
            assert seen(drawn.pixels) == ()


@pytest.mark.parametrize("kind", draw.UNREADABLE)
def test_what_is_drawn_unreadable_is_seen(kind: str) -> None:
    """Of the drawn chests on their side, which are nearly negatives of upright ones, most are seen, by either name."""
    rng = np.random.default_rng(7)
    either = {"inverted", "rotated"} if kind in ("inverted", "rotated") else {kind}
    found = [set(seen(draw.unreadable_film(rng, kind).pixels)) for _ in range(40)]
    assert all(flaws <= either for flaws in found)
    assert sum(map(bool, found)) >= (36 if kind == "rotated" else 40)


@pytest.mark.parametrize(("kind", "frontal_chest"), [("projection", True), ("volume", False), ("slide", False)])
def test_what_shows_nothing_is_seen_on_any_picture(film: Pixels, kind: Kind, frontal_chest: bool) -> None:
    rng = np.random.default_rng(1)
    constant = [
        np.full(shape, value, np.uint8) for shape in ((1, 1), (300, 200), (70, 90, 3)) for value in (0, 77, 255)
    ]
    faint = (100 + rng.normal(0, 2, (400, 300))).astype(np.uint8)
    dotted = np.zeros((500, 500), np.uint8)
    dotted[30:36, 20:26] = 255
    for empty in (*constant, faint, dotted, framed(film)):
        assert flaws_of(empty, kind, frontal_chest=frontal_chest) == ("blank",)
    for noise in (snow(film, rng), rng.integers(0, 256, (90, 90, 3), np.uint8)):
        assert flaws_of(noise, kind, frontal_chest=frontal_chest) == (() if kind == "slide" else ("noise",))


def test_only_a_frontal_chest_film_can_lie_wrong(film: Pixels) -> None:
    for other in (255 - film, np.rot90(film)):
        assert flaws_of(np.ascontiguousarray(other), "projection", frontal_chest=False) == ()


def test_a_photograph_of_a_screen_is_seen(film: Pixels) -> None:
    assert "screen" in seen(photographed(film, np.random.default_rng(0)))
    assert seen(film) == () and seen(np.repeat(film[..., None], 3, axis=-1)) == ()


def test_a_letter_on_the_other_side_is_a_flaw(film: Pixels) -> None:
    right = marked(film, 0.03, np.random.default_rng(0))
    assert (seen(right), seen(right[:, ::-1])) == ((), ("mirrored",))
    assert (seen(right, "R"), seen(right[:, ::-1], "R")) == (("mirrored",), ())


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.booleans(), st.integers(0, 2**32 - 1))
def test_any_picture_can_be_judged(rows: int, columns: int, colour: bool, seed: int) -> None:
    shape = (rows, columns, 3) if colour else (rows, columns)
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    assert set(seen(values)) <= {"blank", "noise", "inverted", "rotated", "mirrored", "screen"}


@pytest.mark.integration
def test_real_films(shared_data: Path) -> None:
    """No flaw on a good one; the negative and what lies on its side are seen on every one."""
    films = dict(real_films(shared_data))
    assert len(films) >= 50
    for name, film in films.items():
        assert seen(film) == (), name
        for spoilt in (255 - film, np.rot90(film), np.rot90(film, 3)):
            assert {*seen(spoilt)} & {"inverted", "rotated"}, name
    assert "mirrored" in seen(films["c206_2.jpg"][:, ::-1])


def test_a_film_stored_upside_down_as_its_tags_say_is_no_flaw(shared_data: Path) -> None:
    films = dict(real_films(shared_data, step=20))
    for film in films.values():
        turned = film[::-1]
        assert (seen(turned, rows_to="H"), seen(turned)) == ((), ("rotated",))
