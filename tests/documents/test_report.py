"""Earlier reports become findings: label, side, state and change, by short sentences and by whole reports."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.documents.report import findings_in, summary_of
from prelim.facts import ReportFinding

SENTENCES = """
No pleural effusion. | pleural_effusion - absent
There is a small left pleural effusion. | pleural_effusion left present
A right-sided effusion is seen. | pleural_effusion right present
Moderate bilateral effusions persist. | pleural_effusion bilateral present
Effusions at both bases. | pleural_effusion bilateral present
The left effusion has resolved. | pleural_effusion left absent resolved
The effusion seen before is no longer present. | pleural_effusion - absent resolved
Resolution of the right pleural effusion. | pleural_effusion right absent resolved
Pleural effusion: none. | pleural_effusion - absent
A trace of pleural fluid cannot be excluded on the left. | pleural_effusion left uncertain
Cannot rule out a tiny right effusion. | pleural_effusion right uncertain
No increase in the left pleural effusion. | pleural_effusion left present
No change in the small right effusion. | pleural_effusion right present stable
The right effusion is larger than before. | pleural_effusion right present worse
The right effusion has decreased. | pleural_effusion right present better
Interval increase in left pleural effusion. | pleural_effusion left present worse
The effusion has not resolved. | pleural_effusion - present
The effusion has partially resolved. | pleural_effusion - present better
No evidence of pneumothorax. | pneumothorax - absent
Negative for pneumothorax. | pneumothorax - absent
Pneumothorax has been ruled out. | pneumothorax - absent
No residual pneumothorax is identified. | pneumothorax - absent
New small left apical pneumothorax. | pneumothorax left present new
Tiny right pneumothorax, unchanged. | pneumothorax right present stable
Possible small pneumothorax at the right apex. | pneumothorax right uncertain
The heart is enlarged. | cardiomegaly - present
The heart is not enlarged. | cardiomegaly - absent
Heart size is normal. | cardiomegaly - absent
Heart: normal. | cardiomegaly - absent
The cardiac silhouette is mildly enlarged. | cardiomegaly - present
The cardiac silhouette is within normal limits. | cardiomegaly - absent
Stable cardiomegaly. | cardiomegaly - present stable
Normal cardiomediastinal silhouette. | cardiomegaly - absent; enlarged_cardiomediastinum - absent
The mediastinum is widened. | enlarged_cardiomediastinum - present
Both lungs are clear. | lung_opacity bilateral absent; consolidation bilateral absent
The right lung is clear. | lung_opacity right absent; pneumonia right absent
The lungs are not clear. |
Patchy opacity in the right lower lobe. | lung_opacity right present
RLL consolidation. | consolidation right present
Airspace disease in the lingula. | lung_opacity left present
Lungs are free of focal consolidation. | consolidation - absent
No effusion, pneumothorax or consolidation. | pleural_effusion - absent; pneumothorax - absent; consolidation - absent
No focal infiltrate, no effusion. | lung_opacity - absent; pleural_effusion - absent
No effusion, but there is a left basal opacity. | pleural_effusion - absent; lung_opacity left present
No pneumothorax and the heart is enlarged. | pneumothorax - absent; cardiomegaly - present
Cardiomegaly without effusion. | cardiomegaly - present; pleural_effusion - absent
Neither effusion nor pneumothorax. | pleural_effusion - absent; pneumothorax - absent
Opacity at the left base may represent pneumonia. | lung_opacity left present; pneumonia left uncertain
Atelectasis versus pneumonia in the right middle lobe. | atelectasis right uncertain; pneumonia right uncertain
Left basal opacity, likely atelectasis. | lung_opacity left present; atelectasis left present
Probable scarring at the right apex. | pulmonary_fibrotic_sequela right uncertain
Findings concerning for pneumonia. | pneumonia - uncertain
Pneumonia is not excluded. | pneumonia - uncertain
Suspected left lower lobe pneumonia. | pneumonia left uncertain
Not only an effusion but also a nodule in the left upper lobe. | pleural_effusion - present; lung_nodule left present
Right pleural effusion and left basal atelectasis. | pleural_effusion right present; atelectasis left present
Left effusion and atelectasis. | pleural_effusion left present; atelectasis left present
Effusion and atelectasis on the right. | pleural_effusion right present; atelectasis right present
Opacities in the right upper and left lower lobes. | lung_opacity bilateral present
Effusions, left greater than right. | pleural_effusion bilateral present
A 2.5 cm nodule in the right upper lobe. | lung_nodule right present
No suspicious nodule or mass. | lung_nodule - absent; lung_mass - absent
No new nodule. | lung_nodule - uncertain
Several nodular opacities in both lungs. | lung_nodule bilateral present
Calcified granuloma in the left mid lung. | calcified_granuloma left present
Old granulomatous disease. | granulomatous_disease - present
Large hiatal hernia. | hiatal_hernia - present
The aorta is tortuous and calcified. | tortuous_aorta - present; arterial_wall_calcification - present
Atherosclerotic aorta. | arterial_wall_calcification - present
Hyperinflated lungs consistent with COPD. | hyperinflation - present; copd - present
Low lung volumes. | low_lung_volumes - present
Bullous emphysema at both apices. | emphysema bilateral present
Subcutaneous emphysema on the left. | subcutaneous_emphysema left present
Biapical pleural thickening. | pleural_thickening bilateral present
Blunting of the left costophrenic angle. | blunted_costophrenic_angle left present
Healed fractures of the left ribs. | fracture left present
No acute displaced rib fracture. | fracture - absent
The bony thorax is intact. | fracture - absent
Mild dextroscoliosis. | scoliosis - present
Degenerative changes of the thoracic spine. | degenerative_spine - present
Osteopenia. | osteopenia - present
Left chest pacemaker, unchanged in position. | pacemaker left present stable
Right PICC with its tip in the SVC. | catheter right present
The endotracheal tube has been removed. | endotracheal_tube - absent
Nasogastric tube in place. | enteric_tube - present
Right chest tube. | chest_tube right present
Median sternotomy wires. | sternotomy_wires - present
Mild interstitial oedema. | pulmonary_oedema - present
Pulmonary edema has improved. | pulmonary_oedema - present better
Pulmonary vascular congestion. | vascular_congestion - present
No acute cardiopulmonary abnormality. | pneumonia - absent; consolidation - absent; pneumothorax - absent
History of pneumothorax. |
Evaluate for pneumonia. |
CT is recommended to exclude a mass. |
No intracranial haemorrhage or midline shift. | intracranial_haemorrhage - absent; midline_shift - absent
Left subdural hematoma. | intracranial_haemorrhage left present
No acute infarct. | ischaemic_change - absent
The ventricles are normal in size. | hydrocephalus - absent
No extra-axial collection. | extra_axial_collection - absent
Coronary artery calcification. | coronary_artery_wall_calcification - present
Mediastinal lymphadenopathy is unchanged. | lymphadenopathy - present stable
Small pericardial effusion. | pericardial_effusion - present
Bronchiectasis in the left lower lobe. | bronchiectasis left present
Bilateral septal thickening. | interlobular_septal_thickening bilateral present
No hydronephrosis on either side. | hydronephrosis bilateral absent
The kidneys are unremarkable. | hydronephrosis - absent
Cholelithiasis. | gallstones - present
No free air. | free_air - absent
Elevation of the right hemidiaphragm. | elevated_hemidiaphragm right present
"""
CASES = [line.split("|") for line in SENTENCES.strip().splitlines()]


def told(one: ReportFinding) -> tuple[str, ...]:
    return (one.label, one.laterality or "-", one.state, *((one.change,) if one.change else ()))


@pytest.mark.parametrize(("sentence", "wanted"), CASES, ids=[case[0].strip() for case in CASES])
def test_a_sentence(sentence: str, wanted: str) -> None:
    """What is named; where the sentence is one of normality, what is asked for among what it clears."""
    found = findings_in(sentence.strip())
    want = {tuple(item.split()) for item in wanted.split(";") if item.strip()}
    general = {told(one) for one in found if one.general}
    named = {told(one) for one in found if not one.general}
    assert named <= want <= named | general


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 80


REPORT = """CHEST, TWO VIEWS
INDICATION: Evaluate for pneumothorax. History of lung cancer.
COMPARISON: Film of 2 May with right effusion.

