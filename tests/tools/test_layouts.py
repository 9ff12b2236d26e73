"""Tables of public collections: what each line means, what of it cannot be used, and which table is which."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from prelim.errors import InputError
from prelim.knowledge import rules, table
from tests.made_files import fill
from tools.layouts import (
    boxes,
    chexpert,
    ct_rate,
    findings,
    imagenome,
    localization,
    longitudinal,
    ms_cxr_t,
    nih,
    nih_boxes,
)
from tools.layouts.pictures import Pictures
from tools.layouts.sheet import Found, Source, read_layout
from tools.truth import Truth

CHEXPERT = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,"
    "Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
NIH = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],"
)
BBOX = "Image Index,Finding Label,Bbox [x,y,w,h],,,"


def read(path: Path, layouts: Any, **source: Any) -> Found[Any]:
    return read_layout(path, layouts, Source(Pictures(path.parent), **source))


def codes(found: Found[Any]) -> dict[int | None, str]:
    return {one.line: one.code for one in found.problems}


def states(truths: tuple[Truth, ...]) -> dict[str, bool]:
    assert all(truth.laterality is None for truth in truths)
    return {truth.label: truth.present for truth in truths}


# ------------------------------------------------------------------ findings


def chexpert_in(folder: Path) -> Path:
    base = "CheXpert-v1.0-small/valid"
    lines = [
        CHEXPERT,
        f"{base}/patient1/study1/view1_frontal.jpg,F,40,Frontal,AP,0.0,,1.0,1.0,,-1.0,0.0,,,0.0,1.0,,,1.0",
        f"{base}/patient1/study1/view2_lateral.jpg,F,40,Lateral,,0.0,,1.0,,,,,,,,,,,",
        f"{base}/patient2/study1/view1_frontal.jpg,M,50,Frontal,PA,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0",
        f"{base}/patient3/study1/view1_frontal.jpg,M,50,Frontal,PA,1.0,0.0,maybe,,,,,,,,,,,",
        f"{base}/patient4/study1/view1_frontal.jpg,M,50,Frontal,PA,1.0,0.0,,,,,,,,,,,,",
    ]
    images = {f"valid/patient{n}/study1/view1_frontal.jpg": "x" for n in (1, 2, 3)}
    fill(folder, {**images, "valid.csv": "\n".join(lines)})
    return folder / "valid.csv"


def test_chexpert(tmp_path: Path) -> None:
    """The path's first folder is the collection's own; the lateral film and the uncertain label are counted."""
    found = read(chexpert_in(tmp_path), findings.LAYOUTS)
    first, second = found.examples
    assert states(first.truths) == {
        "cardiomegaly": True,
        "lung_opacity": True,
        "consolidation": False,
        "pneumothorax": False,
        "pleural_effusion": True,
    }
    assert (first.group, first.stated.view, first.stated.modality, first.line) == ("patient1", "AP", "CR", 2)
    assert first.place(tmp_path / "scratch") == tmp_path / "valid/patient1/study1/view1_frontal.jpg"
    assert set(states(second.truths)) == set(chexpert.LABELS.values()) and not any(states(second.truths).values())
    assert sorted(found.left_out.values()) == [1, 1] and codes(found) == {5: "bad_present", 6: "not_found"}


@pytest.mark.parametrize(("word", "present"), [("present", True), ("absent", False)])
def test_chexperts_uncertain_labels_count_as_told(word: str, present: bool, tmp_path: Path) -> None:
    found = read(chexpert_in(tmp_path), findings.LAYOUTS, uncertain=word)
    assert states(found.examples[0].truths)["pulmonary_oedema"] is present and sum(found.left_out.values()) == 1


MIMIC = "subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Pleural Effusion"


def test_mimic_with_its_metadata_takes_each_studys_best_frontal_film(tmp_path: Path) -> None:
    views = "dicom_id,study_id,ViewPosition\nf1,50,LATERAL\nf2,50,AP\nf3,50,PA\nf4,51,LL\nf5,52,AP\n"
    lines = [MIMIC, "10,50,1.0,0.0,,-1.0,1.0", "10,51,1.0,0.0,,,1.0", "11,52,2,,,,", "11,53,1,,,,"]
    images = {f"files/p10/s50/{name}.jpg": name for name in ("f1", "f2", "f3", "f5")}
    fill(tmp_path, {**images, "mimic-cxr-2.0.0-metadata.csv": views, "labels.csv": "\n".join(lines)})
    found = read(tmp_path / "labels.csv", findings.LAYOUTS)
    [film] = found.examples
    assert film.place(tmp_path).name == "f3.jpg" and (film.group, film.stated.view) == ("10", "PA")
    assert states(film.truths) == {"atelectasis": True, "cardiomegaly": False, "pleural_effusion": True}
    assert found.left_out["A study without a frontal film."] == 2 and codes(found) == {4: "bad_present"}


def test_mimic_without_metadata_is_read_from_folders_of_dicom(tmp_path: Path) -> None:
    fill(tmp_path, {"files/p10/p1000/s50/a.dcm": "x", "labels.csv": f"{MIMIC}\n1000,50,1,,,,\n1000,51,1,,,,"})
    found = read(tmp_path / "labels.csv", findings.LAYOUTS)
    [study] = found.examples
    assert study.place(tmp_path) == tmp_path / "files/p10/p1000/s50" and codes(found) == {3: "not_found"}


def test_nih(tmp_path: Path) -> None:
    """What a film's labels do not list is absent; labels that are none of ours are counted."""
    lines = [
        NIH,
        "00000001_000.png,Cardiomegaly|Infiltration,0,1,58,M,PA,2682,2749,0.143,0.143,",
        "00000001_001.png,No Finding,1,1,58,M,AP,2682,2749,0.143,0.143,",
        "00000002_000.png,Unicorn,0,2,58,M,AP,2682,2749,0.143,0.143,",
        "00000003_000.png,No Finding,0,3,58,M,AP,2682,2749,0.143,0.143,",
    ]
    fill(tmp_path, {"images_001/00000001_000.png": "x", "images_002/00000001_001.png": "y", "d.csv": "\n".join(lines)})
    found = read(tmp_path / "d.csv", findings.LAYOUTS)
    first, second = found.examples
    assert {label for label, there in states(first.truths).items() if there} == {"cardiomegaly"}
    assert len(first.truths) == len(nih.LABELS) and not any(states(second.truths).values())
    assert (first.group, first.stated.view, second.stated.view) == ("1", "PA", "AP")
    assert first.place(tmp_path) == tmp_path / "images_001/00000001_000.png"
    assert codes(found) == {4: "unknown_finding", 5: "not_found"}
    assert list(found.left_out) == ["No finding of the tables corresponds to the collection's Infiltration."]


