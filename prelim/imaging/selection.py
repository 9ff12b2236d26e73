"""Which images of a study are asked about."""

import re
from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.knowledge import FindingTable, table, table_for, tables
from prelim.types import BoxPx, Evidence, Image, Series, Study, evidence

_VIEW_ORDER = {"PA": 0, "AP": 1}
_HARD = re.compile(r"bone|lung|sharp|edge|osseous|\b[bhi][67]\d[a-z]?\b", re.I)
"""What descriptions call reconstructions with a hard kernel, which show soft tissue noisy (Siemens: B70f)."""


class Film(NamedTuple):
    """One frontal projection image and the series it belongs to."""

    series: Series
    image: Image

    def place(self, box_px: BoxPx | None = None) -> Evidence:
        """The address of the film, or of a box on it."""
        return evidence(
            "image",
            study_instance_uid=self.series.study_instance_uid,
            series_instance_uid=self.series.series_instance_uid,
            sop_instance_uid=self.image.sop_instance_uid,
            frame=self.image.frame,
            box_px=box_px,
        )


class Subject(NamedTuple):
    """What one question is about: a film, a photograph, or all images of a volume or slide.

    `table` holds the findings to ask for; None where there is no table: it can only be described.
    """

    series: Series
    images: tuple[Image, ...]
    table: FindingTable | None

    @property
    def noun(self) -> str:
        """What a sentence calls it: film, scan, slide, image."""
        return self.table.noun if self.table else "film" if self.series.kind == "projection" else "image"

    def place(self) -> Evidence:
        """Its address: the image; of a volume or slide the series, which stands for every image of its `image_set`."""
        if len(self.images) == 1:
            return Film(self.series, self.images[0]).place()
        uids = {"study_instance_uid": self.series.study_instance_uid}
        return evidence("image", **uids, series_instance_uid=self.series.series_instance_uid)


def subject_of(study: Study) -> Subject | None:
    """What of a study findings are asked about: its best frontal film, else its best volume, else its best slide."""
    film = best_frontal(study)
    if film:
        return Subject(film.series, (film.image,), table("chest_xray"))
    series = best_series(study, "volume") or best_series(study, "slide")
    return Subject(series, series.image_set.images, table_for(series)) if series else None


def best_series(study: Study, kind: str) -> Series | None:
    """The series of a kind, of those with a table, that shows most.

    One of a soft kernel before a hard one (by its description), then the one with most slices, then the thinnest; the
    UID decides between equals.
    """
    some = [s for s in study.series if s.kind == kind and s.image_set.images and table_for(s)]
    return min(some, key=_rank, default=None)


def _rank(series: Series) -> tuple[bool, int, float, str, int]:
    spacing = series.spacing_mm[0] if series.spacing_mm else None
    thickness_mm = float("inf") if spacing is None else spacing
    hard = series.modality == "CT" and bool(_HARD.search(series.description))
    return hard, -count_of(series), thickness_mm, series.series_instance_uid, series.volume


def count_of(series: Series) -> int:
    """How many images a series has, shown or not."""
    return series.image_set.total or len(series.image_set.images)


def described_of(study: Study) -> list[Subject]:
    """What of a study can be described in words: volumes, slides, stills, clips, photographs, and further films."""
    first = subject_of(study)
    found = []
    for series in study.series:
        if series.kind == "projection":
            alone = (Subject(series, (image,), table_for(series)) for image in series.image_set.images)
            found += [one for one in alone if not first or one.images != first.images]
        elif series.kind in ("volume", "slide", "still", "clip", "photograph"):
            found.append(Subject(series, series.image_set.images, table_for(series)))
    return found


def frontal_films(study: Study) -> list[Film]:
    """The frontal chest films of a study, the best first: PA before AP before an unstated view, then the latest.

    Where nothing is known of the modality of any image, each may be one: the model's card decides whether it is asked.
    """
    unknown = all(series.modality in UNKNOWN_MODALITY for series in study.series)
    films = [
        Film(series, image)
        for series in study.series
        if series.kind == ("other" if unknown else "projection") and may_be_frontal_chest(series.view, series.body_part)
        for image in series.image_set.images
    ]
    films.sort(key=lambda film: film.series.time or "", reverse=True)
    return sorted(films, key=lambda film: _VIEW_ORDER.get(film.series.view or "", 2))


def best_frontal(study: Study) -> Film | None:
    """The one film that probes, boxes and comparisons use; None where the study has no frontal film."""
    return next(iter(frontal_films(study)), None)


def same_region(one: str, other: str) -> bool:
    """Whether two body parts are the same: equal, or both names of a table's region.

    A region that is not stated may be the chest.
    """
    return one == other or any(one in known.body_parts and other in known.body_parts for known in tables())


def may_be_frontal_chest(view: str | None, body_part: str) -> bool:
    """Whether a film is a frontal one of the chest, or may be one where neither is stated."""
    return view in ("PA", "AP", None) and same_region(body_part, "CHEST")
