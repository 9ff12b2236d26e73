"""The images of a draft as they are shown: which, beside which other, with which boxes."""

from collections.abc import Sequence
from typing import NamedTuple

from prelim.imaging.naming import series_name
from prelim.imaging.selection import count_of, subject_of
from prelim.knowledge import rules
from prelim.types import Box, Draft, Image, Series, Study

_PARTS = {"volume": "slice", "slide": "patch"}


class Marked(NamedTuple):
    """A box on a film, by the finding it marks."""

    box: Box
    name: str


class Film(NamedTuple):
    """One image of the draft. `file` is its key image, relative to the case's folder."""

    study: Study
    series: Series
    image: Image
    boxes: tuple[Marked, ...]
    file: str

    @property
    def title(self) -> str:
        """What the image is: "chest radiograph, PA", "head CT, slice 120 of 300"."""
        view = f", {self.series.view}" if self.series.view else ""
        count, what = count_of(self.series), _PARTS.get(self.series.kind, "image")
        part = f", {what} {self.image.position + 1} of {count}" if count > 1 else ""
        return f"{series_name(self.series)}{view}{part}"

    @property
    def evidence_key(self) -> tuple[str, int]:
        return self.image.sop_instance_uid, self.image.frame

    @property
    def markers(self) -> tuple[str, str]:
        """The patient's side on the image's left and right edge; empty where it is not known."""
        to = (self.image.columns_to or "")[:1]
        return {"L": ("R", "L"), "R": ("L", "R")}.get(to, ("", ""))


class Row(NamedTuple):
    """Films shown side by side; `small` where they are there to be seen, not compared."""

    films: tuple[Film, ...]
    small: bool = False


def name_of(label: str, laterality: str | None) -> str:
    """A finding in words: "right lung opacity"."""
    rule = rules().get(label)
    side = laterality if laterality in ("left", "right", "bilateral") else ""
    return f"{side or ''} {rule.name if rule else label}".strip()


def films_of(draft: Draft) -> list[Film]:
    """The images to show, current studies first: every projection image, the middle one of other series."""
    films: list[Film] = []
    for study in draft.studies:
        for series, image in _shown(study):
            boxes = [b for b in draft.boxes if (b.sop_instance_uid, b.frame) == (image.sop_instance_uid, image.frame)]
            marked = tuple(Marked(box, name_of(box.label, box.laterality)) for box in boxes)
            films.append(Film(study, series, image, marked, f"images/{study.role}-{len(films) + 1}.png"))
    return films


def _shown(study: Study) -> list[tuple[Series, Image]]:
    """What was asked about comes first."""
    subject = subject_of(study)
    first = [(subject.series, _middle(subject.images)[0])] if subject else []
    every = [
        (series, image)
        for series in study.series
        for image in (series.image_set.images if series.kind == "projection" else _middle(series.image_set.images))
    ]
    return [*first, *(one for one in every if one not in first)]


def _middle(images: Sequence[Image]) -> Sequence[Image]:
    return images[len(images) // 2 : len(images) // 2 + 1]


def rows_of(draft: Draft, films: Sequence[Film]) -> list[Row]:
    """Each current study's first film beside the one it was compared with; films alone; the rest small."""
    by_image = {film.image.sop_instance_uid: film for film in films}
    pairs: list[list[Film]] = []
    for study in draft.studies:
        mine = next((film for film in films if film.study == study), None)
        if study.role == "current" and mine:
            uid = mine.image.sop_instance_uid
            before = {c.prior_sop_instance_uid for c in draft.comparisons if c.current_sop_instance_uid == uid}
            pairs.append([*(by_image[prior] for prior in sorted(before) if prior in by_image), mine])
    rest = [film for film in films if all(film not in pair for pair in pairs)]
    earlier = next((film for film in rest if film.study.role == "prior"), None)
    if pairs and earlier and len(pairs[0]) == 1:
        pairs[0].insert(0, earlier)
        rest.remove(earlier)
    alone = [pair[0] for pair in pairs if len(pair) == 1]
    wide = [film for film in alone if film.series.kind == "projection"]
    small = [*(film for film in alone if film not in wide), *rest]
    rows = [Row(tuple(pair)) for pair in pairs if len(pair) > 1]
    return [*rows, *([Row(tuple(wide))] if wide else []), *([Row(tuple(small), small=True)] if small else [])]
