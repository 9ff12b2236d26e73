"""`prelim evaluate localization`: from boxes on films to overlaps, by hand and with the models."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app import Prelim
from examples.patients import EXAMS, film_of
from prelim.models.chat import ChatMedGemma
from prelim.models.phantom.film_file import dicom_of
from prelim.types import Box, BoxPx, Finding, Laterality, Localization, Study
from tests.made_dicom import dicom
from tests.made_files import fill, png

HEADING = "image,label,y0,x0,y1,x1,laterality,patient"
DRAWN = film_of(next(iter(EXAMS.values()))).pixels


class Told:
    """Stands in for the tool: says these boxes of each target, and keeps what it was asked."""

    def __init__(self, boxes: dict[tuple[str, Laterality | None], list[BoxPx]]) -> None:
        self.boxes, self.asked = boxes, list[tuple[str, Laterality | None]]()

    def __call__(self, context: Any, *, studies: tuple[Study, ...], findings: tuple[Finding, ...]) -> Localization:
        self.asked += [(one.label, one.laterality) for one in findings]
        return Localization(boxes=tuple(box for one in findings for box in self._of(one.label, one.laterality)))

    def structures(self, context: Any, *, study: Study, names: tuple[str, ...]) -> Localization:
        self.asked += [(name, None) for name in names]
        return Localization(boxes=tuple(box for name in names for box in self._of(name, None)))

    def _of(self, label: str, side: Laterality | None) -> Iterator[Box]:
        for box_px in self.boxes.get((label, side), []):
            yield Box(id="b-1", label=label, laterality=side, sop_instance_uid="1.2", frame=0, box_px=box_px)


def drawn(folder: Path, name: str, patient: str, **tags: Any) -> None:
    dicom_of(DRAWN, patient, "20250101", **tags).save_as(folder / name, enforce_file_format=True)


def test_overlaps_by_hand(prelim: Prelim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image's left is the patient's right. Overlaps: 1/3; two boxes paired, 1 and 0; without an answer 0."""
    boxes = {
        ("lung_opacity", "right"): [(50.0, 20.0, 60.0, 40.0)],
        ("lung_nodule", "left"): [(0.0, 150.0, 10.0, 160.0), (80.0, 190.0, 90.0, 200.0), (1.0, 1.0, 2.0, 2.0)],
    }
    told = Told(boxes)
    monkeypatch.setattr("graphs.evaluate_localization.localize", told)
    drawn(tmp_path, "a.dcm", "A")
    drawn(tmp_path, "b.dcm", "B")
    lines = [
        HEADING,
        "a.dcm,lung_opacity,50,30,60,50,,A",  # 10 of 30 columns are shared
        "a.dcm,lung_nodule,0,150,10,160,,A",
        "a.dcm,lung_nodule,40,150,50,160,,A",
        "b.dcm,cardiomegaly,100,60,150,180,,B",
        "b.dcm,lung_opacity,50,150,60,170,right,B",  # the table says the side, whatever the place
    ]
    fill(tmp_path, {"t.csv": "\n".join(lines)})
    found = prelim.evaluate("localization", tmp_path / "t.csv")
    assert sorted(told.asked) == [
        ("cardiomegaly", "midline"),
        ("lung_nodule", "left"),
        ("lung_opacity", "right"),
        ("lung_opacity", "right"),
    ]
    assert found.metric("iou", "lung_opacity").value == pytest.approx((1 / 3 + 0) / 2)
    assert found.metric("iou", "lung_nodule").value == pytest.approx((1 + 0) / 2)
    assert found.metric("iou").value == pytest.approx((1 / 3 + 1) / 5) and found.metric("iou").n == 5
    assert found.metric("macro_iou").value == pytest.approx((1 / 6 + 1 / 2 + 0) / 3)
    assert found.metric("iou_at_50").value == pytest.approx(1 / 5)
    assert found.metric("no_answer").value == pytest.approx(1 / 5)  # of the heart; an opacity's box lies elsewhere
    assert found.counts == {"films": 2, "boxes": 5, "surplus boxes": 1}
    assert "t.csv, sha256 " in found.data and str(tmp_path) not in found.model_dump_json()


