"""`inspect` of every image set of the public data, against what its index, its references and its tags promise."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from app import cli, output
from tests.inspected import Look, Pixels, only, promised, refusals
from tools.intake import Inspection

pytestmark = pytest.mark.integration


# ------------------------------------------------------------------ the command


def test_the_command_prints_one_document(
    shared_data: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setattr(output, "as_json", False)
    monkeypatch.setattr(
        sys, "argv", ["prelim", "inspect", str(shared_data / "dicom-seg-sr" / "dcmqi" / "sr-example"), "--json"]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    printed = json.loads(capsys.readouterr().out)
    promised(printed)
    Inspection.model_validate(printed)
    assert only(printed)["kind"] == "other" and refusals(printed) == {"rwvm.dcm": "no_pixels", "sr.dcm": "no_pixels"}


# ------------------------------------------------------------------ films


def test_films_over_time(look: Look, shared_data: Path) -> None:
    """50 films of the sizes that the index has; JPEG says neither region nor day, so nothing is guessed."""
    root = shared_data / "cxr-longitudinal"
    stated = [film for one in json.loads((root / "patients.json").read_text())["patients"] for film in one["studies"]]
    found = look("cxr-longitudinal/images")["series"]
    sizes = sorted((film["height"], film["width"]) for film in stated)
    assert sorted(tuple(series["shape"][1:]) for series in found) == sizes and len(found) == 50
    assert {(series["modality"], series["kind"], series["body_part"]) for series in found} == {("OT", "other", "")}
    assert all("what this image shows" in series["issues"][0] for series in found)


def test_the_same_film_under_two_names(look: Look, pixels: Pixels) -> None:
    """The relabelled copy carries the first one's UID and shows its negative: refused in one case, right alone."""
    folder, first = "cxr-misc/tests", "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm"
    both = look(folder)
    assert refusals(both)["Fake_MONOHR1.dcm"] == "uid_conflict"
    films = [series for series in both["series"] if series["modality"] == "CR"]
    assert [(film["body_part"], film["view"], film["photometric"]) for film in films] == [
        ("CHEST", "PA", "MONOCHROME2")
    ]
    assert films[0]["shape"] == [1, 1024, 1024] and films[0]["spacing_mm"] == [None, 0.168, 0.168]
    alone, other = only(look(f"{folder}/{first}")), only(look(f"{folder}/Fake_MONOHR1.dcm"))
    assert other["photometric"] == "MONOCHROME1"
    assert np.array_equal(pixels(alone)[0], 255 - pixels(other)[0])
    assert not alone["image_set"]["images"][0]["flaws"] and other["image_set"]["images"][0]["flaws"] == ["inverted"]


def test_the_real_monochrome1_chest_film_shows_bone_bright(look: Look, pixels: Pixels) -> None:
    film = only(look("dicom-codecs/RG1_J2KI.dcm"))
    assert (film["photometric"], film["shape"], film["view"]) == ("MONOCHROME1", [1, 1955, 1841], "PA")
    [image] = film["image_set"]["images"]
    assert (image["columns_to"], image["orientation_from"], image["flaws"]) == ("L", "tag", [])
    [shown] = pixels(film)
    spine, lung = shown[500:900, 850:1000], shown[500:900, 450:600]
    assert spine.mean() > lung.mean() + 30


# ------------------------------------------------------------------ volumes


def corners(affine: np.ndarray, shape: list[int]) -> np.ndarray:
    """The centres of the corner voxels of a (column, row, slice) grid."""
    ends = [(0, count - 1) for count in shape]
    return np.array([(affine @ [x, y, z, 1])[:3] for x in ends[0] for y in ends[1] for z in ends[2]])


def agrees(series: dict[str, Any], reference: dict[str, Any]) -> None:
    """The eight corners of dcm2niix, which turns the rows over and LPS to RAS; its affine is printed to 4 digits."""
    columns, rows, slices, *_ = reference["shape"]
    assert series["shape"] == [slices, rows, columns]
    turned = np.eye(4)
    turned[1, 1], turned[1, 3] = -1, rows - 1
    ours = np.diag([-1, -1, 1, 1]) @ np.array(series["affine_lps"]) @ turned
    assert (
        np.abs(
            corners(ours, [columns, rows, slices]) - corners(np.array(reference["affine"]), [columns, rows, slices])
        ).max()
        < 0.01
    )


