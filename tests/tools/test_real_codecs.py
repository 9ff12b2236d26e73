"""`inspect` of every sample of a codec: pairs show the same, tables and palettes what they should, damage is named."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.inspected import Look, Pixels, only, refusals

pytestmark = pytest.mark.integration
UNCOMPRESSED = {
    "dicom-codecs/693_J2KR.dcm": "dicom-codecs/693_UNCR.dcm",
    "dicom-codecs/emri_small_RLE.dcm": "dicom-codecs/emri_small.dcm",
    "dicom-codecs/emri_small_big_endian.dcm": "dicom-codecs/emri_small.dcm",
    "us/US1_J2KR.dcm": "us/US1_UNCR.dcm",
    "us/gdcm-US-ALOKA-16_big.dcm": "us/gdcm-US-ALOKA-16.dcm",
}
LOSSY = {
    "dicom-codecs/RG3_J2KI.dcm": "dicom-codecs/RG3_J2KR.dcm",
    "dicom-codecs/MR2_J2KI.dcm": "dicom-codecs/MR2_J2KR.dcm",
    "dicom-codecs/HTJ2K_08_RGB.dcm": "dicom-codecs/HTJ2KLossless_08_RGB.dcm",
}


@pytest.mark.parametrize("name", UNCOMPRESSED)
def test_the_compressed_of_a_pair_shows_the_same(name: str, look: Look, pixels: Pixels) -> None:
    one, other = only(look(name)), only(look(UNCOMPRESSED[name]))
    assert one["value_range"] == other["value_range"] and one["shape"] == other["shape"]
    assert all(np.array_equal(*pair) for pair in zip(pixels(one), pixels(other), strict=True))
    assert pixels(one)[0].std() > 0


@pytest.mark.parametrize("name", LOSSY)
def test_the_lossy_of_a_pair_shows_nearly_the_same(name: str, look: Look, pixels: Pixels) -> None:
    [one], [other] = pixels(only(look(name))), pixels(only(look(LOSSY[name])))
    away = np.abs(one.astype(int) - other)
    assert one.shape == other.shape and 0 < away.mean() < 4


def test_every_codec_sample(look: Look) -> None:
    """What each is: kind, shape, and the range of its values, as its name and pydicom's own samples say."""
    expected = {
        "JPEG-LL.dcm": ("NM", "volume", [1, 1024, 256]),
        "JLSL_16_15_1_1F.dcm": ("OT", "other", [1, 128, 128]),
        "JLSL_RGB_ILV1.dcm": ("OT", "other", [1, 256, 256]),
        "JPGLosslessP14SV1_1s_1f_8b.dcm": ("US", "still", [1, 768, 1024]),
        "MR-SIEMENS-DICOM-WithOverlays.dcm": ("MR", "volume", [1, 484, 484]),
        "OT-PAL-8-face.dcm": ("OT", "other", [1, 480, 640]),
        "SC_rgb_16bit_2frame.dcm": ("OT", "other", [2, 100, 100]),
        "bad_sequence.dcm": ("CT", "volume", [1, 512, 512]),
        "color-pl.dcm": ("US", "still", [1, 120, 256]),
        "eCT_Supplemental.dcm": ("CT", "volume", [2, 512, 512]),
        "explicit_VR-UN.dcm": ("CT", "volume", [1, 512, 512]),
        "parametric_map_float.dcm": ("OT", "other", [1, 128, 128]),
        "emri_small.dcm": ("MR", "volume", [10, 64, 64]),
    }
    for name, seen in expected.items():
        series = only(look(f"dicom-codecs/{name}"))
        assert (series["modality"], series["kind"], series["shape"]) == seen, name
    overlays = only(look("dicom-codecs/MR-SIEMENS-DICOM-WithOverlays.dcm"))
    assert any("Overlays" in issue for issue in overlays["issues"]) and overlays["value_range"] == [0, 1123]


@pytest.mark.parametrize(
    ("name", "code"),
    [("emri_small_jpeg_2k_lossless_too_short.dcm", "truncated"), ("liver_rle.dcm", "cannot_decode")],
)
def test_what_cannot_be_decoded_is_refused_by_name(name: str, code: str, look: Look) -> None:
    """A stream that was cut short; bits packed before RLE, which the standard does not allow and no decoder reads."""
    found = look(f"dicom-codecs/{name}")
    assert found["series"] == [] and refusals(found) == {name: code}


@pytest.mark.parametrize("name", ["mlut_18.dcm", "vlut_04.dcm"])
def test_look_up_tables_show_the_test_pattern(name: str, look: Look, pixels: Pixels) -> None:
    """The SMPTE pattern through a modality LUT of signed 12 bits, and through a VOI LUT: its steps rise."""
    [shown] = pixels(only(look(f"dicom-codecs/{name}")))
    rows, columns = [325, 295, 245, 185], [125, 125, 125, 125]
    steps = [int(np.median(shown[y - 5 : y + 5, x - 5 : x + 5])) for y, x in zip(rows, columns, strict=True)]
    bright = [int(np.median(shown[y - 5 : y + 5, 385 - 5 : 385 + 5])) for y in (185, 235, 280, 325)]
    assert np.abs(np.array(steps + bright) - 255 * np.array([0, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 1.0])).max() < 8


def test_a_palette(look: Look, pixels: Pixels, shared_data: Path) -> None:
    """Each index by its own entries, the upper bytes of words; the ultrasound's segmented tables are in its pair."""
    name = "dicom-codecs/OT-PAL-8-face.dcm"
    tags = pydicom.dcmread(shared_data / name, force=True)
    tables = [getattr(tags, f"{one}PaletteColorLookupTableData") for one in ("Red", "Green", "Blue")]
    count, first, _ = tags.RedPaletteColorLookupTableDescriptor
    entries = np.stack([np.frombuffer(table, "<u2")[:count] >> 8 for table in tables], axis=-1)
    index = np.clip(np.frombuffer(tags.PixelData, "u1").astype(int) - first, 0, count - 1)
    assert np.array_equal(pixels(only(look(name)))[0], entries[index].reshape(480, 640, 3))
