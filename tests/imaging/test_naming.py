"""What an image and its day are called: what is known, and nothing more."""

import pytest

from prelim.imaging.naming import days_of, series_name
from prelim.types import Study
from tests.models.test_card import series


@pytest.mark.parametrize(
    ("modality", "region", "said"),
    [
        ("DX", "CHEST", "chest radiograph"),
        ("CR", "", "radiograph"),
        ("CT", "HEAD", "head CT"),
        ("US", "WHOLE_BODY", "whole body ultrasound"),
        ("NM", "", "NM"),
        ("OT", "", "image of unknown modality and region"),
        ("OT", "KNEE", "knee image of unknown modality"),
    ],
)
def test_a_series_is_called_what_is_known_of_it(modality: str, region: str, said: str) -> None:
    assert series_name(series(modality=modality, body_part=region)) == said


def test_studies_of_one_day_are_counted() -> None:
    days = [("3", None, "current"), ("1", None, "current"), ("2", None, "prior"), ("4", "2025-01-01", "current")]
    studies = [Study(study_instance_uid=uid, date=day, role=role) for uid, day, role in days]  # type: ignore[arg-type]
    assert days_of([*studies, studies[0]]) == {
        "1": "unknown date, 1 of 2",
        "3": "unknown date, 2 of 2",
        "2": "unknown date",
        "4": "2025-01-01",
    }
