"""Technique: what the images of a study are, what of them a model was given, what is known of left and right."""

from collections.abc import Callable, Sequence

from agents.sections import Scribe, current_studies, film_evidence, first_series, scope_evidence, series_kind
from prelim.draft import Statement
from prelim.imaging.naming import told_apart
from prelim.imaging.selection import Subject, best_frontal, count_of, described_of, subject_of
from prelim.types import Case, Evidence, Image, Series, Study, Support, evidence

_ORIENTATIONS: tuple[tuple[tuple[str, str], str, Support, Callable[[Image], bool]], ...] = (
    (
        ("orientation", "convention"),
        "Orientation is not stated in the files: by radiographic convention the patient's right"
        " is taken to lie on the image's left.",
        "supported",
        lambda image: image.orientation_from == "convention",
    ),
    (
        ("orientation", "unknown"),
        "The orientation of the {noun} is not known: no side is given.",
        "supported",
        lambda image: image.orientation_from == "unknown",
    ),
    (
        ("orientation", "marker"),
        "A side marker contradicts the stated orientation: left and right are uncertain.",
        "abstained",
        lambda image: image.marker_conflict,
    ),
    (
        ("orientation", "mirrored"),
        "The {noun} seems to be mirrored: left and right are uncertain.",
        "abstained",
        lambda image: "mirrored" in image.flaws,
    ),
)
"""What each sentence is about, its words, its support, and for which images it is said."""


def technique(scribe: Scribe, case: Case) -> tuple[Statement, ...]:
    """Each current study with its films, and once what is known about left and right."""
    studies = current_studies(case)
    if not studies:
        nothing = scribe.write("technique", "none", "No current images.", scope_evidence(case))
        return (nothing, *_unread(scribe, case))
    lines = [
        scribe.write(
            "technique",
            study.study_instance_uid,
            described(scribe, study),
            [film_evidence(study), *_looks(scribe, study)],
        )
        for study in studies
    ]
    return (*lines, *_orientation(scribe, studies), *_unread(scribe, case))


def _looks(scribe: Scribe, study: Study) -> list[Evidence]:
    """What the words about what a model was given rest on; of a film that is asked about nothing is said so."""
    first = first_series(study) if best_frontal(study) else None
    plain = first.series_instance_uid if first else None
    looks = [look for seen in scribe.shown.values() for look in seen]
    mine = [look for look in looks if look.study_instance_uid == study.study_instance_uid]
    return [look for look in mine if look.series_instance_uid != plain]


def _unread(scribe: Scribe, case: Case) -> list[Statement]:
    """That something is missing is said where a person signs, not only on the page's margin."""
    lost = [refusal for refusal in case.refused if refusal.code != "duplicate"]
    text = "Files of this case could not be read, and are no part of this draft: see the refusals in its provenance."
    return [scribe.write("technique", "refused", text, scope_evidence(case), support="abstained")] if lost else []


def described(scribe: Scribe, study: Study) -> str:
    """A study with its films: "Chest radiograph, PA view, 2025-03-14."."""
    first = first_series(study)
    if first is None:
        return f"Study of {scribe.day(study)} without images."
    read = {subject.series.series_instance_uid for subject in described_of(study) if subject.place().id in scribe.shown}
    others = [series for series in study.series if series is not first]
    also = {
        "described by the model": sorted({_named(s) for s in others if s.series_instance_uid in read}),
        "shown and not read": sorted({_named(s) for s in others if s.series_instance_uid not in read}),
    }
    more = [f" Also in this study, {what}: {', '.join(names)}." for what, names in also.items() if names]
    return f"{_named(first)}, {scribe.day(study)}{_extent(scribe, study, first)}{''.join(more)}"


def _extent(scribe: Scribe, study: Study, series: Series) -> str:
    """What of the first series was given to the model; of a volume or slide how many images, and their spacing."""
    if best_frontal(study):
        return "."
    uids = {"study_instance_uid": study.study_instance_uid, "series_instance_uid": series.series_instance_uid}
    place = evidence("image", **uids)
    was_shown = bool({place.id, film_evidence(study).id} & scribe.shown.keys())
    if series.kind not in ("volume", "slide"):
        return "." if was_shown else ". Shown, not read."
    given, total = len(series.image_set.images), count_of(series)
    what = f"{total} {'slice' if series.kind == 'volume' else 'patch'}"
    what += "" if total == 1 else "s" if series.kind == "volume" else "es"
    odd = "".join(f" {issue}" for issue in series.issues)
    if not was_shown:
        return f", {what}{_spacing(series)}. Shown, not read.{odd}"
    part = f"{given} of " if given < total else "All " if total > 1 else ""
    return f"{_spacing(series)}. {part}{what} {'was' if total == 1 else 'were'} shown to the model.{odd}"


def _spacing(series: Series) -> str:
    """ ", spacing 1.5 × 0.7 × 0.7 mm (slice, row, column)"; empty where it is not known."""
    known = [step for step in series.spacing_mm or () if step is not None]
    if series.kind == "slide":
        return f", {known[0] * 1000:.3g} µm a pixel" if known else ""
    names = " (slice, row, column)" if len(known) == 3 else " (row, column)"
    return f", spacing {' × '.join(f'{step:.4g}' for step in known)} mm{names}" if known else ""


def extent_numbers(series: Series) -> str:
    """The numbers that Technique may say of a series: its marks; of a volume or slide its images and their spacing."""
    if series.kind not in ("volume", "slide"):
        return told_apart(series)
    said = " ".join(series.issues)
    return f"{told_apart(series)} {len(series.image_set.images)} {count_of(series)}{_spacing(series)} {said}"


def _named(series: Series) -> str:
    """A series as a radiologist would name it: "Chest radiograph, PA view"."""
    view = f", {series.view} view" if series.view else ", view not stated" if series.kind == "projection" else ""
    apart = f", {told_apart(series)}" if series.marks else ""
    return f"{series_kind(series)}{view}{apart}"


def _orientation(scribe: Scribe, studies: Sequence[Study]) -> list[Statement]:
    """One sentence for each way in which left and right are not simply given by the tags."""
    asked = [(study, subject) for study in studies if (subject := subject_of(study)) and _sided(subject)]
    lines = []
    for about, text, support, holds in _ORIENTATIONS:
        for noun in dict.fromkeys(subject.noun for _, subject in asked):
            same = [(study, subject.images[0]) for study, subject in asked if subject.noun == noun]
            where = [film_evidence(study) for study, image in same if holds(image)]
            about_noun = [*about, *([] if noun == "film" else [noun])]
            if where:
                said = text.format(noun=noun)
                lines.append(scribe.write("technique", about_noun, said, where, support=support))
    return lines


def _sided(subject: Subject) -> bool:
    """Whether sides are asked about on such images at all."""
    return subject.table is not None and any("left" in rule.places for rule in subject.table.findings.values())
