"""A drawn section of bowel, stained pink and purple: normal crypts on the left, a crowded tumour on the right.

Frame: pixels of the largest level, x to the right, y down, `MPP_UM` micrometres each.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from examples.shapes import Array, smooth_noise, step

WIDTH_PX, HEIGHT_PX, MPP_UM = 6144, 4096, 0.5
TUMOUR_PX, TUMOUR_RADIUS_PX = (4150, 2250), 1000
FOLLICLE_PX, FOLLICLE_RADIUS_PX = (2900, 3050), 260
GLASS, STROMA, CYTOPLASM, LUMEN = (243, 242, 244), (228, 168, 196), (206, 152, 192), (238, 230, 239)
NUCLEUS, DARK, RED = (112, 74, 146), (82, 54, 122), (196, 62, 74)
_COARSE = 8
Colour = tuple[int, int, int]


class Cell(NamedTuple):
    """A nucleus: its centre, half its length and half its breadth (px), the way it points, its colour."""

    x: float
    y: float
    long_px: float
    broad_px: float
    angle: float
    colour: Colour


class Gland(NamedTuple):
    """A crypt: centre and mean radius (px), the phases that make it uneven, how regular it is (1: a ring)."""

    x: float
    y: float
    radius_px: float
    phases: tuple[float, float]
    order: float

    def edge(self, angle: float, share: float) -> tuple[float, float]:
        """The point at a share of the way from the centre to the outline."""
        uneven = 0.10 * math.cos(2 * angle + self.phases[0]) + 0.06 * math.cos(3 * angle + self.phases[1])
        reach = self.radius_px * share * (1 + uneven * (2.6 - 1.6 * self.order))
        return self.x + reach * math.cos(angle), self.y + reach * math.sin(angle)


def draw_tissue(seed: int) -> Image.Image:
    """The whole section as RGB, WIDTH_PX × HEIGHT_PX."""
    rng = np.random.default_rng(seed)
    inside, tumour = _regions(rng)
    picture = _ground(rng, inside, tumour)
    pen = ImageDraw.Draw(picture)
    glands = _glands(rng, inside, tumour)
    for gland in glands:
        _draw_gland(pen, gland, rng)
    for cell in _loose_cells(rng, inside, tumour, glands):
        _draw_cell(pen, cell)
    for _ in range(16):
        _draw_vessel(pen, rng, inside, glands)
    return picture.filter(ImageFilter.GaussianBlur(1.1))


def _regions(rng: np.random.Generator) -> tuple[Array, Array]:
    """Where there is tissue and where tumour, 0 to 1, a pixel for every _COARSE × _COARSE."""
    shape = (HEIGHT_PX // _COARSE, WIDTH_PX // _COARSE)
    y, x = (axis.astype(np.float32) * _COARSE for axis in np.mgrid[: shape[0], : shape[1]])
    rough, fine = (smooth_noise(rng, shape, (sigma, sigma)) for sigma in (40.0, 7.0))
    away = np.hypot((x - 3050) / 2420, (y - 2080) / 1480) + 0.09 * rough + 0.010 * fine
    hearth = np.hypot(x - TUMOUR_PX[0], (y - TUMOUR_PX[1]) * 1.15) / TUMOUR_RADIUS_PX + 0.14 * rough + 0.03 * fine
    inside = step(1 - away, 0.004)
    return inside, np.asarray(step(1 - hearth, 0.05) * inside)


def _ground(rng: np.random.Generator, inside: Array, tumour: Array) -> Image.Image:
    """Glass, and on it the stroma with its wavy fibres, bluer in the tumour."""
    tone, folds = (smooth_noise(rng, inside.shape, (sigma, sigma)) for sigma in (26.0, 5.0))
    warp = smooth_noise(rng, inside.shape, (18.0, 18.0))
    y, x = np.mgrid[: inside.shape[0], : inside.shape[1]]
    fibres = np.sin((y + 0.35 * x + 14 * warp + 2.5 * folds) / 2.3) * (1 - tumour)
    shade = np.stack([5 * tone + 4 * fibres, 9 * tone + 11 * fibres, 5 * tone + 6 * fibres], axis=-1)
    stroma = np.array(STROMA) + shade + tumour[..., None] * np.array([-18, -14, -4])
    gap = step(2.4 - np.abs(folds), 0.1)
    cover = (inside * (0.35 + 0.65 * gap))[..., None]
    coarse = np.clip(np.array(GLASS) * (1 - cover) + stroma * cover, 0, 255).astype(np.uint8)
    return Image.fromarray(coarse).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC)


def _at(region: Array, x: float, y: float) -> float:
    row = min(max(int(y) // _COARSE, 0), region.shape[0] - 1)
    return float(region[row, min(max(int(x) // _COARSE, 0), region.shape[1] - 1)])


def _far(x: float, y: float, others: list[Gland], gap_px: float) -> bool:
    return all(math.hypot(x - gland.x, y - gland.y) > gland.radius_px + gap_px for gland in others)


def _glands(rng: np.random.Generator, inside: Array, tumour: Array) -> list[Gland]:
    """Crypts that do not touch, in the tissue; in the tumour fewer, larger, out of shape."""
    kept: list[Gland] = []
    for x, y, size, one, two in rng.random((2600, 5)):
        x, y = x * WIDTH_PX, y * HEIGHT_PX
        order = 1 - _at(tumour, x, y)
        radius = 85 + 45 * size + (1 - order) * 40
        near = min(_at(inside, x + radius * dx, y + radius * dy) for dx in (-1.1, 1.1) for dy in (-1.1, 1.1))
        follicle = math.hypot(x - FOLLICLE_PX[0], y - FOLLICLE_PX[1]) < FOLLICLE_RADIUS_PX + radius
        if near > 0.9 and not follicle and _far(x, y, kept, radius * 1.12 + 22 + 120 * (1 - order)):
            kept.append(Gland(x, y, radius, (one * 6.28, two * 6.28), order))
    return kept


def _draw_gland(pen: ImageDraw.ImageDraw, gland: Gland, rng: np.random.Generator) -> None:
    """Cytoplasm around a lumen, goblet cells' mucus, and a palisade of nuclei at the base."""
    angles = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    pen.polygon([gland.edge(angle, 1.06) for angle in angles], fill=(244, 222, 232))
    pen.polygon([gland.edge(angle, 1.0) for angle in angles], fill=CYTOPLASM)
    pen.polygon([gland.edge(angle, 0.26 + 0.03 * math.sin(7 * angle)) for angle in angles], fill=LUMEN)
    around = int(2 * math.pi * gland.radius_px / (15 - 3 * (1 - gland.order)))
    for angle in (np.arange(around) + rng.normal(0, 0.16, around)) * 2 * math.pi / around:
        if gland.order > 0.5 and rng.random() < 0.5:
            x, y = gland.edge(angle, 0.55)
            _draw_cell(pen, Cell(x, y, gland.radius_px * 0.14, 8, angle, (231, 220, 238)))
        for layer in range(1 if gland.order > 0.5 else 2):
            x, y = gland.edge(
                angle + 0.05 * layer, 0.86 - 0.24 * layer + rng.normal(0, 0.02 + 0.05 * (1 - gland.order))
            )
            size = rng.normal(1, 0.1)
            _draw_cell(pen, Cell(x, y, 11.5 * size, 6 * size, angle + rng.normal(0, 0.15), _stain(rng, NUCLEUS)))


