"""A drawn brain: cortex with folds, deep nuclei, ventricles, cerebellum and stem, vessels, falx and tentorium.

Frame: the patient's, mm; z = 0 is the level of the ear canals, x = 0 the midline, y = 0 the middle of the head.
"""

from typing import NamedTuple

import numpy as np

from examples.shapes import Array, Paint, Plane, Point, both, chain, ellipsoid, rod, step, union
from examples.skull import SIDES, Bounds, Grain


class Mass(NamedTuple):
    """Something that takes room: structures move away from it by up to `push` of their distance from its centre."""

    centre: Point
    reach_mm: float
    push: float


def paint_brain(paint: Paint, at: Plane, bounds: Bounds, grain: Grain, mass: Mass | None = None) -> None:
    """Everything inside the skull; a mass pushes the hemispheres and ventricles aside, not what is fixed to bone."""
    inner = _pushed(at, mass) if mass else at
    depth = _cortex(paint, inner, bounds, grain, at)
    _deep_grey(paint, inner, depth)
    _hindbrain(paint, at, bounds, grain)
    _ventricles(paint, inner)
    _vessels(paint, at, bounds)
    _membranes(paint, at, bounds)


def _pushed(at: Plane, mass: Mass) -> Plane:
    """Where what is seen at each pixel would lie without the mass."""
    offsets = [axis - middle for axis, middle in zip(at, mass.centre, strict=True)]
    near = np.exp(-sum(offset**2 for offset in offsets) / mass.reach_mm**2)
    x, y, z = (axis - offset * mass.push * near for axis, offset in zip(at, offsets, strict=True))
    return Plane(x, y, z)


def _cortex(paint: Paint, at: Plane, bounds: Bounds, grain: Grain, seen: Plane) -> Array:
    """Grey matter along the surface and its folds, white matter under it; returns the depth below the surface (mm)."""
    depth = np.asarray(-bounds.cavity - 1.8)
    fissure = np.abs(at.x + 1.0 * np.sin(at.y / 11)) - 1.6 + 6 * step(-_falx(at), 3)
    sylvian = union(*(_sylvian(at, side) for side in SIDES))
    surface = both(-depth, -fissure, -sylvian)
    slope = np.hypot(*np.gradient(grain.folds, float(seen.y[1, 0] - seen.y[0, 0]))) + 0.06
    fold = np.abs(grain.folds) / slope
    tight = np.sqrt((at.x - seen.x) ** 2 + (at.y - seen.y) ** 2)
    paint.add("grey", surface, 1.4)
    paint.add("csf", both(surface, fold - 1.0 * np.clip(1.15 - depth / 15, 0, 1) / (1 + 0.6 * tight)), 1.8, 0.9)
    nearby = 3.4 * step(18 - depth, 3)
    paint.add("white", both(surface + 3.8, nearby - fold, 3.6 - sylvian), 3.4)
    return depth


def _falx(at: Plane) -> Array:
    """In the midline: negative where the hemispheres are joined (callosum, thalami, brain stem)."""
    return union(ellipsoid(at, (0, 2, 54), (40, 40, 24)), ellipsoid(at, (0, 18, 25), (40, 22, 30)))


def _sylvian(at: Plane, side: int) -> Array:
    trunk = chain(at, (side * 14, -16, 29, 2.2), (side * 34, -18, 35, 2.2), (side * 42, -16, 43, 2.4))
    insula = chain(at, (side * 40, -18, 45, 1.9), (side * 43, 2, 52, 1.9), (side * 44, 20, 58, 1.8))
    mouth = chain(at, (side * 42, -6, 46, 2.0), (side * 60, -4, 47, 2.0), (side * 72, 2, 50, 2.4))
    return union(trunk, insula, mouth, rod(at, (side * 44, 18, 57), (side * 66, 26, 60), 1.8, 1.8))


def _deep_grey(paint: Paint, at: Plane, depth: Array) -> None:
    """White matter around the nuclei, then caudate, lentiform nucleus and thalamus; the insula's cortex."""
    paint.add("white", both(ellipsoid(at, (0, 0, 58), (36, 48, 26)), 9 - depth), 4)
    for side in SIDES:
        paint.add("grey", chain(at, (side * 41, -18, 45, 3.6), (side * 42.5, 2, 52, 3.6), (side * 43, 20, 58, 3)), 1.6)
        paint.add("csf", both(_sylvian(at, side), -depth), 1.6)
        paint.add("nucleus", chain(at, (side * 13, -30, 55, 6), (side * 13, -18, 60, 5.5), (side * 19, 8, 70, 3)), 1.6)
        putamen = chain(at, (side * 23, -22, 52, 5.5), (side * 28, -6, 53, 6), (side * 29, 10, 54, 3))
        paint.add("nucleus", both(putamen, np.abs(at.z - 53) - 13), 1.6)
        paint.add(
            "pallidum", both(chain(at, (side * 19, -12, 50, 4), (side * 21, 0, 52, 4.5)), np.abs(at.z - 51) - 9), 1.8
        )
        paint.add("nucleus", chain(at, (side * 6.5, 0, 53, 5.5), (side * 11, 14, 55, 9), (side * 14, 18, 56, 8)), 2)


def _tent(at: Plane) -> Array:
    """The height above the tentorium (mm)."""
    return np.asarray(at.z - (46 - 0.42 * np.abs(at.x) - 0.4 * np.clip(at.y - 30, 0, None)))


