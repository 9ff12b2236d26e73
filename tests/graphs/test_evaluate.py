"""`prelim evaluate findings`: from films with known findings to a calibration, and to other drafts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import Prelim
from examples.patients import EXAMS, dicom_of, film_of
from graphs.evaluate import TASKS
from graphs.evaluate_findings import with_five
from graphs.probed_examples import is_held_out
from prelim.errors import InputError
from prelim.models.calibration import FILE, Calibration, read_calibration, tempered, write_calibration
from prelim.models.chat import ChatMedGemma
from prelim.models.presence_figures import Answered
from prelim.models.questions import Presence
from prelim.types import Finding
from tests.conftest import EXAMPLES
from tests.made_dicom import ct_slice, dicom
from tests.made_files import fill, png
from tests.sample_calibration import entry
from tools.layouts import ct_rate, nih
from tools.triage import UNCALIBRATED

LABELS = ("lung_opacity", "pleural_effusion", "cardiomegaly")
NORMAL = EXAMPLES / "normal"
Write = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path) -> Write:
    """A CSV beside the three example films, of which two show an opacity on the right."""
    for number, exam in enumerate(EXAMS.values()):
        dicom_of(exam).save_as(tmp_path / f"{number}.dcm", enforce_file_format=True)
    (tmp_path / "clinical.dcm").write_bytes(dicom(BodyPartExamined="CHEST", ViewPosition="PA"))
    (tmp_path / "letter.dcm").write_text("no film")

    def write(*lines: str) -> Path:
        path = tmp_path / "truth.csv"
        path.write_text("\n".join(["image,label,laterality,present,patient", *lines]))
        return path

    return write


def measured(**given: Any) -> Calibration:
    """A model's entries for all that the embedded one is asked."""
    return Calibration(entries=tuple(entry(label=label, **given) for label in sorted(LABELS)))


def test_a_task_that_is_not_there_is_named(prelim: Prelim) -> None:
    with pytest.raises(InputError, match="findings") as refused:
        prelim.evaluate("cooking", "phantom")
    assert refused.value.code == "unknown_task" and all(task in str(refused.value) for task in TASKS)


def test_a_csv_is_asked_as_triage_does_and_all_else_is_counted(prelim: Prelim, site: Write) -> None:
    path = site(
        "0.dcm,lung_opacity,right,1,A",
        "1.dcm,lung_opacity,right,1,A",
        "2.dcm,lung_opacity,bilateral,0,B",
        "2.dcm,pleural_effusion,,0,B",
        "2.dcm,cardiomegaly,left,0,B",
        "2.dcm,pneumothorax,left,0,B",
        "clinical.dcm,lung_opacity,left,0,C",
        "letter.dcm,lung_opacity,left,0,D",
        "nowhere.dcm,lung_opacity,left,0,E",
    )
    found = prelim.evaluate("findings", path)
    assert (found.images, found.read, found.unreadable, sum(found.groups)) == (5, 3, 0, 2)
    assert {problem.line: problem.code for problem in found.problems} == {
        4: "no_such_side",
        9: "not_dicom",
        10: "not_found",
    }
    assert len(found.declined) == 2 and sum(found.declined.values()) == 2
    label = {one.label: one for one in found.labels}["lung_opacity"]
    assert label.fitted_on + label.before.n == 4 and label.fitted_positives + label.before.positives == 2
    assert label.before == label.after and "too few" in label.why[0]
    assert found.not_written and not (prelim.settings.home / FILE).exists() and found.calibration is None
    assert not list((prelim.settings.home / "artifacts").rglob("*.*"))


def test_films_outside_the_card_are_asked_if_told_and_calibrate_nothing(prelim: Prelim, site: Write) -> None:
    asked = Prelim(prelim.settings.model_copy(update={"out_of_scope": True}))
    found = asked.evaluate("findings", site("clinical.dcm,lung_opacity,left,0,C"))
    assert found.declined == {} and found.read + found.unreadable == 1 and found.not_written


def test_a_picture_is_what_the_table_says_it_is(prelim: Prelim, tmp_path: Path) -> None:
    """PNG files, as public collections come: nothing in them says that they are chest films."""
    drawn = film_of(next(exam for exam in EXAMS.values() if exam.seed == 12)).pixels
    lines = ["image,label,laterality,present,modality,body_part,view", "a.png,lung_opacity,right,1,CR,CHEST,PA"]
    fill(tmp_path, {"a.png": png(drawn), "truth.csv": "\n".join(lines)})
    asked = Prelim(prelim.settings.model_copy(update={"out_of_scope": True}))
    found = asked.evaluate("findings", tmp_path / "truth.csv")
    assert (found.read, found.problems, found.declined) == (1, (), {})
    [label] = found.labels
    assert label.fitted_positives + label.before.true_present == 1
    assert prelim.evaluate("findings", tmp_path / "truth.csv").read == 0  # no drawn phantom, by its tags


