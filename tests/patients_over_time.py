"""Drawn patients with a film at each of several days, as case folders."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from prelim.models.phantom import film_file
from prelim.models.phantom.draw import Shape, Sign, Signs, anatomy, render

OPACITY: Sign = ("lung_opacity", "right")
HEART: Sign = ("cardiomegaly", "midline")


class Day(NamedTuple):
    """One film: the day (YYYY-MM-DD), what is drawn, and tags beside the usual ones."""

    date: str
    signs: Signs
    tags: Mapping[str, Any] = MappingProxyType({})


def opacity(size_px: float) -> Signs:
    """A right lung opacity of a radius."""
    return {OPACITY: Shape(size_px, (-26, 2))}


def write_film(folder: Path, patient: str, day: Day, seed: int = 3) -> Path:
    """One film of a patient; one patient has one anatomy."""
    folder.mkdir(parents=True, exist_ok=True)
    chest = anatomy(np.random.default_rng(seed))
    number = int(day.date.replace("-", "")) + len(day.tags)
    film = render(np.random.default_rng(number), chest, day.signs)
    path = folder / f"film-{day.date}-{len(day.tags)}.dcm"
    image = film_file.dicom_of(film.pixels, patient, day.date.replace("-", ""), **day.tags)
    image.save_as(path, enforce_file_format=True)
    return path


def write_case(folder: Path, patient: str, days: Sequence[Day], reports: Mapping[str, str] | None = None) -> Path:
    """A case of one patient; `reports` are earlier reports by their days."""
    for day in days:
        write_film(folder, patient, day)
    told = reports or {}
    files = "".join(f"  report-{date}.txt: {{role: report, date: {date}}}\n" for date in told)
    for date, text in told.items():
        (folder / f"report-{date}.txt").write_text(text)
    (folder / "case.yaml").write_text(f"patient: {{id: {patient}}}\n" + (f"files:\n{files}" if files else ""))
    return folder
