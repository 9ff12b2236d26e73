"""Trends: the same analyte over time in one unit, with what cannot be compared shown and not compared."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.facts import LabTrend
from prelim.knowledge.labs import lab_table
from prelim.knowledge.units import convert, ucum_of
from prelim.types import LabResult, Record
from tools.trends import trends_of


def lab(name: str, value: float | None, unit: str, day: str | None, **more: Any) -> LabResult:
    """A result as the lab tool makes it."""
    ucum = ucum_of(unit)
    text = "" if value is None else f"{value:g}"
    given = {
        "id": f"l-{name}-{day}-{text}",
        "loinc": lab_table().loinc(name, ucum, more.get("specimen")),
        "kind": "numeric" if value is not None else "text",
        "value_text": text,
        "ucum": ucum if unit else None,
        "readers": "table",
        **more,
    }
    return LabResult(name=name, value=value, unit=unit, collected=day, **given)


def recorded(result: LabResult) -> Record:
    """The same as a signed case leaves it in the history."""
    return Record(
        id=f"r-{result.id}",
        type="lab",
        date=result.collected,
        title=result.name,
        text=f"{result.name} {result.value_text} {result.unit}",
        value=result.value,
        unit=result.unit,
        loinc=result.loinc,
        data=result.model_dump(mode="json"),
    )


def bare(id: str, title: str, value: float | None, unit: str, day: str, loinc: str | None = None) -> Record:
    """A record that says no more than its fields."""
    text = f"{title} {value} {unit}"
    return Record(id=id, type="lab", date=day, title=title, text=text, value=value, unit=unit, loinc=loinc)


def one(current: list[LabResult], earlier: list[Record]) -> LabTrend:
    [trend] = trends_of(current, earlier)
    return trend


def converted(trend: LabTrend) -> list[float | None]:
    return [point.converted if point.converted is None else round(point.converted, 3) for point in trend.points]


# ------------------------------------------------------------------ golden


def test_creatinine_in_three_units_over_time() -> None:
    """SI units at first, then by another laboratory, then whole blood from an export: one trend, in the latest unit."""
    earlier = [
        bare("r-2", "Creatinine", 1.4, "mg/dL", "2012-02-20", "38483-4"),
        recorded(lab("Kreatinin", 106, "µmol/l", "2011-05-01")),
        recorded(lab("Creatinine", 95, "mg/dL", "2012-01-01", specimen="Urine")),
    ]
    now = lab("Creatinine", 1.9, "mg/dL", "2012-03-02", evidence=("e-1",))
    trend = one([now], earlier)
    assert (trend.loinc, trend.ucum, trend.direction, trend.delta) == ("2160-0", "mg/dL", "rising", 0.5)
    assert converted(trend) == [1.199, 1.4, 1.9]
    assert [(point.date, point.value, point.unit) for point in trend.points] == [
        ("2011-05-01", 106, "µmol/l"),
        ("2012-02-20", 1.4, "mg/dL"),
        ("2012-03-02", 1.9, "mg/dL"),
    ]
    assert [point.ref for point in trend.points][1:] == ["r-2", now.id]
    assert trend.evidence == ("e-1",)


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        (("Sodium", 140, "mmol/L"), ("Sodium", 143, "mEq/L"), "steady"),
        (("Sodium", 140, "mmol/L"), ("Sodium", 146, "mEq/L"), "rising"),
        (("Calcium", 10.0, "mg/dL"), ("Kalzium", 2.2, "mmol/l"), "falling"),
        (("HbA1c", 7.0, "%"), ("HbA1c", 53, "mmol/mol"), "steady"),
        (("HbA1c", 7.0, "%"), ("HbA1c", 64, "mmol/mol"), "rising"),
        (("Platelets", 250, "K/µL"), ("Thrombozyten", 130, "G/l"), "falling"),
        (("TSH", 2.0, "mIU/L"), ("TSH", 4.0, "µIU/mL"), "rising"),
        (("ALT", 40, "IU/L"), ("GPT", 2.0, "µkat/l"), "rising"),
        (("LDL calculated", 100, "mg/dL"), ("LDL", 2.6, "mmol/L"), "steady"),
        (("Hemoglobin", 12.0, "g/dL"), ("Hämoglobin", 7.4, "mmol/l"), "steady"),
    ],
)
def test_other_units_and_languages(before: Any, after: Any, direction: str) -> None:
    trend = one([lab(*after, "2026-03-02")], [recorded(lab(*before, "2026-01-10"))])
    assert trend.direction == direction
    assert trend.delta is not None and len(trend.points) == 2


def test_less_than_five_is_never_five() -> None:
    below = recorded(lab("Troponin T high sensitivity", 5, "ng/L", "2026-01-10", comparator="<", value_text="<5"))
    trend = one([lab("Troponin T high sensitivity", 5, "ng/L", "2026-03-02")], [below])
    assert [point.value_text for point in trend.points] == ["<5", "5"]
    assert converted(trend) == [None, 5]
    assert (trend.direction, trend.delta) == ("unclear", None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Ferritin", 90, "IU/L"), ("Ferritin", 100, "ng/mL")),
        (("Creatinine", 1.2, ""), ("Creatinine", 1.9, "mg/dL")),
        (("Creatinine", 1.2, "mg/dL"), ("Creatinine", 1.9, "furlongs")),
        (("Creatinine", 1.2, ""), ("Creatinine", 1.9, "")),
    ],
)
def test_what_cannot_be_converted_is_shown(before: Any, after: Any) -> None:
    found = trends_of([lab(*after, "2026-03-02")], [recorded(lab(*before, "2026-01-10"))])
    for trend in found:
        assert len(trend.points) == 2 and None in converted(trend)
        assert (trend.direction, trend.delta) == ("unclear", None)
    assert found or before[0] == "Ferritin", "an activity of ferritin is another quantity than its mass"


def test_a_test_that_no_table_knows_is_followed_by_its_name() -> None:
    trend = one([lab("Frog index", 30, "AU", "2026-03-02")], [recorded(lab("frog  INDEX", 20, "AU", "2026-01-10"))])
    assert (trend.loinc, trend.ucum, trend.direction, trend.delta) == (None, None, "rising", 10)
    earlier = [recorded(lab("Frog index", 20, "AU", "2026-01-10", specimen="Urine"))]
    assert not trends_of([lab("Frog index", 30, "AU", "2026-03-02")], earlier), "another specimen"


def test_what_needs_no_unit_is_compared_without_one() -> None:
    trend = one([lab("INR", 2.5, "", "2026-03-02")], [recorded(lab("INR", 1.1, "ratio", "2026-01-10"))])
    assert (trend.direction, trend.delta) == ("rising", 1.4)


def test_counts_and_percentages_are_two_trends() -> None:
    now = [lab("Neutrophils", 80, "%", "2026-03-02"), lab("Neutrophils", 9.1, "10^9/L", "2026-03-02")]
    earlier = [recorded(lab("Neutrophils", 60, "%", "2026-01-10")), recorded(lab("ANC", 4100, "/µL", "2026-01-10"))]
    percent, count = trends_of(now, earlier)
    assert (percent.delta, count.delta) == (20, 5)


def test_only_what_the_case_has_and_only_with_an_earlier_point() -> None:
    earlier = [recorded(lab("Glucose", 90, "mg/dL", "2026-01-10")), recorded(lab("CRP", 3, "mg/L", "2026-01-10"))]
    assert not trends_of([], earlier)
    assert not trends_of([lab("Lipase", 30, "U/L", "2026-03-02")], earlier)
    assert [trend.name for trend in trends_of([lab("CRP", 87, "mg/L", "2026-03-02")], earlier)] == ["CRP"]


# ------------------------------------------------------------------ order and duplicates


def test_the_same_result_from_two_sources_is_one_point() -> None:
    """A paper, and the export of the same laboratory; yesterday's value is another."""
    now = lab("Potassium", 5.2, "mmol/L", "2026-03-02", evidence=("e-1",))
    earlier = [
        bare("r-1", "Potassium", 5.2, "mmol/L", "2026-03-02T08:00:00+00:00", "6298-4"),
        recorded(lab("Potassium", 5.2, "mEq/L", "2026-01-10")),
        recorded(lab("Potassium", 5.2, "mEq/L", "2026-01-10")),
        recorded(lab("Potassium", 4.0, "mmol/L", "2026-01-10")),
    ]
    trend = one([now], earlier)
    assert [(point.date, point.value) for point in trend.points] == [
        ("2026-01-10", 5.2),
        ("2026-01-10", 4.0),
        ("2026-03-02", 5.2),
    ]
    assert trend.points[-1].ref == now.id