def geometry(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((root / "reference" / "geometry.json").read_text())["nifti"]
    return found


def test_a_tilted_gantry_with_uneven_gaps(look: Look, shared_data: Path, pixels: Pixels) -> None:
    """28 slices, no affine, each slice's own position; the three windows of its HU."""
    root = shared_data / "ct-ge-gantrytilt"
    series, [truth, _] = only(look("ct-ge-gantrytilt/In")), geometry(root)
    assert (series["modality"], series["kind"], series["shape"]) == ("CT", "volume", [28, 512, 512])
    assert series["affine_lps"] is None and series["value_range"] == [truth["min"], truth["max"]]
    assert series["spacing_mm"] == [None, 0.4882812, 0.4882812]
    files = [pydicom.dcmread(path) for path in (root / "In").rglob("*.dcm")]
    files.sort(key=lambda tags: float(tags.ImagePositionPatient[2]))
    assert series["slice_origins_lps"] == [[float(x) for x in tags.ImagePositionPatient] for tags in files]
    gaps = np.diff([tags.ImagePositionPatient[2] for tags in files]) * 0.948324
    assert [int(np.isclose(gaps, gap, atol=0.001).sum()) for gap in (4.002, 1.081, 6.999)] == [13, 1, 13]
    assert "1.081 to 6.999" in series["issues"][0] and "gantry tilt" in series["issues"][1]
    shown = pixels(series)
    assert len(shown) == 28
    for tags, picture in zip(files, shown, strict=True):
        hu = tags.pixel_array * float(tags.RescaleSlope) + float(tags.RescaleIntercept)
        for channel, (low, high) in enumerate(((-1024, 1024), (-135, 215), (0, 80))):
            assert np.array_equal(picture[..., channel], np.rint(np.clip((hu - low) / (high - low), 0, 1) * 255))


def test_mosaics(look: Look, shared_data: Path) -> None:
    """Four series of two time points, against the geometry of dcm2niix."""
    found = look("mr-siemens-epi/In")["series"]
    assert len(found) == 8 and len({series["series_instance_uid"] for series in found}) == 4
    for index, truth in enumerate(geometry(shared_data / "mr-siemens-epi")):
        pair = found[2 * index : 2 * index + 2]
        assert [series["volume"] for series in pair] == [0, 1] and pair[0]["description"].endswith(
            truth["nifti"][-9:-7]
        )
        assert min(s["value_range"][0] for s in pair) == truth["min"]
        assert max(s["value_range"][1] for s in pair) == truth["max"]
        for series in pair:
            agrees(series, truth)
            assert (series["body_part"], series["issues"], series["spacing_mm"]) == ("BRAIN", [], [12, 3, 3])


def test_before_and_after_an_archive(look: Look, shared_data: Path, pixels: Pixels) -> None:
    """Four time points of 25 slices, the same in both folders; together it is said that they are the same."""
    before, after = (look(f"mr-agfa-privatetags/{name}")["series"] for name in ("Siemens", "Agfa"))
    truth, _ = geometry(shared_data / "mr-agfa-privatetags")
    assert [series["marks"] for series in before] == [{"TemporalPosition": f"{time}"} for time in (1, 2, 3, 4)]
    for one, other in zip(before, after, strict=True):
        agrees(one, truth)
        for name in ("shape", "affine_lps", "slice_origins_lps", "spacing_mm", "value_range", "marks", "issues"):
            assert one[name] == other[name]
        pictures = zip(pixels(one), pixels(other), strict=True)
        assert all(np.array_equal(*pair) for pair in pictures) and one["issues"] == []
    assert max(series["value_range"][1] for series in before) == truth["max"]
    both = look("mr-agfa-privatetags")["series"]
    same = [any(issue.startswith("The same images as series") for issue in series["issues"]) for series in both]
    assert len(both) == 8 and sum(same) == 4


# ------------------------------------------------------------------ ultrasound, photographs, derived


def test_ultrasound(look: Look) -> None:
    found = {path: only(look(f"us/{path}")) for path in ("OBXXXX1A_rle.dcm", "OBXXXX1A_rle_2frame.dcm", "US1_UNCR.dcm")}
    seen = [(series["kind"], series["frames"], series["shape"][1:]) for series in found.values()]
    assert seen == [("still", 1, [600, 800]), ("clip", 2, [600, 800]), ("still", 1, [480, 640])]
    together = look("us")
    assert refusals(together) == {"OBXXXX1A_rle_2frame.dcm": "uid_conflict"} and len(together["series"]) == 4


def test_cookies(look: Look, pixels: Pixels) -> None:
    """JPEG of colour shared by neighbours: two photographs of 1536 × 2048, not greenish and not turned inside out."""
    found = look("deid-dicom/dicom-cookies")["series"]
    assert [series["shape"] for series in found] == [[1, 1536, 2048]] * 2
    for series in found:
        [shown] = pixels(series)
        red, green, blue = (shown[..., channel].mean() for channel in range(3))
        assert red > green > blue, "biscuits on a towel"


def test_segmentations_are_other_and_reports_are_refused(look: Look, shared_data: Path) -> None:
    document = look("dicom-seg-sr")
    expected = dict.fromkeys(
        ("rwvm.dcm", "sr.dcm", "sr_document.dcm", "sr_document_with_multiple_groups.dcm"), "no_pixels"
    )
    assert refusals(document) == expected
    kinds = {(series["modality"], series["kind"]) for series in document["series"]}
    assert kinds == {
        ("SEG", "other"),
        ("CT", "volume"),
        ("DX", "projection"),
        ("OT", "photograph"),
        ("OT", "other"),
    }
    masks = [series for series in document["series"] if series["modality"] == "SEG"]
    files = [
        pydicom.dcmread(path, stop_before_pixels=True)
        for path in (shared_data / "dicom-seg-sr").rglob("*")
        if path.suffix in (".dcm", ".seg")
    ]
    stated = sorted(int(tags.NumberOfFrames) for tags in files if tags.get("Modality") == "SEG" and "Rows" in tags)
    assert sorted(series["frames"] for series in masks) == stated
    liver = [series for series in document["series"] if series["shape"] == [3, 512, 512] and series["kind"] == "volume"]
    assert (
        liver[0]["spacing_mm"][0] == pytest.approx(1)
        and liver[0]["slice_origins_lps"][0][2] < liver[0]["slice_origins_lps"][2][2]
    )


@pytest.mark.parametrize(
    ("name", "size", "um"),
    [
        ("cmu-1-small-region.svs", [2967, 2220], 0.499),
        ("openslide-python/small.svs", [16, 16], 0.499),
        ("openslide-python/boxes_0.dcm", [16, 16], 0.499),
        ("openslide-python/boxes.tiff", [250, 300], None),
        ("highdicom/sm_image.dcm", [50, 50], 0.499),
        ("highdicom/sm_image_grayscale.dcm", [50, 50], 0.499),
    ],
)
def test_slides(name: str, size: list[int], um: float | None, look: Look, pixels: Pixels) -> None:
    """Their largest level, µm a pixel, and patches at 10× that lie on the slide: of 896 pixels, or fewer."""
    series = only(look(f"wsi/{name}"))
    assert (series["kind"], series["modality"], series["shape"][1:]) == ("slide", "SM", size)
    assert series["spacing_mm"] == (None if um is None else [None, pytest.approx(um / 1000), pytest.approx(um / 1000)])
    assert series["photometric"] == ("MONOCHROME2" if "gray" in name else "RGB")
    assert ("20× is assumed" in " ".join(series["issues"])) == (um is None)
    edges = [min(896, round(edge * (um or 0.5))) for edge in size]
    for image, shown in zip(series["image_set"]["images"], pixels(series), strict=True):
        y0, x0, y1, x1 = image["region_px"]
        assert shown.shape == (*edges, 3) and 0 <= y0 < y1 <= size[0] and 0 <= x0 < x1 <= size[1]
        assert [y1 - y0, x1 - x0] == pytest.approx([edge / (um or 0.5) for edge in edges], abs=1)
    assert (
        len(series["image_set"]["images"])
        == series["image_set"]["total"]
        == (0 if name.endswith("sm_image.dcm") else 1)
    )


def test_slides_that_are_one_series_or_several(look: Look) -> None:
    """Levels of one slide are one series; masks of slides are no slides; annotations hold no image."""
    document = look("wsi")
    kinds = [series["kind"] for series in document["series"]]
    assert (kinds.count("slide"), kinds.count("other"), kinds.count("photograph")) == (11, 6, 1)
    assert refusals(document) == {"sm_annotations.dcm": "no_pixels"}


def test_an_oncology_patient(look: Look) -> None:
    """16 notes and a film of 518 × 622."""
    document = look("patient-oncology/patient_4")
    assert only(document)["shape"] == [1, 518, 622] and len(document["documents"]) == 16
    assert all(paper["kind"] in ("note", "report", "lab") and paper["date"] for paper in document["documents"])
    assert refusals(document) == {"metadata.json": "unsupported"}
