"""Cases of drawn patients with known truth: chest films as DICOM, lab reports, earlier reports, other people's papers.

Every case follows from (seed, kind, number) alone. Films are drawn as in the embedded model's card: at most one sign of
a kind. What was drawn is written beside the case folder, never into it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from benchmarks.spoilt import marked
from prelim.models.phantom import draw
from prelim.models.phantom.film_file import dicom_of
from tools.drawn_labs import draw_labs
from tools.drawn_report import sentences

Kind = Literal["clean", "blank", "noise", "inverted", "mirrored", "other_tags", "other_text"]
Rng = np.random.Generator
KINDS: tuple[Kind, ...] = ("clean", "blank", "noise", "inverted", "mirrored", "other_tags", "other_text")
SEED = 20270419
"""Used for the published figures and nothing else: no film of these was shown in training or looked at before."""
_LARGER = 4
"""A mirrored film carries a letter, which needs more pixels than 224."""
_INDICATIONS = ("Cough.", "Fever and cough for three days.", "Shortness of breath.", "Follow-up.", "Before surgery.")
_STRANGER = "Other^Person"


@dataclass(frozen=True)
class DrawnCase:
    """What was drawn. `signs` are on the current film; `changes` since the prior's; `foreign` must not be drafted.

    Signs and changes are keyed "label side". Dates are ISO.
    """

    name: str
    kind: Kind
    date: str
    prior_date: str | None = None
    signs: tuple[str, ...] = ()
    changes: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    refused_whole: bool = False


@dataclass(frozen=True)
class _Person:
    id: str
    name: str
    born: str
    """YYYYMMDD."""


def write_case(folder: Path, kind: Kind, number: int, seed: int = SEED) -> DrawnCase:
    """Draw a case into a folder, and return what was drawn."""
    rng = np.random.default_rng([seed, KINDS.index(kind), number])
    folder.mkdir(parents=True)
    person = _Person(f"DRAWN-{kind.upper()}-{number}", f"Drawn^Patient{number}", f"{_day(rng, 1930, 2000):%Y%m%d}")
    name, day = f"{kind}-{number:03d}", _day(rng, 2019, 2027)
    (folder / "case.yaml").write_text(f"indication: {_one(rng, _INDICATIONS)}\n", encoding="utf-8")
    if kind == "clean":
        return _clean(folder, rng, person, day, name, with_prior=number % 2 == 1)
    if kind in ("other_tags", "other_text"):
        return _with_stranger(folder, rng, person, day, name, kind, number)
    pixels = _mirrored(rng, number) if kind == "mirrored" else draw.unreadable_film(rng, kind).pixels
    _save(folder / "film.dcm", pixels, person, day)
    return DrawnCase(name, kind, day.isoformat())


def _clean(folder: Path, rng: Rng, person: _Person, day: date, name: str, with_prior: bool) -> DrawnCase:
    """A readable film; an earlier one with known changes, a report of that one, lab results, a referral."""
    if rng.random() < 0.45:
        draw_labs(folder / "labs.pdf", rng, person.id, day)
        if rng.random() < 0.4:
            draw_labs(folder / "earlier-labs.pdf", rng, person.id, day - timedelta(int(rng.integers(1, 300))))
    if rng.random() < 0.2:
        (folder / "note.txt").write_text(_note(rng, person.id, day), encoding="utf-8")
    if not with_prior:
        film = draw.film(rng)
        _save(folder / "film.dcm", film.pixels, person, day)
        return DrawnCase(name, "clean", day.isoformat(), signs=_keys(film.boxes))
    before, after, changes = draw.pair(rng)
    earlier = day - timedelta(int(rng.integers(5, 700)))
    _save(folder / "earlier.dcm", before.pixels, person, earlier)
    _save(folder / "film.dcm", after.pixels, person, day)
    if rng.random() < 0.4:
        (folder / "report.txt").write_text(report(f"Patient ID: {person.id}", earlier, before.boxes), encoding="utf-8")
    return DrawnCase(
        name,
        "clean",
        day.isoformat(),
        earlier.isoformat(),
        _keys(after.boxes),
        {f"{label} {side}": change for (label, side), change in changes.items()},
    )


def report(heading: str, day: date, signs: Mapping[draw.Sign, Any]) -> str:
    """An earlier report that says what was drawn, under a heading that names its patient."""
    said = sentences(signs)
    lines = [heading, f"Date of exam: {day.isoformat()}"]
    lines += ["Examination: chest radiograph, PA view.", "", f"FINDINGS: {' '.join(said)}", ""]
    return "\n".join([*lines, f"IMPRESSION: {said[0]}", ""])


def _note(rng: Rng, patient: str, day: date) -> str:
    """A referral: problems, a medication with its dose, an allergy."""
    dose = int(rng.choice([5, 10, 20, 40]))
    lines = (
        f"Patient ID: {patient}",
        f"Note date: {day.isoformat()}",
        "",
        f"Past medical history: {_one(rng, ('COPD', 'Asthma', 'Hypertension'))}.",
        "",
        f"Medications:\n- {_one(rng, ('Lisinopril', 'Amlodipine', 'Furosemide'))} {dose} mg daily",
        "",
        f"Allergies: {_one(rng, ('penicillin', 'latex', 'none known'))}.",
    )
    return "\n".join([*lines, ""])


def _mirrored(rng: Rng, number: int) -> draw.Pixels:
    """A film turned left to right under tags that say it was not: by its letter, or with the letter set right again."""
    film = Image.fromarray(draw.film(rng).pixels)
    pixels = np.asarray(film.resize((_LARGER * draw.SIZE_PX,) * 2, Image.Resampling.BICUBIC))
    height = float(rng.uniform(0.03, 0.06))
    if number % 2:
        return np.ascontiguousarray(marked(pixels, height, rng)[:, ::-1])
    # The letter is set by hand on the turned film, as the tags would have it on the other side.
    turned = marked(np.ascontiguousarray(pixels[:, ::-1]), height, rng, letters=("L", "R"))
    return np.ascontiguousarray(turned)


# ------------------------------------------------------------------ another patient's


def _with_stranger(folder: Path, rng: Rng, person: _Person, day: date, name: str, kind: Kind, number: int) -> DrawnCase:
    """A film of the patient, and an earlier film or a paper that names somebody else."""
    film = draw.film(rng)
    _save(folder / "film.dcm", film.pixels, person, day)
    earlier = day - timedelta(int(rng.integers(5, 700)))
    stranger = _Person(f"OTHER-{number}", _STRANGER, f"{_day(rng, 1930, 2000):%Y%m%d}")
    case = DrawnCase(name, kind, day.isoformat(), signs=_keys(film.boxes), foreign=(earlier.isoformat(),))
    if kind == "other_text":
        return replace(case, foreign=(*case.foreign, *_paper(folder, rng, stranger, earlier, number)))
    # An id contradicts the patient's; without one, name and birth date do, and the film is refused alone.
    by_id = number % 2 == 0
    carried = stranger if by_id else replace(stranger, id="")
    _save(folder / "earlier.dcm", draw.film(rng).pixels, carried, earlier, of=stranger.id)
    return replace(case, refused_whole=by_id)


def _paper(folder: Path, rng: Rng, stranger: _Person, day: date, number: int) -> tuple[str, ...]:
    """A report, a lab report or a note about a stranger, by id or by name and birth date; words only it holds."""
    born = f"{stranger.born[:4]}-{stranger.born[4:6]}-{stranger.born[6:]}"
    by_name = f"Patient: {stranger.name.replace('^', ', ')}\nDate of birth: {born}"
    heading = by_name if number % 2 else f"Patient ID: {stranger.id}"
    what = ("report", "labs", "note")[number // 2 % 3]
    if what == "labs":
        draw_labs(folder / "labs.pdf", rng, heading, day)
        return ("CRP", "Potassium")
    text = report(heading, day, {("lung_opacity", "left"): None})
    if what == "report":
        words = text.replace("lung opacity", "silicosis")
    else:
        words = f"{heading}\nNote date: {day.isoformat()}\n\nPast medical history: tetralogy. Allergies: latex.\n"
    (folder / f"{what}.txt").write_text(words, encoding="utf-8")
    return ("silicosis",) if what == "report" else ("tetralogy", "latex")


# ------------------------------------------------------------------ small things


def _save(path: Path, pixels: draw.Pixels, person: _Person, day: date, of: str | None = None) -> None:
    tags = {
        "PatientID": person.id,
        "PatientName": person.name,
        "PatientBirthDate": person.born,
        "ImagerPixelSpacing": [1.5 * draw.SIZE_PX / pixels.shape[0]] * 2,
    }
    dicom_of(pixels, of or person.id, f"{day:%Y%m%d}", **tags).save_as(path, enforce_file_format=True)


def _keys(signs: Mapping[draw.Sign, Any]) -> tuple[str, ...]:
    return tuple(f"{label} {side}" for label, side in signs)


def _day(rng: Rng, first: int, last: int) -> date:
    """A day from the first year up to the last, without it."""
    start = date(first, 1, 1)
    return start + timedelta(int(rng.integers((date(last, 1, 1) - start).days)))


def _one(rng: Rng, items: tuple[str, ...]) -> str:
    return items[int(rng.integers(len(items)))]
