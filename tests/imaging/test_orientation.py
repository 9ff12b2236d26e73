"""The patient's sides: from tags, by the convention where the view is known, else unknown."""

from typing import Any

import pytest
from pydicom import Dataset

from prelim.imaging.orientation import orientation_of, projection_orientation, view_of
from tests.made_dicom import dataset


def coded(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodeMeaning = value, meaning
    return code


@pytest.mark.parametrize(
    ("tags", "view"),
    [
        ({"ViewPosition": "PA"}, "PA"),
        ({"ViewPosition": "ap"}, "AP"),
        ({"ViewPosition": "LL"}, "LL"),
        ({"ViewCodeSequence": [coded("272479007", "projection from behind")]}, "PA"),
        ({"ViewCodeSequence": [coded("R-10206", "antero-posterior")]}, "AP"),
        ({"ViewCodeSequence": [coded("x", "Postero-anterior projection")]}, "PA"),
        ({"ViewCodeSequence": [coded("399059000", "postero-anterior oblique")]}, "POSTERO-ANTERIOR OBLIQUE"),
        ({"ViewCodeSequence": [coded("399173006", "left lateral")]}, "LEFT LATERAL"),
        ({}, None),
    ],
)
def test_views(tags: dict[str, Any], view: str | None) -> None:
    assert view_of(dataset(**tags)) == view


def test_the_tag_comes_before_the_convention() -> None:
    assert orientation_of("PA", ["R", "F"])[:3] == ("R", "F", "tag")
    assert orientation_of("PA")[:3] == ("L", "F", "convention")
    assert "radiographic convention" in str(orientation_of("AP").issue)


@pytest.mark.parametrize("view", [None, "LL", "LATERAL"])
@pytest.mark.parametrize("stated", [(), ("L",), ("", ""), ("X", "F")])
def test_an_unknown_view_has_no_sides(view: str | None, stated: tuple[str, ...]) -> None:
    assert orientation_of(view, stated)[:3] == (None, None, "unknown")


@pytest.mark.parametrize(
    ("tags", "conflict"),
    [
        ({"PatientOrientation": ["L", "F"]}, False),
        ({"PatientOrientation": ["R", "F"]}, False),
        ({"PatientOrientation": ["LH", "FL"]}, False),
        ({"PatientOrientation": ["F", "R"]}, True),
        ({"PatientOrientation": ["A", "F"]}, True),
        ({"PatientOrientation": ["L", "F"], "Laterality": "L", "ImageLaterality": "R"}, True),
        ({"Laterality": "L", "ImageLaterality": "R"}, True),
        ({"Laterality": "L", "ImageLaterality": "L"}, False),
        ({"PatientOrientation": ["L", "F"], "ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, False),
        ({"PatientOrientation": ["R", "F"], "ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, True),
    ],
)
def test_what_contradicts_itself_has_no_sides(tags: dict[str, Any], conflict: bool) -> None:
    way = projection_orientation(dataset(**tags), "PA")
    assert way.conflict is conflict and (not conflict or "sides cannot be told" in str(way.issue))


def test_a_film_upside_down_keeps_its_sides_and_is_said() -> None:
    way = projection_orientation(dataset(PatientOrientation=["R", "H"]), "PA")
    assert (way.columns_to, way.conflict) == ("R", False) and "upside down" in str(way.issue)


def test_a_lateral_film_may_run_from_front_to_back() -> None:
    assert not projection_orientation(dataset(PatientOrientation=["A", "F"]), "LL").conflict
