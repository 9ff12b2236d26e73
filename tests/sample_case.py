"""What the tools would find on a drawn patient with a growing right opacity and a critical potassium.

Built from the types alone, so that what reports it can be tested without a model's answers.
"""

import io
from typing import Any, Literal

import numpy as np
from PIL import Image as Picture

from memory.artifacts import Artifacts
from prelim.draft import Found
from prelim.models.phantom import draw
from prelim.types import (
    Box,
    Case,
    Comparison,
    Document,
    Evidence,
    Finding,
    Image,
    ImageSet,
    LabResult,
    Labs,
    Laterality,
    Localization,
    Longitudinal,
    NotAssessed,
    Priors,
    Record,
    Reference,
    Refusal,
    Series,
    State,
    Study,
    Triage,
    digest_of,
    evidence,
)

PRIOR_DATE, CURRENT_DATE = "2025-11-01", "2026-03-02"
RIGHT_OPACITY: draw.Sign = ("lung_opacity", "right")
STATES: dict[tuple[str, Laterality], tuple[State, float]] = {
    ("lung_opacity", "right"): ("present", 0.97),
    ("lung_opacity", "left"): ("absent", 0.02),
    ("pleural_effusion", "right"): ("absent", 0.03),
    ("pleural_effusion", "left"): ("uncertain", 0.52),
    ("cardiomegaly", "midline"): ("absent", 0.08),
}
DECLINED = "The card of 'phantom' covers drawn phantoms only; this film is clinical."


def sample(artifacts: Artifacts) -> Found:
    """What the tools found about the sample case."""
    chest = draw.anatomy(np.random.default_rng(7))
    prior, _ = _study(artifacts, chest, PRIOR_DATE, 11)
    current, box_px = _study(artifacts, chest, CURRENT_DATE, 20)
    before, now = whole(prior), whole(current)
    box = now.model_copy(update={"box_px": box_px})
    box = evidence("image", **box.model_dump(exclude={"id", "kind"}))
    findings = tuple(_finding(current, now, *key, *value) for key, value in STATES.items())
    labs, cells = _labs()
    report = Record(
        id="r-1",
        type="report",
        date=PRIOR_DATE,
        title="Report",
        text="There is a right lung opacity. No pleural effusion. Follow-up advised.",
    )
    return Found(
        case=Case(
            patient_key="p-0123456789abcdef",
            indication="Cough for 5 days.",
            studies=(prior, current),
            documents=(_document("labs.pdf", "lab"), _document("visit.txt", "note")),
            warnings=("No time of acquisition.",),
            refused=(Refusal(path="scan.dcm", code="truncated", message="Ends before its pixels."),),
        ),
        triage=Triage(
            findings=findings,
            urgency="urgent",
            quality={current.study_instance_uid: "readable"},
            evidence=(now,),
        ),
        localization=Localization(boxes=(_box(box),), evidence=(box,)),
        longitudinal=Longitudinal(comparisons=(_comparison(before, now),), evidence=(before, now)),
        labs=Labs(labs=labs, evidence=cells),
        priors=Priors(records=(report,), evidence=(evidence("statement", quote=report.text, ref=report.id),)),
    )


def declined(found: Found) -> Found:
    """The same case where the model's card covers none of the films."""
    uid = current_of(found).study_instance_uid
    items = tuple(
        NotAssessed(study_instance_uid=uid, task="probe", label=label, reason=DECLINED) for label in draw.LABELS
    )
    triage = Triage(not_assessed=items, quality={uid: "not_assessed"})
    compared = NotAssessed(study_instance_uid=uid, task="comparison", label=None, reason=DECLINED)
    longitudinal = Longitudinal(not_assessed=(compared,))
    return found.model_copy(update={"triage": triage, "localization": Localization(), "longitudinal": longitudinal})


def current_of(found: Found) -> Study:
    return next(study for study in found.case.studies if study.role == "current")


def whole(study: Study) -> Evidence:
    """The study's one image as evidence."""
    series = study.series[0]
    return evidence(
        "image",
        study_instance_uid=study.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        sop_instance_uid=series.image_set.images[0].sop_instance_uid,
        frame=0,
    )


