"""A model's card: what lies outside it is declined, with how to get a model that may be asked more."""

from typing import Any

import pytest
from pydantic import ValidationError

from prelim.errors import InputError
from prelim.knowledge import rules
from prelim.models.card import Card, Scope, read_card
from prelim.models.doctor import cards
from prelim.models.loading import CARDS, card_of
from prelim.settings import Settings
from prelim.types import Series

CARD = Card(
    name="small",
    revision="1",
    scopes=(
        Scope(
            modalities=("CR", "DX"),
            regions=("chest",),
            views=("PA", "AP"),
            findings=("cardiomegaly",),
            tasks=("probe",),
        ),
        Scope(modalities=("CT",), regions=("head",), findings=("midline_shift",), tasks=("probe", "reading")),
        Scope(modalities=("SM",), tasks=("reading",)),
    ),
    tasks=("labs",),
    image_provenance="drawn_phantom",
    obtain="Get a larger one.",
)


def series(**fields: Any) -> Series:
    given = {"modality": "DX", "view": "PA", "provenance": "drawn_phantom", "kind": "projection"} | fields
    return Series(study_instance_uid="1.2", series_instance_uid="1.2.3", frames=1, shape=(1, 9, 9), **given)


def scan(modality: str = "CT", body_part: str = "HEAD") -> Series:
    return series(modality=modality, body_part=body_part, view=None, kind="volume")


@pytest.mark.parametrize(
    ("task", "image", "label"),
    [
        ("labs", None, None),
        ("probe", series(), None),
        ("probe", series(modality="CR", view="AP"), "cardiomegaly"),
        ("probe", series(view=None), "cardiomegaly"),
        ("probe", series(body_part="THORAX"), "cardiomegaly"),
        ("probe", series(body_part=""), "cardiomegaly"),
        ("probe", scan(), "midline_shift"),
        ("reading", scan(body_part="BRAIN"), None),
        ("reading", scan("SM", ""), None),
        ("reading", None, None),
    ],
)
def test_what_the_card_covers_may_be_asked(task: str, image: Series | None, label: str | None) -> None:
    assert CARD.declines(task, image, label) is None


@pytest.mark.parametrize(
    ("task", "image", "label", "named"),
    [
        ("localization", series(), "cardiomegaly", "localization"),
        ("probe", series(modality="US"), "cardiomegaly", "does not read ultrasound"),
        ("probe", scan(body_part=""), None, "CT images of unknown region"),
        ("probe", scan(body_part="CHEST"), None, "region CHEST"),
        ("probe", scan(), "cardiomegaly", "Not among the findings"),
        ("probe", scan("SM", ""), None, "not made for probe of SM images"),
        ("reading", series(), None, "not made for reading of DX images"),
        ("labs", scan(), None, "labs"),
        ("probe", series(view="LATERAL"), "cardiomegaly", "LATERAL"),
        ("probe", series(provenance="clinical"), "cardiomegaly", "drawn phantoms only"),
        ("probe", series(), "fracture", "Not among the findings"),
        ("probe", series(body_part="HEAD"), "cardiomegaly", "HEAD"),
        ("probe", series(modality="OT"), "cardiomegaly", "unknown modality"),
    ],
)
def test_what_lies_outside_is_declined_by_name(task: str, image: Series, label: str, named: str) -> None:
    reason = CARD.declines(task, image, label)
    assert reason is not None and named in reason
    assert reason.endswith(CARD.obtain)


def test_a_card_for_any_image_reads_clinical_ones() -> None:
    card = CARD.model_copy(update={"image_provenance": "any"})
    assert card.declines("probe", series(provenance="clinical"), "cardiomegaly") is None


def test_the_embedded_model_reads_no_patient_and_says_what_it_is() -> None:
    phantom, medgemma = (read_card(CARDS[name]) for name in ("phantom", "medgemma"))
    clinical = series(provenance="clinical")
    assert "MedGemma" in (phantom.declines("probe", clinical) or "")
    assert medgemma.declines("probe", clinical) is None
    assert "no medical model" in phantom.not_medical
    assert cards() == (phantom, medgemma)


def test_no_model_is_recommended_where_it_reads_nothing_either() -> None:
    card = CARD.model_copy(update={"obtain": "Get another.", "obtain_for": ("NM",)})
    reasons = [card.declines("probe", series(modality=modality)) or "" for modality in ("NM", "US")]
    assert ["Get another." in reason for reason in reasons] == [True, False]


def test_the_digest_is_over_every_field() -> None:
    other: dict[str, Any] = {"scopes": CARD.scopes[:1], "tasks": ("labs", "x")}
    other |= {name: value + "x" for name, value in CARD if isinstance(value, str)}
    other |= {"image_provenance": "any", "figures": {"films": 1}, "obtain_for": ("XX",)}
    assert set(other) == set(Card.model_fields)
    changed = {CARD.model_copy(update={name: value}).digest for name, value in other.items()}
    assert len(changed | {CARD.digest}) == len(other) + 1


def test_what_medgemma_may_be_asked() -> None:
    """Every label of its card stands in a table; ultrasound is not on it; photographs are described only."""
    card = read_card(CARDS["medgemma"])
    assert {label for scope in card.scopes for label in scope.findings} == set(rules())
    asked = [("CT", "CHEST", "emphysema"), ("CT", "ABDOMEN", "free_air"), ("MR", "BRAIN", "mass_effect")]
    for modality, part, label in asked:
        assert card.declines("probe", scan(modality, part), label) is None
        assert card.declines("reading", scan(modality, part)) is None
    assert "does not read ultrasound" in (card.declines("reading", scan("US", "ABDOMEN")) or "")
    skin = series(modality="XC", body_part="SKIN", kind="photograph", view=None)
    assert card.declines("reading", skin) is None
    assert "not made for probe" in (card.declines("probe", skin) or "")


def test_an_unknown_key_in_a_card_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(CARDS["medgemma"].read_text(encoding="utf-8") + "finding: [fracture]\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="finding"):
        read_card(path)


def test_an_unknown_model_is_named(settings: Settings) -> None:
    with pytest.raises(InputError) as caught:
        card_of(settings.model_copy(update={"model": "gpt"}))
    assert caught.value.code == "unknown_model" and "'gpt'" in str(caught.value)
