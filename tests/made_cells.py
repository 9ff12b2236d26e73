"""Cells read from files as the decoder reads them, or made for one test each; and the corners of a volume."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
import pydicom
from pydicom import Dataset

from prelim.imaging.cells import Cell, cells_of
from prelim.imaging.geometry import Plane
from prelim.imaging.mosaic import mosaic_of, read_mosaic, tiles
from prelim.imaging.volumes import Volume

AXIAL = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
Frames = dict[tuple[int, int], np.ndarray]


def digest(pixels: np.ndarray) -> str:
    return hashlib.sha256(pixels.astype("<f4").tobytes()).hexdigest()


def cells_in(datasets: Sequence[Dataset]) -> tuple[list[Cell], Frames]:
    """The cells of files, and the stored pixels of each by (source, frame)."""
    cells: list[Cell] = []
    frames: Frames = {}
    for source, dataset in enumerate(datasets):
        pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
        plain = mosaic_of(dataset)
        mosaic = read_mosaic(cast(Dataset, plain), dataset) if plain else None
        pictures = tiles(pixels[0], mosaic) if mosaic else pixels
        cells += cells_of(dataset, source, [digest(picture) for picture in pictures], mosaic)
        frames |= {(source, frame): picture for frame, picture in enumerate(pictures)}
    return cells, frames


def read_all(folder: Path, pattern: str) -> list[Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.rglob(pattern))]


def pixels_of(volume: Volume, frames: Frames) -> np.ndarray:
    """(slices, rows, columns) in anatomical order."""
    return np.stack([frames[cell.source, cell.frame] for cell in volume.cells])


def corners(affine: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The eight corner voxels' centres of a (column, row, slice) grid, sorted by nothing."""
    ends = [(0, count - 1) for count in shape]
    return np.array([(np.array(affine) @ [*corner, 1])[:3] for corner in product(*ends)])


def cell(position: Sequence[float], source: int = 0, marks: Mapping[str, str] | None = None, **given: Any) -> Cell:
    """A CT slice at a position, its content its own unless given."""
    row, column = given.pop("direction", AXIAL)
    x, y, z = (float(value) for value in position)
    usual: dict[str, Any] = {
        "source": source,
        "frame": 0,
        "plane": Plane((x, y, z), row, column, *given.pop("spacing", (0.5, 0.25))),
        "marks": marks or {},
        "content": f"{source}",
        "enhanced": False,
        "instance": (source, 0),
        "kind": "volume",
        "modality": "CT",
        "rows": 4,
        "columns": 6,
    }
    return Cell(**{**usual, **given})
