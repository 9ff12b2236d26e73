"""The course between two reports: what the later states, what one states and the other denies, extent and severity."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.documents.course import course
from prelim.documents.stated import stated_in

PAIRS = """
Right effusion. | The right effusion is larger. | worse
Right effusion. | The right effusion is smaller. | better
Right effusion. | The right effusion is unchanged. | stable
Right effusion. | The right effusion has resolved. | better
Left opacity. | New right effusion. Left opacity unchanged. | worse
Patchy opacities. | Radiological worsening. | worse
Patchy opacities. | Marked interval improvement. | better
Patchy opacities. | No significant interval change. | stable
Patchy opacities. | The lungs are improved since the prior study. | better
Patchy opacities. | Radiographic deterioration over the last two days. | worse
Progressive disease. | Marked improvement of the bilateral infiltrates. | better
Bilateral infiltrates. | Progression of the bilateral infiltrates. | worse
The lungs are clear. | Consolidation in the left lower lobe. | worse
No pleural effusion. | Small left effusion. | worse
Left pneumothorax. | No pneumothorax. | better
Right lower lobe consolidation. | The lungs are clear. | better
Consolidation on the right. | No focal opacity. | better
Mild oedema. | Moderate oedema. | worse
Large left effusion. | Small left effusion. | better
Right upper lobe opacity. | Opacities in the right upper and lower lobes. | worse
Left basal opacity. | Bilateral basal opacities. | worse
Basal opacities on both sides. | Widespread opacities on both sides. | worse
Ground-glass opacities in both lungs. | Consolidation in both lungs. | worse
A solitary nodule. | Multiple nodules. | worse
Right effusion is larger, left effusion. | The right effusion has decreased but the left effusion is larger. | uncertain
Small left effusion. | Unchanged large left effusion. | uncertain
No effusion. | The effusion has decreased. | uncertain
Patchy opacities. | No interval change. New left effusion. | uncertain
Bilateral opacities. | Right opacity. | none
Diffuse opacities. | Opacity at the left base. | none
Left effusion. | Left effusion. | none
Left effusion. | The heart is normal in size. | none
Left effusion. | Increased markings and decreased lung volumes. | none
Left effusion. | Worsening dyspnoea. Chest film taken for worsening chest pain. | none
Left effusion. | Stable pacemaker. Mediastinal contours are unchanged. Cardiomegaly, stable mediastinal contours. | none
Left effusion. | The effusion may have increased. | none
Left effusion. | Worsening cannot be excluded. A new film is recommended to document improvement. | none
Left effusion. | The ankle mortise is radiographically stable. | none
Endotracheal tube. | The endotracheal tube has been removed. Stable sternotomy wires. | none
"""


@pytest.mark.parametrize("line", PAIRS.strip().splitlines())
def test_pairs_of_texts(line: str) -> None:
    earlier, later, expected = (part.strip() for part in line.split("|"))
    assert (course(earlier, later).change or "none") == expected


def test_each_finding_has_its_own_course() -> None:
    found = course("Moderate left effusion. Right basal opacity.", "No effusion. Right basal opacity has increased.")
    told = {(one.label, one.laterality, one.change, one.stated) for one in found.findings}
    assert told == {("pleural_effusion", "left", "resolved", False), ("lung_opacity", "right", "worse", True)}
    assert found.change == "uncertain"
    effusion = next(one for one in found.findings if one.label == "pleural_effusion")
    assert effusion.earlier == ("Moderate left effusion.",) and effusion.later == ("No effusion.",)


def test_each_side_has_its_own_course() -> None:
    later = "The right effusion has decreased. The left effusion has increased."
    found = course("Bilateral effusions.", later).findings
    assert {(one.laterality, one.change) for one in found} == {("right", "better"), ("left", "worse")}


def test_what_was_there_before_is_not_new_but_worse() -> None:
    (one,) = course("Areas of consolidation.", "New areas of consolidation.").findings
    assert one.change == "worse"
    assert {one.change for one in course("Right consolidation.", "New left consolidation.").findings} == {"new"}


def test_a_denial_of_one_side_denies_nothing_of_the_other() -> None:
    assert course("Left effusion.", "No right effusion.").findings == ()


def test_what_the_later_text_repeats_was_said_of_the_time_before() -> None:
    earlier = "Figure 2. Radiological worsening of the infiltrates."
    assert course(earlier, f"{earlier} Figure 3. Bilateral infiltrates.").change is None
    assert course("Stable cardiomegaly.", "Stable cardiomegaly.").change == "stable"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("Compared with 2024-03-01, the effusion has increased.", "worse"),
        ("Compared with 2023-01-15, the effusion has increased.", None),
        ("COMPARISON: Chest film of 2023-01-15.\nFINDINGS: The effusion has increased.", None),
        ("COMPARISON: Chest films of 2024-03-01 and 2023-01-15.\nFINDINGS: The effusion has increased.", "worse"),
        ("The effusion has increased since admission.", None),
        ("The effusion is smaller than on the initial film.", None),
    ],
)
def test_a_change_since_another_film_is_none_since_this_one(later: str, expected: str | None) -> None:
    assert course("Left effusion.", later, earlier_date="2024-03-01").change == expected


def test_a_word_of_appearance_is_a_change_only_where_something_is_compared() -> None:
    assert stated_in("FINDINGS: Increased basal opacity.") == ()
    (told,) = stated_in("COMPARISON: Film of last week.\nFINDINGS: Increased basal opacity.")
    assert (told.label, told.change) == ("lung_opacity", "worse")
    assert stated_in("COMPARISON: None.\nFINDINGS: Increased basal opacity.") == ()


def test_what_was_seen_before_and_is_not_seen_now_has_resolved_and_the_reverse_is_new() -> None:
    assert [one.change for one in stated_in("The previously seen right pneumothorax is not seen.")] == ["resolved"]
    assert [one.change for one in stated_in("A 9 mm nodule, not seen on prior films.")] == ["new"]


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_two_texts_have_an_answer(earlier: str, later: str) -> None:
    assert course(earlier, later).change in {None, "better", "worse", "stable", "uncertain"}