@pytest.mark.integration
def test_nihs_films_in_nihs_table(
    shared_data: Path, random_model: ChatMedGemma, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real films in the collection's own table, asked by MedGemma's card of weights that nobody trained."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    heading = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    lines = [heading, "00000001_000.png,Cardiomegaly|Hernia,0,1,58,M,PA,", "00027426_000.png,No Finding,0,2,60,F,AP,"]
    fill(tmp_path, {"Data_Entry_2017.csv": "\n".join(lines)})
    monkeypatch.setattr("graphs.probed_examples.readable", lambda context, said: "readable")  # whatever it judged
    asked = Prelim(home=home, threads=1, device="cpu")
    films = shared_data / "cxr-misc" / "tests"
    found = asked.evaluate("findings", tmp_path / "Data_Entry_2017.csv", images=films, write=False)
    assert not found.problems and found.read == 2
    assert found.declined == {"No finding of the tables corresponds to the collection's Hernia.": 1}
    assert {one.label for one in found.labels} == set(nih.LABELS.values())
    assert found.metric("macro_f1_forced_uncalibrated").n == 20 and found.data.startswith(
        "Data_Entry_2017.csv, sha256 "
    )


@pytest.mark.integration
def test_a_chest_ct_of_ct_rates_table(
    random_model: ChatMedGemma, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of DICOM slices as one volume: all 18 columns are questions of the table of chest CTs."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    drawn = np.kron(np.random.default_rng(0).integers(0, 2000, (5, 8, 8)), np.ones((4, 4))).astype("<u2")
    slices = {f"valid_1_a_1/{number}.dcm": ct_slice(float(number), pixels=one) for number, one in enumerate(drawn)}
    table = f"{','.join(ct_rate.COLUMNS)}\nvalid_1_a_1.nii.gz" + ",1,0" * 9
    fill(tmp_path, {**slices, "labels.csv": table})
    monkeypatch.setattr("graphs.probed_examples.readable", lambda context, said: "readable")  # whatever it judged
    asked = Prelim(home=home, threads=1, device="cpu")
    found = asked.evaluate("findings", tmp_path / "labels.csv", write=False)
    assert not found.problems and not found.declined and found.read == 1
    counted = {one.label: (one.table, one.fitted_positives + one.before.positives) for one in found.labels}
    assert counted == {label: ("ct_chest", number % 2 == 0) for number, label in enumerate(ct_rate.LABELS.values())}


def test_the_five_that_are_compared_have_a_figure_of_their_own() -> None:
    """Labels of CheXpert's five all wrong, a sixth all right: the mean over all is 1/6, over the five 0."""
    labels = ("atelectasis", "cardiomegaly", "consolidation", "pulmonary_oedema", "pleural_effusion", "pneumothorax")
    answers = [
        Answered(label, who, Presence("present" if label == "pneumothorax" else "absent", None), True)
        for label in labels
        for who in "ab"
    ]
    found = {one.name: one for one in with_five(answers, seed=1)}
    assert found["macro_f1_forced"].value == pytest.approx(1 / 6)
    assert (found["macro_f1_forced_five"].value, found["macro_f1_forced_five"].n) == (0, 10)
    assert "macro_f1_forced_five" not in {one.name for one in with_five(answers[2:], seed=1)}


def test_a_table_without_a_usable_image_is_refused(prelim: Prelim, site: Write) -> None:
    with pytest.raises(InputError, match="line 2") as refused:
        prelim.evaluate("findings", site("nowhere.dcm,lung_opacity,left,0,A"))
    assert refused.value.code == "no_example"


def test_a_patients_images_stay_in_one_half() -> None:
    halves = [is_held_out(f"patient-{number}", seed=1) for number in range(400)]
    assert halves == [is_held_out(f"patient-{number}", seed=1) for number in range(400)]
    assert 150 < sum(halves) < 250
    assert halves != [is_held_out(f"patient-{number}", seed=2) for number in range(400)]


@pytest.mark.integration
def test_drawn_films_end_to_end(prelim: Prelim) -> None:
    """What is fitted is written, is what the product then reads, and the next draft is calibrated."""
    before = prelim.draft(NORMAL)
    found = prelim.evaluate("findings", "phantom", drawn=40, seed=3)
    assert (found.images, found.read, sum(found.groups)) == (40, 40, 40)
    assert {one.label for one in found.labels} == set(LABELS) and found.macro_f1_after == pytest.approx(1, abs=0.1)
    assert sum(one.fitted_on + one.before.n for one in found.labels) == 40 * 5
    fitted = [one for one in found.labels if one.temperature is not None]
    known = read_calibration(prelim.settings.home)
    assert fitted and not found.not_written and known.digest == found.calibration
    for one in fitted:
        written = known.of("chest_xray", one.label)
        assert written and written.model == found.model.digest and written.held_out == one.after
        assert (written.temperature, written.fitted_on) == (one.temperature, one.fitted_on)
    after = prelim.draft(NORMAL)
    assert after.case_id != before.case_id
    assert {finding.label for finding in after.findings if finding.calibrated} == {one.label for one in fitted}
    again = prelim.evaluate("findings", "phantom", drawn=40, seed=3, write=False)
    assert again.labels == found.labels and again.not_written and read_calibration(prelim.settings.home) == known


# ------------------------------------------------------------------ what a calibration changes


def states(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.state for finding in findings}


def test_a_case_before_and_after_calibration(prelim: Prelim) -> None:
    """Another draft, with the probabilities that the temperature makes and the states that the thresholds allow."""
    before = prelim.draft(NORMAL)
    assert UNCALIBRATED in before.warnings and before.provenance["calibration"] is None
    assert not any(finding.calibrated for finding in before.findings) and states(before.findings) == {"absent"}

    strict = measured(model=before.model.digest, temperature=3.0, present_above=0.9999, absent_below=0.0001)
    write_calibration(prelim.settings.home, strict)
    after = prelim.draft(NORMAL)
    assert after.case_id != before.case_id and after.provenance["calibration"] == strict.digest
    assert UNCALIBRATED not in after.warnings and all(finding.calibrated for finding in after.findings)
    assert states(after.findings) == {"uncertain"} and after.urgency == "not_triaged"
    for old, new in zip(before.findings, after.findings, strict=True):
        assert old.probability is not None and new.id == old.id
        assert new.probability == pytest.approx(tempered(old.probability, 3.0))

    (prelim.settings.home / FILE).unlink()
    assert prelim.draft(NORMAL).content_sha256 == before.content_sha256
    assert prelim.open(NORMAL) == before.case_id


@pytest.mark.integration
def test_a_case_keeps_the_calibration_that_it_was_opened_with(prelim: Prelim) -> None:
    model = prelim.desk.open(NORMAL)
    write_calibration(prelim.settings.home, measured(model=prelim.run(model).model.digest, absent_below=0.0))
    fresh = Prelim(prelim.settings)
    assert fresh.run(model).provenance["calibration"] is None
    second = fresh.open(NORMAL)
    (prelim.settings.home / FILE).unlink()
    assert states(fresh.run(second).findings) == {"uncertain"} and second != model


@pytest.mark.integration
def test_one_label_without_an_entry_is_warned_of(prelim: Prelim) -> None:
    digest = prelim.draft(NORMAL).model.digest
    entries = measured(model=digest).entries[:2]
    write_calibration(prelim.settings.home, Calibration(entries=entries))
    draft = prelim.draft(NORMAL)
    assert UNCALIBRATED in draft.warnings
    calibrated = {finding.label for finding in draft.findings if finding.calibrated}
    assert calibrated == {one.label for one in entries}
    page = (prelim.folder(draft.case_id) / "draft.html").read_text()
    assert "but for those with *" in page and "*</td>" in page


@pytest.mark.integration
def test_what_was_measured_of_other_words_is_not_used(prelim: Prelim) -> None:
    """A question that is put in other words than it was measured in is not calibrated."""
    digest = prelim.draft(NORMAL).model.digest
    write_calibration(prelim.settings.home, measured(model=digest, wording="1" * 64, absent_below=0.0))
    draft = prelim.draft(NORMAL)
    assert states(draft.findings) == {"absent"} and not any(finding.calibrated for finding in draft.findings)
    assert UNCALIBRATED in draft.warnings


@pytest.mark.integration
def test_another_models_calibration_changes_nothing(prelim: Prelim) -> None:
    before = prelim.draft(NORMAL)
    write_calibration(prelim.settings.home, measured(model="1" * 64))
    assert prelim.draft(NORMAL).case_id == before.case_id


def test_a_damaged_calibration_stops_a_draft_by_name(prelim: Prelim) -> None:
    prelim.settings.home.mkdir(parents=True, exist_ok=True)
    (prelim.settings.home / FILE).write_text("{}")
    with pytest.raises(InputError) as refused:
        prelim.draft(NORMAL)
    assert refused.value.code == "bad_calibration"
    assert prelim.worklist() == ()
    with pytest.raises(InputError, match="put back"):
        prelim.evaluate("findings", "phantom")


def test_the_files_say_whether_it_is_calibrated(prelim: Prelim) -> None:
    draft = prelim.draft(NORMAL)
    folder = prelim.folder(draft.case_id)
    assert UNCALIBRATED in " ".join((folder / "report.txt").read_text().split()).replace(" - ", " ")
    assert "not calibrated at this site" in (folder / "draft.html").read_text()
    write_calibration(prelim.settings.home, measured(model=draft.model.digest))
    folder = prelim.folder(prelim.draft(NORMAL).case_id)
    assert "Not calibrated" not in (folder / "report.txt").read_text()
    assert "Probabilities are calibrated at this site." in (folder / "draft.html").read_text()