def test_a_dump_with_times_in_any_form_is_ordered_by_them() -> None:
    now = [lab("Potassium", 6.1, "mmol/L", "202603021430"), lab("Potassium", 5.0, "mmol/L", "2026-03-02T08:00:00")]
    trend = one(now, [])
    assert [point.value for point in trend.points] == [5.0, 6.1]
    assert (trend.direction, trend.points[0].date) == ("rising", "2026-03-02")


@pytest.mark.parametrize(
    ("day", "earlier"),
    [("2026-03-02", "2026-03-02"), (None, "2026-01-10"), ("2026-03-02", None), ("spring", "2026-01-10")],
)
def test_without_a_known_order_nothing_rises(day: str | None, earlier: str | None) -> None:
    trend = one([lab("Potassium", 6.1, "mmol/L", day)], [recorded(lab("Potassium", 5.0, "mmol/L", earlier))])
    assert (trend.direction, trend.delta) == ("unclear", None)
    assert trend.points[-1].value == 6.1, "the case's own stands last"


# ------------------------------------------------------------------ properties

UNITS = {
    "Creatinine": ("mg/dL", "umol/L", "mmol/L", "mg/L"),
    "Glucose": ("mg/dL", "mmol/L", "g/L"),
    "Calcium": ("mg/dL", "mmol/L", "meq/L"),
    "Hemoglobin": ("g/dL", "g/L", "mmol/L"),
    "Platelets": ("10*9/L", "10*3/uL", "/uL"),
}
values = st.floats(0.01, 1000).map(lambda value: float(f"{value:.4g}"))
days = st.dates(date(1990, 1, 1), date(2029, 12, 31)).map(lambda day: day.isoformat())