def test_nihs_real_labels_are_all_known(shared_data: Path, tmp_path: Path) -> None:
    """4,376 lines as they were published, with four columns more; no film of theirs is here."""
    path = tmp_path / "labels.csv.gz"
    path.write_bytes(
        (shared_data / "cxr-misc/torchxrayvision/data/google2019_nih-chest-xray-labels.csv.gz").read_bytes()
    )
    found = read(path, findings.LAYOUTS)
    assert not found.examples and len(found.problems) == 4376 and {one.code for one in found.problems} == {"not_found"}


def test_ct_rate(tmp_path: Path) -> None:
    lines = [
        ",".join(ct_rate.COLUMNS),
        "valid_1_a_1.nii.gz,1" + ",0" * 17,
        "valid_1_a_2.nii.gz,0" + ",1" * 17,
        "valid_2_a_1.nii.gz,0" + ",0" * 17,
        "valid_3_a_1.nii.gz,2" + ",0" * 17,
    ]
    fill(
        tmp_path,
        {
            "dicom/valid_1_a_1/0.dcm": "x",
            "valid/valid_1/valid_1_a/valid_1_a_2.nii.gz": "y",
            "dicom/valid_3_a_1/0.dcm": "z",
            "labels.csv": "\n".join(lines),
        },
    )
    found = read(tmp_path / "labels.csv", findings.LAYOUTS)
    [first] = found.examples
    assert {label for label, there in states(first.truths).items() if there} == {"medical_material"}
    assert (first.group, first.stated.modality) == ("valid_1", "CT")
    assert first.place(tmp_path) == tmp_path / "dicom/valid_1_a_1"
    assert codes(found) == {3: "nifti", 4: "not_found", 5: "bad_present"}
    assert "valid_1_a_2.nii.gz is NIfTI, which is not read" in found.problems[0].message


def test_labels_are_those_of_our_tables() -> None:
    chest = set(table("chest_xray").findings)
    for labels in (chexpert.LABELS, nih.LABELS, nih_boxes.LABELS, ms_cxr_t.LABELS):
        assert set(labels.values()) <= chest
    assert set(ct_rate.LABELS.values()) <= set(table("ct_chest").findings)
    assert all(rules()[label].boxable for label in nih_boxes.LABELS.values())
    assert not rules()["pneumonia"].boxable


# ------------------------------------------------------------------ boxes


