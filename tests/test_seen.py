"""The page on what the model sees: its pictures are what intake makes today, and it names all that there is."""

import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from examples import seen
from prelim.imaging import grouping
from prelim.knowledge import table
from prelim.prompts import render
from prelim.types import Flaw, Kind
from tests.conftest import ROOT

PAGE = " ".join((ROOT / "docs" / "what-the-model-sees.md").read_text(encoding="utf-8").split())
FILES = ("prelim/isolation.py", "tools/dicom_series.py", "tools/studies.py")
INTAKE = sorted([*(ROOT / "prelim" / "imaging").glob("*.py"), *(ROOT / name for name in FILES)])
SOURCE = " ".join(" ".join(path.read_text(encoding="utf-8") for path in INTAKE).split())
_CODE = re.compile(r"""(?:Input|Refused|Unavailable)Error\(\s*"(\w+)"|code="(\w+)\"""")


@pytest.mark.integration
def test_the_pictures_are_what_intake_makes(tmp_path: Path) -> None:
    """A few grey values of difference are left to other versions of decoders and fonts."""
    made = seen.sheets(tmp_path)
    assert set(made) == set(seen.SEEN.iterdir())
    for path, picture in made.items():
        kept, now = (np.asarray(one.convert("RGB"), int) for one in (Image.open(path), picture))
        assert kept.shape == now.shape
        assert np.abs(kept - now).mean() < 2, path.name


def test_the_pictures_are_small_and_all_on_the_page() -> None:
    assert sum(path.stat().st_size for path in seen.SEEN.iterdir()) <= 600_000
    assert {f"seen/{path.name}" for path in seen.SEEN.iterdir()} == set(re.findall(r"\]\((seen/[^)]+)\)", PAGE))


@pytest.mark.parametrize("name", [*get_args(Kind), *get_args(Flaw)])
def test_every_kind_and_flaw_is_named(name: str) -> None:
    assert re.search(rf"\| `?[\w`, ]*`{name}`", PAGE)


@pytest.mark.parametrize("name", [*grouping.PROJECTIONS, *grouping._VOLUMES, *grouping._PHOTOGRAPHS, "US", "IVUS"])
def test_every_modality_is_named(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE)


def test_every_code_of_a_refusal_is_named() -> None:
    codes = {code for found in _CODE.findall(SOURCE) for code in found if code}
    assert "decode_crash" in codes and "uid_conflict" in codes
    assert not [code for code in codes if f"`{code}`" not in PAGE]


def test_what_is_said_of_oddities_is_what_the_code_says() -> None:
    part = PAGE[PAGE.index("## What is odd is said") : PAGE.index("How many images there were")]
    quoted = [piece.strip() for words in re.findall(r'"([^"]+)"', part) for piece in words.split("…")]
    assert len(quoted) > 20
    assert not [piece for piece in quoted if piece not in SOURCE]


def test_the_prompt_is_the_products_own() -> None:
    rule = table("ct_head").findings["intracranial_haemorrhage"]
    fields = {"finding": rule.phrase, "place": rule.places["midline"], "noun": "scan"}
    assert render("probe", "affirmative", **fields) in PAGE
    assert render("ct", "preamble").splitlines()[0] in PAGE
    assert render("label", "slice", number="1") in PAGE