@given(data=st.data(), name=st.sampled_from(sorted(UNITS)), now=values)
def test_the_unit_of_an_earlier_point_changes_nothing(data: st.DataObject, name: str, now: float) -> None:
    unit = data.draw(st.sampled_from(UNITS[name]))
    current = lab(name, now, unit, "2030-01-01")
    history = data.draw(st.lists(st.tuples(days, values), min_size=1, max_size=4, unique_by=lambda one: one[0]))
    code = lab_table().loinc(name, unit)

    def told(units: list[str]) -> LabTrend:
        made = [
            lab(name, convert(value, unit, other, code), other, day, id=f"l-{day}")
            for (day, value), other in zip(history, units, strict=True)
        ]
        return one([current], [recorded(result) for result in made])

    plain = told([unit] * len(history))
    mixed = told(data.draw(st.lists(st.sampled_from(UNITS[name]), min_size=len(history), max_size=len(history))))
    assert (plain.direction, plain.id, plain.ucum) == (mixed.direction, mixed.id, mixed.ucum)
    assert [point.converted for point in plain.points] == pytest.approx([point.converted for point in mixed.points])
    assert plain.delta == pytest.approx(mixed.delta, rel=1e-9, abs=1e-9 * now)


@given(st.lists(st.tuples(days, values), min_size=2, max_size=5, unique_by=lambda one: one[0]), st.randoms())
def test_the_order_of_the_records_changes_nothing(history: list[tuple[str, float]], random: Any) -> None:
    records = [recorded(lab("CRP", value, "mg/L", day)) for day, value in history]
    shuffled = random.sample(records, len(records))
    current = [lab("CRP", 87.0, "mg/L", "2030-01-01")]
    assert trends_of(current, records) == trends_of(current, shuffled)