def _hindbrain(paint: Paint, at: Plane, bounds: Bounds, grain: Grain) -> None:
    """Cerebellum under the tentorium, brain stem with the cisterns around it."""
    room = both(bounds.cavity, _tent(at), 12 + 0.42 * np.abs(at.x) - at.y)
    paint.add("csf", room, 1.6)
    lobes = [ellipsoid(at, (side * 25, 54, 2), (31, 28, 33)) for side in SIDES]
    cerebellum = both(union(*lobes, ellipsoid(at, (0, 52, 14), (13, 22, 24))), room + 1.8)
    paint.add("cerebellum", cerebellum, 1.6)
    folia = np.sin(2 * np.pi * (cerebellum + 0.5 * grain.folds) / 4.2) * step(-cerebellum - 1, 1)
    paint.add("csf", both(cerebellum, 0 * cerebellum - 9), 1.0, np.clip(folia, 0, 1) * 0.16 * step(12 + cerebellum, 3))
    paint.add("csf", both(union(*(rod(at, (s * 4, 78, -12), (s * 1, 62, -14), 4, 2) for s in SIDES))), 2)
    for side in SIDES:
        paint.add("white", ellipsoid(at, (side * 20, 48, 3), (16, 11, 10)), 5)
        paint.add("white", rod(at, (side * 9, 26, 8), (side * 21, 44, 5), 7, 7), 3)
    for s in SIDES:
        paint.add(
            "csf", chain(at, (s * 5, -2, 24, 5), (s * 14, 4, 30, 3.5), (s * 18, 18, 34, 3.2), (s * 11, 33, 37, 3)), 2
        )
    paint.add("csf", chain(at, (-12, 32, 37, 2.6), (0, 35, 39, 3.4), (12, 32, 37, 2.6)), 2)
    paint.add("csf", ellipsoid(at, (0, -6, 27), (15, 9, 7)), 2)
    paint.add("csf", ellipsoid(at, (0, 2, 30), (6, 7, 7)), 2)
    for side in SIDES:
        paint.add("stem", rod(at, (side * 8, 14, 34), (side * 9, 6, 38), 6.5, 7), 1.8)
    paint.add("stem", ellipsoid(at, (0, 21, 33), (13, 11, 12)), 1.8)
    paint.add("stem", ellipsoid(at, (0, 20, 10), (16, 12.5, 14)), 1.8)
    paint.add("stem", chain(at, (0, 24, 0, 9), (0, 28, -30, 7)), 1.8)


def _ventricles(paint: Paint, at: Plane) -> None:
    """Lateral ventricles with plexus, the septum left between them; third, aqueduct, fourth; the pineal gland."""
    for side in SIDES:
        paint.add("csf", _lateral(at, side), 1.4)
        paint.add("plexus", chain(at, (side * 20, 30, 63, 2), (side * 23, 38, 60, 3.2)), 2)
        paint.add("calcium", ellipsoid(at, (side * 23, 38, 60), (1.8, 2.4, 3)), 1.4)
    paint.add("csf", ellipsoid(at, (0, 2, 46), (2.4, 14, 11)), 1.4)
    paint.add("csf", rod(at, (0, 26, 36), (0, 31, 24), 1.2, 1.2), 1.4)
    fourth = union(ellipsoid(at, (0, 36, 8), (8, 4.5, 12)), ellipsoid(at, (0, 40, 8), (3.5, 6, 8)))
    paint.add("csf", fourth, 1.6)
    paint.add("grey", ellipsoid(at, (0, 27, 46), (3, 4, 4)), 1.4)
    paint.add("calcium", ellipsoid(at, (0, 27, 46), (1.6, 2, 3)), 1.4)


def _lateral(at: Plane, side: int) -> Array:
    front = chain(at, (side * 12, -39, 57, 2.4), (side * 7, -26, 60, 4.2), (side * 4.4, -12, 62, 3.6))
    body = chain(at, (side * 6, -26, 63, 3.6), (side * 7.5, -8, 68, 4.6), (side * 10.5, 14, 71, 5))
    back = chain(
        at, (side * 11, 16, 70, 5), (side * 22, 35, 62, 6.6), (side * 23, 50, 57, 3.5), (side * 20, 63, 55, 1.6)
    )
    below = chain(at, (side * 24, 36, 58, 4), (side * 33, 18, 42, 2), (side * 31, -4, 30, 1.7))
    return both(union(front, body, back, below), 0.7 - side * at.x)


def _vessels(paint: Paint, at: Plane, bounds: Bounds) -> None:
    """The arteries at the base, the venous sinuses."""
    paint.add("vessel", rod(at, (0, 5.5, 2), (0, 7, 29), 1.7, 1.6), 1.2)
    for side in SIDES:
        paint.add("vessel", chain(at, (side * 9, -10, 18, 2), (side * 9, -9, 27, 1.8), (side * 33, -17, 34, 1.2)), 1.2)
        paint.add(
            "vessel",
            both(chain(at, (side * 4, 82, 22, 4), (side * 45, 62, 18, 4), (side * 58, 36, 12, 4)), bounds.cavity - 1),
        )
    sagittal = both(np.abs(at.x) + 0.5 * (-bounds.dura) - 4.5, bounds.dura - 0.5, -_falx(at), 20 - at.z)
    paint.add("vessel", sagittal, 1.4)


def _membranes(paint: Paint, at: Plane, bounds: Bounds) -> None:
    """Falx and tentorium."""
    falx = both(np.abs(at.x) - 0.55, bounds.cavity, -_falx(at) - 3, 22 - at.z)
    paint.add("dura", falx, 1.4)
    tent = both(
        np.abs(_tent(at)) * 0.9 - 0.9, bounds.cavity, 24 + 0.3 * np.abs(at.x) - at.y, 24 - np.hypot(at.x, at.y - 18)
    )
    paint.add("dura", tent, 1.8, 0.8)