def _study(artifacts: Artifacts, chest: draw.Anatomy, date: str, size_px: float) -> tuple[Study, draw.Box]:
    film = draw.render(np.random.default_rng(3), chest, {RIGHT_OPACITY: draw.Shape(size_px)})
    uid = f"1.2.826.{date.replace('-', '')}"
    out = io.BytesIO()
    Picture.fromarray(film.pixels).save(out, "PNG")
    image = Image(
        sop_instance_uid=f"{uid}.1.1",
        pixels_sha256=artifacts.put(out.getvalue()),
        rows=draw.SIZE_PX,
        columns=draw.SIZE_PX,
        columns_to="L",
        rows_to="F",
        orientation_from="tag" if date == PRIOR_DATE else "convention",
    )
    series = Series(
        study_instance_uid=uid,
        series_instance_uid=f"{uid}.1",
        modality="DX",
        body_part="CHEST",
        view="PA",
        kind="projection",
        frames=1,
        shape=(1, draw.SIZE_PX, draw.SIZE_PX),
        date=date,
        provenance="drawn_phantom",
        image_set=ImageSet(images=(image,)),
    )
    role: Literal["prior", "current"] = "prior" if date == PRIOR_DATE else "current"
    return Study(study_instance_uid=uid, date=date, role=role, series=(series,)), film.boxes[RIGHT_OPACITY]


def _finding(study: Study, now: Evidence, label: str, side: Laterality, state: State, probability: float) -> Finding:
    return Finding(
        id="f-" + digest_of([label, side])[:12],
        label=label,
        laterality=side,
        state=state,
        probability=probability,
        study_instance_uid=study.study_instance_uid,
        evidence=(now.id,),
    )


def _box(place: Evidence) -> Box:
    assert place.box_px is not None and place.sop_instance_uid is not None
    return Box(
        id="b-" + digest_of(place.box_px)[:12],
        label="lung_opacity",
        laterality="right",
        sop_instance_uid=place.sop_instance_uid,
        frame=0,
        box_px=place.box_px,
        evidence=(place.id,),
    )


def _comparison(before: Evidence, now: Evidence) -> Comparison:
    return Comparison(
        id="k-" + digest_of([before.id, now.id])[:12],
        label="lung_opacity",
        laterality="right",
        prior_sop_instance_uid=str(before.sop_instance_uid),
        current_sop_instance_uid=str(now.sop_instance_uid),
        prior_date=PRIOR_DATE,
        current_date=CURRENT_DATE,
        change="worse",
        probability=0.91,
        swap_consistent=True,
        evidence=(before.id, now.id),
    )


def _document(path: str, kind: Any) -> Document:
    return Document(path=path, sha256=digest_of(path), kind=kind, text_sha256=digest_of([path, "text"]))


def _labs() -> tuple[tuple[LabResult, ...], tuple[Evidence, ...]]:
    rows: list[tuple[Any, ...]] = [
        ("Sodium", "139", "mmol/L", "135-145", "N", None),
        ("Potassium", "6.8", "mmol/L", "3.5-5.1", "H", "HH"),
        ("C-reactive protein", "84", "mg/L", "0-5", "H", "H"),
        ("Hemoglobin", "11.2", "g/dL", "12.0-16.0", "L", "L"),
        ("Creatinine", "1.1", "mg/dL", "0.6-1.3", "N", None),
    ]
    pairs = [_lab(row, *cells) for row, cells in enumerate(rows)]
    return tuple(lab for lab, _ in pairs), tuple(cell for _, cell in pairs)


def _lab(
    row: int, name: str, value: str, unit: str, reference: str, flag: Any, printed: str | None
) -> tuple[LabResult, Evidence]:
    place = evidence(
        "lab",
        document_sha256=digest_of("labs.pdf"),
        page=1,
        box_pt=(50.0, 100.0 + 14 * row, 500.0, 112.0 + 14 * row),
        quote=" ".join(filter(None, (name, value, unit, reference, printed))),
    )
    lab = LabResult(
        id="l-" + digest_of(name)[:12],
        name=name,
        kind="numeric",
        value=float(value),
        value_text=value,
        unit=unit,
        reference=Reference(text=reference),
        flag=flag,
        flag_printed=printed,
        collected="2026-03-01",
        readers="both",
        evidence=(place.id,),
    )
    return lab, place
