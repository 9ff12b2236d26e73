"""Priors: what the patient's history holds that bears on this case. Date and type decide, similarity ranks."""

from collections.abc import Sequence
from typing import Any

from prelim.imaging.selection import best_frontal, same_region
from prelim.types import Evidence, Priors, Record, Series, Study, evidence
from tools.tool import Context, tool

_FILMS = {"CR", "DX", "DR", "RG"}
_QUOTE_CHARS = 400


def _revision(context: Context, *, patient_key: str, **_: Any) -> str:
    return context.history.revision(patient_key)


@tool(reads=("priors_limit",), asks_model=False, revision_of=_revision)
def priors(context: Context, *, patient_key: str, studies: tuple[Study, ...], query: str) -> Priors:
    """Earlier studies to compare with, nearest first, records to quote, best first, and the results before this day."""
    until = max((study.date for study in studies if study.date), default=None)
    limit = context.settings.priors_limit
    kept = context.history.records(patient_key, types=("study",), until=until)
    earlier = [Study.model_validate(record.data) for record in kept]
    now = {study.study_instance_uid for study in studies}
    comparable = [study for study in earlier if study.study_instance_uid not in now and _comparable(study, studies)]
    comparable.sort(key=lambda study: (study.date or "", study.study_instance_uid), reverse=True)
    found = context.history.similar(patient_key, query, ("report", "note", "finding"), until, limit)
    days = {study.date for study in studies}
    found = tuple(
        record
        for record in found
        if record.data.get("study_instance_uid") not in now and not (record.type == "report" and record.date in days)
    )  # a report of this very day may be of this very study: it tells nothing of an earlier one
    left_out = len(comparable) - limit
    return Priors(
        warnings=(
            (f"Earlier studies of the history left out: {left_out}. The latest {limit} are taken (priors_limit).",)
            if left_out > 0
            else ()
        ),
        studies=tuple(study.model_copy(update={"role": "prior"}) for study in comparable[:limit]),
        records=found,
        labs=context.history.labs(patient_key, until),
        evidence=tuple(_quoted(record) for record in found),
    )


def _comparable(earlier: Study, studies: Sequence[Study]) -> bool:
    """The same region and kind of image, frontal with frontal; without a study to compare with, any."""
    return not studies or any(_key(earlier) & _key(study) for study in studies)


def _key(study: Study) -> set[tuple[str, str, bool]]:
    frontal = best_frontal(study) is not None
    return {
        ("film" if series.modality in _FILMS else series.modality, _region(series), frontal) for series in study.series
    }


def _region(series: Series) -> str:
    return "CHEST" if same_region(series.body_part, "CHEST") else series.body_part


def _quoted(record: Record) -> Evidence:
    """The address of a record: its words, of a long one from the sentence that bears on the case, and the record."""
    kind = "statement" if record.type in ("report", "finding") else "text"
    start, _ = record.passage if record.passage and len(record.text) > _QUOTE_CHARS else (0, 0)
    return evidence(kind, quote=record.text[start : start + _QUOTE_CHARS], ref=record.id)
