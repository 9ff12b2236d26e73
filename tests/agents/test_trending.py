"""Results over time in a draft: the one before is quoted, what was replaced is not told, old ones are not tabled."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.checks import passed
from agents.laboratory import recent
from agents.reporter import compose
from agents.trending import current_results, trending
from agents.verifier import verify
from prelim.draft import Found, Sections
from prelim.types import Evidence, LabResult, Labs, Record, Reference, evidence

REFERENCE = Reference(low=0.6, high=1.3, text="0.6-1.3")


def result(value: float, day: str | None, unit: str = "mg/dL", **more: Any) -> tuple[LabResult, Evidence]:
    place = evidence("lab", document_sha256="0" * 64, quote=f"Creatinine {value:g} {unit}", chars=(0, len(str(day))))
    place = place.model_copy(update={"id": f"e-{value}-{day}"})
    common: dict[str, Any] = {"name": "Creatinine", "kind": "numeric", "value_text": f"{value:g}", "readers": "both"}
    lab = LabResult(
        id=f"l-{value}-{day}",
        value=value,
        unit=unit,
        ucum=unit,
        loinc="14682-9" if unit == "umol/L" else "2160-0",
        collected=day,
        evidence=(place.id,),
        **{**common, **more},
    )
    return lab, place


def with_results(found: Found, *results: tuple[LabResult, Evidence], remembered: tuple[Record, ...] = ()) -> Found:
    labs = Labs(labs=tuple(lab for lab, _ in results), evidence=tuple(place for _, place in results))
    priors = found.priors.model_copy(update={"labs": remembered})
    return found.model_copy(update={"labs": labs, "priors": priors})


def told(found: Found, scripted: Callable[[Any], Any]) -> list[str]:
    """The sentences about creatinine, all of them borne out."""
    sections: Sections = verify(compose(scripted(None), found), found).composition.sections
    mine = [line for line in sections.findings if "Creatinine" in line.text]
    assert all(passed(line.checks) and line.support == "supported" for line in mine)
    return [line.text for line in mine]


HIGH: dict[str, Any] = {"reference": REFERENCE, "flag": "H"}


def test_the_result_before_is_quoted_with_its_day(found: Found, scripted: Callable[[Any], Any]) -> None:
    changed = with_results(found, result(1.2, "2025-11-01"), result(1.9, "2026-03-02", **HIGH))
    assert told(changed, scripted) == [
        "Creatinine 1.9 mg/dL, high (reference 0.6-1.3), 2026-03-02; was 1.2 mg/dL on 2025-11-01."
    ]


def test_a_result_of_the_history_keeps_the_unit_it_was_recorded_in(
    found: Found, scripted: Callable[[Any], Any]
) -> None:
    before, _ = result(106, "2025-11-01", "umol/L")
    record = Record(
        id="r-1",
        type="lab",
        date="2025-11-01",
        title="Creatinine",
        text="Creatinine 106 umol/L",
        value=106,
        unit="umol/L",
        loinc="14682-9",
        data=before.model_dump(mode="json"),
    )
    changed = with_results(found, result(1.9, "2026-03-02", **HIGH), remembered=(record,))
    [text] = told(changed, scripted)
    assert text.endswith("; was 106 umol/L on 2025-11-01.")
    [trend], _ = trending(changed)
    assert trend.direction == "rising" and trend.points[0].converted == pytest.approx(1.2, abs=0.01)


def test_of_results_without_a_day_none_is_the_one_before(found: Found, scripted: Callable[[Any], Any]) -> None:
    changed = with_results(found, result(1.2, None), result(1.9, None, **HIGH))
    assert not any("was" in text for text in told(changed, scripted))


def test_what_rose_within_its_range_is_told(found: Found, scripted: Callable[[Any], Any]) -> None:
    within: dict[str, Any] = {"reference": REFERENCE, "flag": "N"}
    changed = with_results(found, result(0.6, "2025-11-01", **within), result(1.2, "2026-03-02", **within))
    assert told(changed, scripted) == [
        "Creatinine 1.2 mg/dL (reference 0.6-1.3), 2026-03-02; was 0.6 mg/dL on 2025-11-01."
    ]


def test_a_critical_result_that_was_replaced_is_no_alarm(found: Found, scripted: Callable[[Any], Any]) -> None:
    changed = with_results(
        found,
        result(9.0, "2026-03-01", flag_printed="HH", **HIGH),
        result(1.2, "2026-03-02", reference=REFERENCE, flag="N"),
    )
    trends, _ = trending(changed)
    assert [lab.value for lab in current_results(changed.labs.labs, trends)] == [1.2]
    composition = verify(compose(scripted(None), changed), changed).composition
    assert not any("Creatinine" in line.text for line in composition.sections.impression)
    assert not any("Creatinine" in text for text in composition.warnings)


def test_old_results_stay_out_of_the_table(found: Found, scripted: Callable[[Any], Any]) -> None:
    old, new, undated = result(1.2, "2024-01-01"), result(1.9, "2026-03-02"), result(1.0, None)
    parted = recent(with_results(found, old, new, undated).labs, found.case, 12)
    assert [lab.value for lab in parted.labs] == [1.9, 1.0] and [lab.value for lab in parted.earlier] == [1.2]
    only = found.model_copy(update={"labs": recent(with_results(found, old).labs, found.case, 12)})
    sections = verify(compose(scripted(None), only), only).composition.sections
    [line] = [line for line in sections.findings if "laboratory" in line.text]
    assert line.text == "No recent laboratory results; the latest are of 2024-01-01." and passed(line.checks)


@pytest.mark.parametrize(("day", "kept"), [("2025-03-02", True), ("2025-03-01", False), ("2025-12-31T08:00:00", True)])
def test_twelve_months_to_the_day(found: Found, day: str, kept: bool) -> None:
    parted = recent(with_results(found, result(1.2, day)).labs, found.case, 12)
    assert bool(parted.labs) is kept