FINDINGS: The lungs are clear. Small left pleural effusion, new. Heart size is normal.
No pneumothorax.
IMPRESSION:
1. New left pleural effusion. 2. Possible pneumonia.
"""


def test_only_findings_and_impression_are_read() -> None:
    found = findings_in(REPORT)
    assert {one.section for one in found} == {"findings", "impression"}
    assert [told(one) for one in found if one.section == "impression"] == [
        ("pleural_effusion", "left", "present", "new"),
        ("pneumonia", "-", "uncertain"),
    ]
    assert all(one.sentence in REPORT and REPORT[slice(*one.chars)] in one.sentence for one in found)


def test_a_summary_prefers_what_is_named_and_the_impression() -> None:
    states = summary_of(findings_in(REPORT))
    assert states["pneumonia", None] == "uncertain"
    assert states["pleural_effusion", "left"] == "present"
    assert states["cardiomegaly", None] == "absent"
    both = "FINDINGS: Left effusion. IMPRESSION: No left effusion. No acute cardiopulmonary abnormality."
    assert summary_of(findings_in(both))["pleural_effusion", "left"] == "absent"
    assert [one.state for one in findings_in(both) if not one.general] == ["present", "absent"]
    doubted = "FINDINGS: Right pneumothorax. IMPRESSION: No acute cardiopulmonary abnormality."
    assert summary_of(findings_in(doubted))["pneumothorax", "right"] == "present"


def test_a_report_without_headings_is_read_whole() -> None:
    assert [told(one) for one in findings_in("Portable film. Left effusion.")] == [
        ("pleural_effusion", "left", "present")
    ]
    assert findings_in("") == () == findings_in("FINDINGS:\n")


def test_words_of_another_region_are_not_the_chests() -> None:
    assert not [one for one in findings_in("CT of the head. No mass.") if one.label == "lung_nodule"]
    labels = {one.label for one in findings_in("The lungs show a left hematoma and volume loss.")}
    assert not labels & {"intracranial_haemorrhage", "cerebral_atrophy"}


NAMES = {
    "pleural effusion": "pleural_effusion",
    "pneumothorax": "pneumothorax",
    "consolidation": "consolidation",
    "nodule": "lung_nodule",
    "atelectasis": "atelectasis",
    "fracture": "fracture",
}
DENIALS = ("No {}.", "There is no {}.", "Without {}.", "No evidence of {}.", "Negative for {}.", "The {} has resolved.")
DOUBTS = ("Possible {}.", "Cannot exclude {}.", "This may represent {}.", "Suspected {}.", "Questionable {}.")
STATEMENTS = ("There is a {}.", "A small {} is seen.", "Persistent {}.", "The {} is again seen.", "Moderate {}.")
_names = st.sampled_from(sorted(NAMES))
_sides = st.sampled_from(["left", "right", "bilateral"])


@settings(max_examples=60, deadline=None)
@given(
    name=_names,
    side=_sides,
    told_as=st.sampled_from([*DENIALS, *DOUBTS, *STATEMENTS]),
    lead=st.text("xy \n", max_size=9),
)
def test_negating_a_sentence_turns_its_state_and_keeps_its_side(name: str, side: str, told_as: str, lead: str) -> None:
    text = f"{lead}. {told_as.format(f'{side} {name}')} The trachea is midline."
    (found,) = findings_in(text)
    state = "absent" if told_as in DENIALS else "uncertain" if told_as in DOUBTS else "present"
    assert (found.label, found.laterality, found.state) == (NAMES[name], side, state)
    mention = text[slice(*found.chars)]
    assert mention.lower() == name.lower() and mention in found.sentence and found.sentence in text


@settings(max_examples=40, deadline=None)
@given(names=st.lists(_names, min_size=2, max_size=5, unique=True), end=st.sampled_from([" or ", " and ", ", or "]))
def test_a_list_is_denied_to_its_end(names: list[str], end: str) -> None:
    text = f"No {', '.join(names[:-1])}{end}{names[-1]}."
    assert [(one.label, one.state) for one in findings_in(text)] == [(NAMES[name], "absent") for name in names]


@pytest.mark.parametrize("unit", ["effusion and ", "no ", "e.g. ", "heart, ", "a:", "left opacity or ", "\n", "XXXX"])
def test_a_text_without_end_is_read_in_time(unit: str) -> None:
    """No rule takes more than a time in proportion to the text."""
    started = time.perf_counter()
    findings_in(unit * (8_000 // len(unit)))
    assert time.perf_counter() - started < 4


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(re.search(r"\w", text[slice(*one.chars)]) for one in findings_in(text))


@pytest.mark.parametrize(
    "sentence",
    [
        "Looked for: lung opacity, pleural effusion and enlarged heart. Nothing else was looked for.",
        "Not assessed (chest radiograph of 2025-01-03): presence of lung opacity and enlarged heart.",
    ],
)
def test_what_was_only_asked_about_is_no_finding(sentence: str) -> None:
    """A signed report of ours comes back as an earlier one."""
    assert findings_in(f"FINDINGS: {sentence}") == ()
