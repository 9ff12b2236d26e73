"""The images of a draft as they are shown: which, beside which other, with which boxes."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from prelim.draft import Draft
from prelim.imaging.naming import series_name, told_apart
from prelim.imaging.selection import count_of, subject_of
from prelim.knowledge import rules
from prelim.types import Box, Image, Series, Study

_PARTS = {"volume": "slice", "slide": "patch"}
_SHEET = 6
"""Pictures of a contact sheet."""


class Marked(NamedTuple):
    """A box on a film, by the finding it marks."""

    box: Box
    name: str


class Film(NamedTuple):
    """One image of the draft. `file` is its key image, relative to the case's folder; `on_sheet`: one of several."""

    study: Study
    series: Series
    image: Image
    boxes: tuple[Marked, ...]
    file: str
    on_sheet: bool = False

    @property
    def title(self) -> str:
        """What the image is: "chest radiograph, PA", "head CT, slice 120 of 300"."""
        return ", ".join(filter(None, (self.whole, self.part)))

    @property
    def whole(self) -> str:
        """What its series is: "chest radiograph, PA", "brain MR, echo time 90 ms"."""
        return ", ".join(filter(None, (series_name(self.series), self.series.view, told_apart(self.series))))

    @property
    def part(self) -> str:
        """Which of its series it is: "slice 120 of 300"; empty where it is the only one."""
        count, what = count_of(self.series), _PARTS.get(self.series.kind, "image")
        return f"{what} {self.image.position + 1} of {count}" if count > 1 else ""

    @property
    def evidence_key(self) -> tuple[str, int]:
        return self.image.sop_instance_uid, self.image.frame

    @property
    def markers(self) -> tuple[str, str]:
        """The patient's side on the image's left and right edge; empty where it is not known."""
        to = (self.image.columns_to or "")[:1]
        return {"L": ("R", "L"), "R": ("L", "R")}.get(to, ("", ""))


class Row(NamedTuple):
    """Films shown side by side, a contact sheet of one series, or what is there to be seen and not compared."""

    films: tuple[Film, ...]
    form: Literal["films", "sheet", "small"] = "films"


def name_of(label: str, laterality: str | None) -> str:
    """A finding in words: "right lung opacity"."""
    rule = rules().get(label)
    side = laterality if laterality in ("left", "right", "bilateral") else ""
    return f"{side or ''} {rule.name if rule else label}".strip()


def films_of(draft: Draft) -> list[Film]:
    """The images to show, current studies first: every projection image, the middle one of other series.

    Of the volume or slide that a current study is about, some, evenly spread.
    """
    films: list[Film] = []
    for study in draft.studies:
        sheet = _sheet(study)
        for series, image in [*sheet, *(one for one in _shown(study) if not sheet or one[0] != sheet[0][0])]:
            boxes = [b for b in draft.boxes if (b.sop_instance_uid, b.frame) == (image.sop_instance_uid, image.frame)]
            marked = tuple(Marked(box, name_of(box.label, box.laterality)) for box in boxes)
            file = f"images/{study.role}-{len(films) + 1}.png"
            films.append(Film(study, series, image, marked, file, (series, image) in sheet))
    return films


def _sheet(study: Study) -> list[tuple[Series, Image]]:
    """Of a current study what a contact sheet shows: the volume or slide asked about, else the one with most images."""
    subject = subject_of(study)
    some = [subject.series] if subject else study.series
    parted = [series for series in some if series.kind in _PARTS and series.image_set.images]
    series = max(parted, key=count_of, default=None)
    if series is None or study.role != "current":
        return []
    images = series.image_set.images
    count = min(_SHEET, len(images))
    # The middle one of each part: the ends of a volume show little.
    return [(series, images[(2 * part + 1) * len(images) // (2 * count)]) for part in range(count)]


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
    """Each current study's first film beside the one it was compared with; films alone; contact sheets; the rest."""
    sheets = {
        study.study_instance_uid: [f for f in films if f.on_sheet and f.study == study] for study in draft.studies
    }
    others = [film for film in films if not film.on_sheet]
    pairs = _pairs(draft, [film for film in others if not sheets[film.study.study_instance_uid]])
    rest = [film for film in others if all(film not in pair for pair in pairs)]
    alone = [pair[0] for pair in pairs if len(pair) == 1]
    wide = [film for film in alone if film.series.kind == "projection"]
    small = [*(film for film in alone if film not in wide), *rest]
    rows = [Row(tuple(pair)) for pair in pairs if len(pair) > 1]
    rows += [Row(tuple(wide)), *(Row(tuple(sheet), "sheet") for sheet in sheets.values()), Row(tuple(small), "small")]
    return [row for row in rows if row.films]


def _pairs(draft: Draft, films: Sequence[Film]) -> list[list[Film]]:
    """The first film of each current study, after the nearest it was compared with; the first of all after any earlier.

    A finding that depends on the view may have another nearest film than the rest.
    """
    by_image = {film.image.sop_instance_uid: film for film in films}
    pairs: list[list[Film]] = []
    for study in draft.studies:
        mine = next((film for film in films if film.study == study), None)
        if study.role == "current" and mine:
            uid = mine.image.sop_instance_uid
            near = [c for c in draft.comparisons if c.nearest and c.current_sop_instance_uid == uid]
            before = {c.prior_sop_instance_uid for c in near}
            pairs.append([*(by_image[prior] for prior in sorted(before) if prior in by_image), mine])
    rest = [film for film in films if all(film not in pair for pair in pairs)]
    earlier = next((film for film in rest if film.study.role == "prior"), None)
    if pairs and earlier and len(pairs[0]) == 1:
        pairs[0].insert(0, earlier)
    return pairs