def test_a_film_stored_from_left_to_right_has_its_sides_swapped(
    prelim: Prelim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told({})
    monkeypatch.setattr("graphs.evaluate_localization.localize", told)
    drawn(tmp_path, "a.dcm", "A", PatientOrientation=["R", "F"])
    fill(tmp_path, {"t.csv": f"{HEADING}\na.dcm,lung_opacity,50,30,60,50,,A"})
    prelim.evaluate("localization", tmp_path / "t.csv")
    assert told.asked == [("lung_opacity", "left")]


def test_what_cannot_be_measured_is_said(prelim: Prelim, tmp_path: Path) -> None:
    """A real film is declined by the embedded model's card; a box outside its film is in another frame."""
    (tmp_path / "real.dcm").write_bytes(dicom(BodyPartExamined="CHEST", ViewPosition="PA"))
    drawn(tmp_path, "a.dcm", "A")
    drawn(tmp_path, "b.dcm", "A")
    lines = [HEADING, "real.dcm,lung_opacity,1,1,3,3,left,R", "a.dcm,cardiomegaly,500,500,900,900,,A"]
    fill(
        tmp_path,
        {
            "t.csv": "\n".join([*lines, "letter.txt,cardiomegaly,1,1,2,2,,B", "b.dcm,cardiomegaly,1,1,2,2,left,A"]),
            "letter.txt": "no film",
        },
    )
    found = prelim.evaluate("localization", tmp_path / "t.csv")
    [reason] = found.declined
    assert "drawn phantoms only" in reason and found.metric("iou").value is None and found.counts["boxes"] == 0
    assert [(one.line, one.code) for one in found.problems] == [
        (3, "bad_box"),
        (4, "no_image"),
        (5, "no_such_side"),
    ]


def test_structures_are_asked_by_their_names(prelim: Prelim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told({("right lung", None): [(0.0, 0.0, 100.0, 100.0)]})
    monkeypatch.setattr("graphs.evaluate_localization.structures", told.structures)
    edges = {"original_y1": 0, "original_x1": 0, "original_y2": 100, "original_x2": 50}
    objects = [{"bbox_name": name, **edges} for name in ("right lung", "carina")]
    graph = json.dumps({"image_id": "f", "patient_id": 1, "viewpoint": "PA", "objects": objects})
    fill(tmp_path, {"graphs/f_SceneGraph.json": graph, "films/f.png": png(DRAWN)})
    found = prelim.evaluate("localization", tmp_path / "graphs", images=tmp_path / "films")
    assert told.asked == [("right lung", None), ("carina", None)]
    assert found.metric("iou", "right lung").value == pytest.approx(0.5) and found.metric("iou", "carina").value == 0


# ------------------------------------------------------------------ with models


@pytest.mark.integration
def test_drawn_films_with_the_embedded_model(prelim: Prelim) -> None:
    found = prelim.evaluate("localization", "phantom", drawn=24, seed=5)
    assert found.metric("macro_iou").value == pytest.approx(0.93, abs=0.05) and found.metric("no_answer").value == 0
    assert found.counts["boxes"] == found.metric("iou").n >= 24 and not found.problems and not found.declined
    assert found == prelim.evaluate("localization", "phantom", drawn=24, seed=5)


@pytest.mark.integration
def test_real_films_through_every_layout(
    shared_data: Path, random_model: ChatMedGemma, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that nobody trained find nothing, but NIH's films and boxes of lungs go all the way through."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    prelim, films = Prelim(home=home, threads=1, device="cpu"), shared_data / "cxr-misc" / "tests"
    heading = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    boxes = ["00000001_000.png,Atelectasis,225.1,347,86.8,79.2,,,", "00027426_000.png,Cardiomegaly,200,200,200,99,,,"]
    fill(tmp_path, {"small/boxes.csv": "\n".join([heading, *boxes])})
    found = prelim.evaluate("localization", tmp_path / "small" / "boxes.csv", images=films)
    assert {one.code for one in found.problems} == {"bad_box"}  # these copies have 512 pixels a side, not 1024
    for name in ("00000001_000.png", "00027426_000.png"):
        Image.open(films / name).convert("L").resize((1024, 1024)).save(tmp_path / "small" / name)
    found = prelim.evaluate("localization", tmp_path / "small" / "boxes.csv")
    assert not found.problems and not found.declined and found.counts["films"] == 2
    assert found.metric("no_answer").value == 1 and found.metric("iou").value == 0

    patient = json.loads((shared_data / "cxr-longitudinal" / "patients.json").read_text())["patients"][0]
    study = patient["studies"][0]
    objects = []
    for box in study["boxes"]:
        x, y, width, height = box["bbox_xywh"]
        edges = {"original_x1": x, "original_y1": y, "original_x2": x + width, "original_y2": y + height}
        objects.append({"bbox_name": box["label"].lower(), **edges})
    graph = {"image_id": Path(study["file"]).stem, "patient_id": "c31", "viewpoint": "PA", "objects": objects}
    fill(tmp_path, {"graphs/c_SceneGraph.json": json.dumps(graph)})
    found = prelim.evaluate("localization", tmp_path / "graphs", images=shared_data / "cxr-longitudinal")
    assert not found.problems and {one.label for one in found.metrics} == {None, "left lung", "right lung"}
