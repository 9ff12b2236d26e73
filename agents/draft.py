"""The draft: everything found and said about a case in one value, and what makes two drafts the same."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from agents.earlier import prior_studies
from agents.laboratory import is_critical
from agents.reporter import Composition
from agents.reports import current_reports
from agents.trending import current_results
from prelim import prompts
from prelim.draft import Draft, Found
from prelim.settings import Settings
from prelim.types import Case, LabResult, ModelIdentity, Triage, Urgency, digest_of
from tools.alert import UNDELIVERED

_NOT_CONTENT: dict[str, Any] = {
    **dict.fromkeys(("case_id", "patient_key", "status", "decision", "content_sha256"), True),
    "provenance": {"calibration", "settings", "software", "results", "code"},
}
SHAPING = {
    "model",
    "device",
    "weights",
    "out_of_scope",
    "margin",
    "mass",
    "slide_order",
    "priors_limit",
    "labs_months",
    "ocr_languages",
    "critical_findings",
    "second_read",
}
"""The settings that a draft depends on. None of them names a place."""
_SOFTWARE = ("prelim", "torch", "transformers")
_UNVERIFIED = "The model answered from a server: which weights it runs was not verified."
_PLACE_OR_TIME = {"at", "path", "ref", "times"}


def assemble(
    composition: Composition,
    found: Found,
    *,
    case_id: str,
    model: ModelIdentity,
    settings: Settings,
    calibration: str | None = None,
    made_of: Mapping[str, Any] = MappingProxyType({}),
) -> Draft:
    """The draft of a verified composition, waiting for its review.

    `calibration` is the digest of the one in use, `made_of` more of what the draft was made from.
    """
    case = found.case
    draft = Draft(
        case_id=case_id,
        patient_key=case.patient_key,
        status="review",
        urgency=urgency_of(found.triage, current_results(found.labs.labs, composition.trends)),
        model=model,
        prompts=prompts.digest(),
        warnings=_distinct(
            case.warnings,
            () if model.verified else (_UNVERIFIED,),
            *(result.warnings for result in found.results),
            composition.warnings,
            () if settings.second_read else _unread_reports(case),
        ),
        provenance={
            "refused": [refusal.model_dump(mode="json") for refusal in case.refused],
            "calibration": calibration,
            "settings": settings.model_dump(mode="json", include=SHAPING),
            "software": software(),
            **made_of,
        },
        studies=(*(s for s in case.studies if s.role == "current"), *prior_studies(case, found.priors)),
        documents=case.documents,
        recordings=case.recordings,
        findings=composition.findings,
        not_assessed=found.not_assessed,
        boxes=found.localization.boxes,
        comparisons=found.longitudinal.comparisons,
        timelines=composition.timelines,
        labs=found.labs.labs,
        trends=composition.trends,
        notes=found.notes.facts,
        earlier_findings=composition.earlier_findings,
        transcripts=found.dictation.transcripts,
        pages=found.pages.pages,
        sections=composition.sections,
        evidence=composition.evidence,
        notice=composition.notice,
    )
    return sealed(draft)


def software() -> dict[str, str]:
    """The versions of the software that has a hand in a draft."""
    return {name: version(name) for name in _SOFTWARE}


def _distinct(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for group in groups for text in group))


def _unread_reports(case: Case) -> tuple[str, ...]:
    """What became of a report that is none of an earlier study."""
    said = (
        "is dated as the current study: it is not quoted as an earlier report. `second_read` compares it with the case."
    )
    return tuple(f"{document.path} {said}" for document in current_reports(case))


def urgency_of(triage: Triage, labs: Iterable[LabResult]) -> Urgency:
    """Critical where a result is; else triage's, but routine only if every film was read without doubt.

    What is not on the model's card is no doubt: the draft says what was looked for, and that nothing else was.
    """
    if any(is_critical(lab) for lab in labs):
        return "critical"
    read = all(quality == "readable" for quality in triage.quality.values())
    doubt = any(finding.state == "uncertain" for finding in triage.findings)
    asked = {finding.study_instance_uid for finding in triage.findings}
    declined = any(item.study_instance_uid not in asked for item in triage.not_assessed)
    if triage.urgency == "routine" and (declined or doubt or not read):
        return "not_triaged"
    return triage.urgency


def sealed(draft: Draft) -> Draft:
    """The draft with its `content_sha256`."""
    return draft.model_copy(update={"content_sha256": content_sha256(draft)})


def content_sha256(draft: Draft) -> str:
    """Digest of what the draft says: without times, paths, decision, what made it, and what belongs to one home."""
    return digest_of(content(draft))


def content(draft: Draft) -> Any:
    """What `content_sha256` is the digest of, as plain JSON. Whether an alert has arrived by now is no part of it."""
    said = tuple(text for text in draft.warnings if not text.startswith(UNDELIVERED))
    return _content(draft.model_copy(update={"warnings": said}).model_dump(mode="json", exclude=_NOT_CONTENT))


def _content(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _content(item) for key, item in value.items() if key not in _PLACE_OR_TIME}
    return [_content(item) for item in value] if isinstance(value, list) else value