def test_a_sites_own_boxes(tmp_path: Path) -> None:
    lines = [
        "image,label,y0,x0,y1,x1,laterality,patient",
        "a.png,lung_opacity,1,2,3.5,4,right,P1",
        "a.png,cardiomegaly,5,6,7,8,,P1",
        "a.png,lung_opacity,3,2,1,4,,P1",
        "a.png,lung_opacity,1,2,x,4,,P1",
        "a.png,lung_opacity,1,2,inf,4,,P1",
        "a.png,pneumonia,1,2,3,4,,P1",
        "b.png,lung_opacity,1,2,3,4,,P1",
        "a.png,lung_opacity,1,2,3,4,upper,P1",
    ]
    fill(tmp_path, {"a.png": "a", "t.csv": "\n".join(lines)})
    found = read(tmp_path / "t.csv", localization.LAYOUTS)
    [film] = found.examples
    assert (film.image, film.group, film.line) == ("a.png", "P1", 2)
    assert [(box.label, box.laterality, box.box_px) for box in film.boxes] == [
        ("lung_opacity", "right", (1, 2, 3.5, 4)),
        ("cardiomegaly", None, (5, 6, 7, 8)),
    ]
    expected = ["bad_box"] * 3 + ["unknown_finding", "not_found", "bad_laterality"]
    assert list(codes(found).values()) == expected


def test_nihs_boxes_are_x_y_width_height(tmp_path: Path) -> None:
    lines = [BBOX, "00000001_000.png,Infiltrate,10.5,20,30,40,,,", "00000001_000.png,Pneumonia,1,2,3,4,,,"]
    fill(tmp_path, {"images/00000001_000.png": "x", "b.csv": "\n".join(lines)})
    found = read(tmp_path / "b.csv", localization.LAYOUTS)
    [film] = found.examples
    assert [(box.label, box.box_px) for box in film.boxes] == [("lung_opacity", (20, 10.5, 60, 40.5))]
    assert film.group == "00000001" and film.stated.body_part == "CHEST" and sum(found.left_out.values()) == 1


def test_nihs_real_list_of_boxes(shared_data: Path, tmp_path: Path) -> None:
    """All 984 boxes as they were published, with empty files in place of the films."""
    given = (shared_data / "cxr-misc/torchxrayvision/data/BBox_List_2017.csv.gz").read_bytes()
    (tmp_path / "BBox_List_2017.csv.gz").write_bytes(given)
    names = {line.split(",")[0] for line in gzip.decompress(given).decode().splitlines()[1:]}
    fill(tmp_path, {name: "" for name in names})
    found = read(tmp_path / "BBox_List_2017.csv.gz", localization.LAYOUTS)
    assert not found.problems and sum(found.left_out.values()) == 120  # pneumonia
    placed = [box.box_px for film in found.examples for box in film.boxes]
    assert len(placed) == 984 - 120 and all(y1 <= 1025 and x1 <= 1025 for _, _, y1, x1 in placed)
    assert placed[0] == pytest.approx((547.019216763771, 225.084745762712, 626.2056571871501, 311.8644067796119))


def graph(**changed: Any) -> str:
    right = {"original_x1": 300, "original_y1": 400, "original_x2": 900, "original_y2": 1800, "x1": 24, "y1": 32}
    empty = {"original_x1": 5, "original_y1": 5, "original_x2": 5, "original_y2": 9}
    objects = [{"bbox_name": "right lung", **right}, {"bbox_name": "carina", **empty}]
    given = {"image_id": "0a1b", "patient_id": 17, "viewpoint": "AP", "objects": objects}
    return json.dumps({**given, **changed})


def test_chest_imagenomes_boxes_are_those_of_the_original_film(tmp_path: Path) -> None:
    fill(
        tmp_path,
        {
            "graphs/0a1b_SceneGraph.json": graph(),
            "graphs/0c_SceneGraph.json": "{}",
            "graphs/0d_SceneGraph.json": "no JSON",
            "graphs/0e_SceneGraph.json": graph(image_id="0e"),
            "films/p10/s1/0a1b.jpg": "x",
        },
    )
    found = imagenome.read(tmp_path / "graphs", Source(Pictures(tmp_path / "films")))
    [film] = found.examples
    assert [(box.label, box.box_px) for box in film.boxes] == [("right lung", (400, 300, 1800, 900))]
    assert film.structures and (film.group, film.stated.view) == ("17", "AP")
    assert {(one.image, one.code) for one in found.problems} == {
        ("0a1b", "bad_box"),
        ("0c", "bad_truth"),
        ("0d", "bad_truth"),
        ("0e", "not_found"),
    }


# ------------------------------------------------------------------ pairs