def _loose_cells(rng: np.random.Generator, inside: Array, tumour: Array, glands: list[Gland]) -> list[Cell]:
    """Nuclei between the glands: spindles in the stroma, large ones crowded in the tumour, a follicle of small ones."""
    cells = []
    for x, y, draw, turn in rng.random((30000, 4)):
        x, y = x * WIDTH_PX, y * HEIGHT_PX
        crowd = _at(tumour, x, y)
        if _at(inside, x, y) < 0.9 or draw > 0.10 + 0.75 * crowd or not _far(x, y, glands, 10):
            continue
        if rng.random() < crowd:
            size = rng.normal(13, 2.6)
            cells.append(Cell(x, y, size, size * rng.uniform(0.6, 0.95), turn * math.pi, _stain(rng, NUCLEUS)))
        elif rng.random() < 0.3:
            cells.append(Cell(x, y, 7, 6.5, turn * math.pi, _stain(rng, DARK)))
        else:
            cells.append(Cell(x, y, rng.normal(15, 2), 3.4, 0.3 + rng.normal(0, 0.5), _stain(rng, NUCLEUS)))
    for reach, turn in rng.random((900, 2)):
        away = FOLLICLE_RADIUS_PX * math.sqrt(reach)
        x, y = FOLLICLE_PX[0] + away * math.cos(turn * 6.2832), FOLLICLE_PX[1] + 0.8 * away * math.sin(turn * 6.2832)
        cells.append(Cell(x, y, 7, 6.5, turn, _stain(rng, DARK)))
    return cells


def _stain(rng: np.random.Generator, colour: Colour) -> Colour:
    deep = rng.normal(0, 9)
    red, green, blue = (int(np.clip(channel + deep, 0, 255)) for channel in colour)
    return red, green, blue


def _draw_cell(pen: ImageDraw.ImageDraw, cell: Cell) -> None:
    """An ellipse, its rim a little darker than its middle."""
    for share, light in ((1.0, -14), (0.72, 10)):
        fill: Any = tuple(min(max(channel + light, 0), 255) for channel in cell.colour)
        pen.polygon(_outline(cell, share), fill=fill)


def _outline(cell: Cell, share: float) -> list[tuple[float, float]]:
    cos, sin = math.cos(cell.angle), math.sin(cell.angle)
    points = []
    for turn in np.linspace(0, 2 * math.pi, 14, endpoint=False):
        along, across = share * cell.long_px * math.cos(turn), share * cell.broad_px * math.sin(turn)
        points.append((cell.x + along * cos - across * sin, cell.y + along * sin + across * cos))
    return points


def _draw_vessel(pen: ImageDraw.ImageDraw, rng: np.random.Generator, inside: Array, glands: list[Gland]) -> None:
    """A small vessel cut across, full of red cells, where there is room for it."""
    x, y, radius = rng.uniform(0, WIDTH_PX), rng.uniform(0, HEIGHT_PX), rng.uniform(28, 55)
    turn = rng.uniform(0, math.pi)
    reds = rng.random((int(radius * 0.9), 2))
    if _at(inside, x, y) < 0.95 or not _far(x, y, glands, radius * 0.8):
        return
    pen.polygon(_outline(Cell(x, y, radius + 6, radius * 0.7 + 6, turn, STROMA), 1), fill=(214, 140, 172))
    pen.polygon(_outline(Cell(x, y, radius, radius * 0.7, turn, STROMA), 1), fill=(240, 226, 232))
    for reach, angle in reds:
        away = 0.82 * radius * math.sqrt(reach)
        spot = (x + away * math.cos(angle * 6.2832), y + 0.7 * away * math.sin(angle * 6.2832))
        pen.polygon(_outline(Cell(*spot, 6.5, 6, 0, RED), 1), fill=_stain(rng, RED))
