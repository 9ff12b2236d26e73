"""A drawn head without its brain: scalp, skull with its base, orbits, sinuses, petrous bones.

Frame: the patient's, mm; z = 0 is the level of the ear canals, x = 0 the midline, y = 0 the middle of the head.
"""

from typing import NamedTuple

import numpy as np

from examples.shapes import Array, Paint, Plane, both, bump, chain, ellipsoid, rod, smooth_noise, step, union

SIDES = (-1, 1)
_WIDEST_MM, _LONGEST_MM, _EQUATOR_MM, _TOP_MM = 76.0, 97.0, 30.0, 97.0
_ROUND = 2.2


class Grain(NamedTuple):
    """The noise that one slice follows, deviation 1: the folds of the cortex, fine cells of bone and air."""

    folds: Array
    cells: Array


class Bounds(NamedTuple):
    """Distances to the surfaces that everything hangs on."""

    skin: Array
    skull: Array
    dura: Array
    cavity: Array


def grains(rng: np.random.Generator, slices: int, size_px: int, spacing_mm: float, gap_mm: float) -> list[Grain]:
    """One grain a slice; folds run on from slice to slice."""
    shape = (slices, size_px, size_px)
    folds = smooth_noise(rng, shape, (4.6 / gap_mm, 4.6 / spacing_mm, 4.6 / spacing_mm))
    cells = smooth_noise(rng, shape, (0.2, 1.3 / spacing_mm, 1.3 / spacing_mm))
    return [Grain(*pair) for pair in zip(folds, cells, strict=True)]