def test_a_sites_own_pairs(tmp_path: Path) -> None:
    lines = [
        "prior,current,label,change,laterality,patient",
        "a.png,b.png,lung_opacity,new,right,P1",
        "a.png,b.png,cardiomegaly,stable,,P1",
        "b.png,a.png,lung_opacity,improving,left,P1",
        "a.png,b.png,lung_opacity,gone,right,P1",
        "a.png,c.png,lung_opacity,new,right,P1",
        "a.png,b.png,emphysema,new,right,P1",
    ]
    fill(tmp_path, {"a.png": "a", "b.png": "b", "t.csv": "\n".join(lines)})
    found = read(tmp_path / "t.csv", longitudinal.LAYOUTS)
    first, second = found.examples
    assert [(one.label, one.laterality, one.direction) for one in first.truths] == [
        ("lung_opacity", "right", "worse"),
        ("cardiomegaly", None, "stable"),
    ]
    assert (first.prior(tmp_path), first.current(tmp_path)) == (tmp_path / "a.png", tmp_path / "b.png")
    assert second.truths[0].direction == "better" and (second.image, second.group) == ("a.png", "P1")
    assert codes(found) == {5: "bad_change", 6: "not_found", 7: "unknown_finding"}


def test_ms_cxr_t(tmp_path: Path) -> None:
    """Films are found by their ids among MIMIC-CXR's folders; a pair without a label is none."""
    columns = ["dicom_id", "previous_dicom_id", "study_id", "subject_id", *ms_cxr_t.LABELS]
    lines = [
        ",".join(columns),
        "22,11,5,7,,worsening,improving,,stable",
        "22,11,5,7,,,,,",
        "33,11,5,7,stable,,,,",
        "22,11,5,7,shrinking,,,,",
    ]
    fill(tmp_path, {"files/p1/s1/11.jpg": "x", "files/p1/s2/22.jpg": "y", "t.csv": "\n".join(lines)})
    found = read(tmp_path / "t.csv", longitudinal.LAYOUTS)
    [pair] = found.examples
    assert {one.label: one.direction for one in pair.truths} == {
        "pulmonary_oedema": "worse",
        "pleural_effusion": "better",
        "pneumothorax": "stable",
    }
    assert (pair.prior(tmp_path).name, pair.current(tmp_path).name, pair.group) == ("11.jpg", "22.jpg", "7")
    assert codes(found) == {4: "not_found", 5: "bad_change"}


# ------------------------------------------------------------------ which table is which


@pytest.mark.parametrize("layouts", [findings.LAYOUTS, localization.LAYOUTS, longitudinal.LAYOUTS])
def test_an_unknown_heading_is_refused_with_those_that_are_known(layouts: Any, tmp_path: Path) -> None:
    fill(tmp_path, {"t.csv": "picture,diagnosis\na.png,none\n"})
    with pytest.raises(InputError, match="picture, diagnosis") as refused:
        read(tmp_path / "t.csv", layouts)
    assert refused.value.code == "bad_truth" and all(layout.name in str(refused.value) for layout in layouts)


def test_no_heading_is_of_two_layouts() -> None:
    for layouts in (findings.LAYOUTS, localization.LAYOUTS, longitudinal.LAYOUTS):
        columns = [set(layout.columns) for layout in layouts]  # type: ignore[attr-defined]
        assert not any(one <= other for one in columns for other in columns if one is not other)


def test_pictures_are_found_by_path_then_by_name_and_never_guessed(tmp_path: Path) -> None:
    fill(tmp_path, {"one/a.png": "1", "two/a.png": "2", "two/b.png": "3"})
    pictures = Pictures(tmp_path)
    assert pictures.find("set/two/a.png") == tmp_path / "two/a.png" and pictures.find("b") == tmp_path / "two/b.png"
    with pytest.raises(InputError) as refused:
        pictures.find("a.png")
    assert refused.value.code == "ambiguous"
    with pytest.raises(InputError) as refused:
        pictures.find("patient9/b.png")  # not another patient's film of that name
    assert refused.value.code == "not_found"
    with pytest.raises(InputError):
        pictures.at("b.png")  # a site's own table names the path itself
    with pytest.raises(InputError):
        pictures.at("")


def test_a_table_in_gzip_and_one_that_is_damaged(tmp_path: Path) -> None:
    text = ",".join(boxes.COLUMNS) + "\na.png,lung_opacity,1,2,3,4\n"
    fill(tmp_path, {"a.png": "a"})
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert len(read(tmp_path / "t.csv.gz", localization.LAYOUTS).examples) == 1
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode())[:-9])
    with pytest.raises(InputError, match="no CSV"):
        read(tmp_path / "t.csv.gz", localization.LAYOUTS)