def paint_outside(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """From the skin to the skull base, and the room for the brain, full of fluid."""
    _scalp(paint, at, bounds, grain)
    _face(paint, at, bounds, grain)
    _base(paint, at, bounds, grain)


# ------------------------------------------------------------------ surfaces


def _radius(x: Array, y: Array, z: Array) -> Array:
    """1 on the skin, less inside: an egg, wider behind, tapering to the vertex and a little to the neck."""
    low = np.clip(_EQUATOR_MM - z, 0, None) / 50
    wide = _WIDEST_MM * (1 + 0.085 * np.sin(np.clip((y - 4) / _LONGEST_MM, -1, 1) * np.pi / 2)) * (1 - 0.05 * low**2)
    long = _LONGEST_MM * (1 - 0.06 * low**2)
    up = np.clip(z - _EQUATOR_MM, 0, None) / _TOP_MM
    total = (np.abs(x) / wide) ** _ROUND + (np.abs(y) / long) ** _ROUND + up**_ROUND
    return np.asarray((total + 1e-9) ** (1 / _ROUND))


def bounds_of(at: Plane) -> Bounds:
    """The surfaces as a slice cuts them."""
    here = _radius(*at)
    pixel_mm = float(at.x[0, 1] - at.x[0, 0])
    slopes = [*np.gradient(here, pixel_mm), _radius(at.x, at.y, at.z + 1) - here]
    skin = (here - 1) / (np.sqrt(sum(slope**2 for slope in slopes)) + 1e-5)
    temple = bump(at.y + 30, 24) * bump(at.z - 14, 24) * np.clip(np.abs(at.x) / 70, 0, 1) ** 4
    skull = skin + 5 + 8 * temple
    thick = 5.5 + 2.5 * (at.y / 97) ** 2 - 2.3 * temple + 3.5 * bump(at.x, 6) * step(at.y - 60, 4) * bump(at.z - 22, 10)
    thick = thick * (1 - 0.9 * step(-4 - at.z, 3) * step(-at.y + 2, 4) * step(np.abs(at.x) - 48, 4))
    thick = thick * (1 - 0.9 * step(-8 - at.z, 2) * step(at.y - 26, 4))
    dura = skull + thick
    return Bounds(skin, skull, dura, both(dura, (_floor(at.x, at.y) - at.z) * 0.8))


def _floor(x: Array, y: Array) -> Array:
    """The height of the skull base: the anterior fossa over the orbits, the middle, the posterior the lowest."""
    side = np.abs(x)
    front, back = step(-(y + 36 + 0.12 * side), 2.5), step(y - (3 + 0.45 * side), 2.5)
    saddle = step(19 - side, 2.5)
    roof = 19 + 9 * bump(side - 30, 13) * bump(y + 62, 20) - 4 * bump(x, 6)
    middle = saddle * 19 + (1 - saddle) * (-3 + ((side - 42) / 8) ** 2 + ((y + 12) / 9) ** 2)
    behind = -30 + (x / 14) ** 2 + ((y - 44) / 12) ** 2
    return np.asarray(front * roof + (1 - front - back) * middle + back * behind)


# ------------------------------------------------------------------ outside the brain


def _scalp(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """Skin, fat, the muscles of temple and neck, the two tables of the skull with marrow between."""
    ears = [chain(at, (side * 74, 20, 4, 5), (side * 82, 27, 3, 2.6), (side * 85, 33, 3, 1.6)) for side in SIDES]
    nose = chain(at, (0, -84, 6, 9), (0, -93, -10, 9), (0, -100, -20, 9))
    paint.add("skin", union(bounds.skin, nose, *ears), 1.2)
    paint.add("fat", bounds.skin + 2.5)
    paint.add("muscle", both(bounds.skull - 6.5, bounds.skin + 3.6, 30 - np.abs(at.x) + 0 * at.y, at.z - 52))
    neck = both(bounds.skin + 5, bounds.skull - 14, 30 - at.y, at.z + 6)
    paint.add("muscle", neck)
    paint.add("bone", bounds.skull)
    half = (bounds.dura - bounds.skull) / 2
    marrow = np.abs(bounds.skull + half) - (half - 1.5)
    paint.add("marrow", marrow, 1.2, 0.75 + 0.12 * np.clip(grain.cells, -1.5, 1.5))
    paint.add("muscle", both(bounds.dura, -bounds.cavity))
    paint.add("fat", both(bounds.dura + 2, -bounds.cavity, np.abs(grain.folds) * 5 - 1.3), 2.5, 0.5)


def _face(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """Orbits with the eyes in them, the sinuses, the nose."""
    for side in SIDES:
        _cell(paint, ellipsoid(at, (side * 27, -62, -26), (15, 17, 17)))
        _cell(paint, ellipsoid(at, (side * 9, -88, 33), (9, 4.5, 9)))
        _orbit(paint, at, bounds, side)
        paint.add("bone", chain(at, (side * 52, -58, -6, 4), (side * 66, -40, -9, 2.2), (side * 68, -12, -8, 2.5)))
        paint.add("bone", ellipsoid(at, (side * 52, 3, -14), (8, 5, 10)))
    ethmoid = both(np.abs(at.x) - 12.5, np.abs(at.y + 56) - 25, np.abs(at.z - 6) - 14)
    paint.add("bone", ethmoid - 0.8)
    rows = np.abs((at.y + 1.5 * grain.folds + 3 * np.sign(at.x)) % 9.5 - 4.75) - 4.1
    columns = np.abs(np.abs(at.x) - 6.4 + 0.5 * grain.folds)
    paint.add("air", both(ethmoid, rows, 0.9 - np.abs(at.x), 0.6 - columns), 1.4, 0.95)
    _cell(paint, ellipsoid(at, (-7, -22, 6), (7.5, 12, 10)))
    _cell(paint, ellipsoid(at, (8, -21, 7), (6.5, 12, 10)))
    nasal = both(ellipsoid(at, (0, -62, -24), (10, 32, 18)), 1 - np.abs(at.x - 1.5 * np.sin(at.y / 9)))
    paint.add("air", both(nasal, 1.6 - np.abs(np.abs(at.x) - 6)), 1.4)
    paint.add("air", ellipsoid(at, (0, -18, -28), (11, 7, 14)), 1.4)


def _cell(paint: Paint, distance: Array) -> None:
    """A sinus: air in a thin bony wall."""
    paint.add("bone", distance - 1.3)
    paint.add("air", distance + 0.3, 1.4)


def _orbit(paint: Paint, at: Plane, bounds: Bounds, side: int) -> None:
    """A cone of fat in bony walls: the eye behind its lid, four muscles, the optic nerve."""
    cone = chain(at, (side * 33, -76, 6, 16.5), (side * 31, -66, 7, 17.5), (side * 13, -30, 11, 3.5))
    inside = both(cone, bounds.skin + 0.5)
    paint.add("bone", both(cone - 2, -74 - at.y), 1.2)
    paint.add("fat", inside)
    paint.add("skin", both(inside, bounds.skin + 0 * cone - 0.5, -bounds.skin - 3.5))
    for x, z in ((17.5, 7), (45, 7), (32, 20), (32, -6)):
        belly = (side * (x * 0.6 + 9), -48, z * 0.7 + 3, 2.2)
        paint.add("muscle", both(chain(at, (side * x, -64, z, 1.2), belly, (side * 14, -31, 11, 1)), cone))
    paint.add("nerve", chain(at, (side * 31, -56, 7, 2.2), (side * 23, -43, 9, 2), (side * 11, -28, 13, 2)))
    eye = ellipsoid(at, (side * 32, -66, 7), (12.2, 12.2, 12.2))
    paint.add("sclera", eye)
    paint.add("vitreous", eye + 1.5)
    paint.add("lens", ellipsoid(at, (side * 32, -74.3, 7), (4.8, 2.2, 4.8)))


def _base(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """The bone under the brain, then the room for the brain, full of fluid."""
    below = _floor(at.x, at.y) - at.z
    paint.add("bone", both(bounds.dura, np.abs(below - 1.6) - 1.6), 2.5)
    clivus = chain(at, (0, -1, 20, 3.5), (0, 5, 8, 6), (0, 12, -22, 6))
    paint.add("bone", clivus)
    paint.add("marrow", clivus + 2, 1.5, 0.8 + 0.1 * np.clip(grain.cells, -1.5, 1.5))
    paint.add("csf", both(bounds.cavity, -clivus))


def paint_petrous(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """The petrous pyramids with the inner ear, the mastoid cells, the ear canals."""
    for side in SIDES:
        pyramid = chain(
            at, (side * 15, 4, 9, 4), (side * 34, 12, 7, 7.5), (side * 54, 24, 3, 11), (side * 62, 30, -8, 10)
        )
        paint.add("bone", pyramid, 1.5)
        cells = both(chain(at, (side * 50, 23, 6, 6), (side * 63, 30, -6, 9)), 0.2 - grain.cells * 2.2)
        paint.add("air", cells, 1.6, 0.9)
        paint.add("csf", rod(at, (side * 20, 15, 7), (side * 31, 13, 7), 2.4, 1.5), 1.2)
        canal = rod(at, (side * 47, 13, -2), (side * 84, 15, -3), 3.6, 3.4)
        paint.add("skin", both(canal - 1.2, bounds.skin))
        paint.add("air", canal, 1.4)
