"""Triage: what is no chest film is not assessed as a whole, and a chest film finding by finding."""

from pathlib import Path

import numpy as np
import pytest

from memory.artifacts import Artifacts
from prelim.knowledge import table
from prelim.settings import load_settings
from prelim.types import Triage, digest_of
from tests.conftest import EXAMPLES
from tests.made_dicom import ct_slice, dicom
from tests.made_files import fill, png
from tools.intake import intake, scan
from tools.tool import Context
from tools.triage import triage

FILES = {
    "head CT": ("scan.dcm", ct_slice(1.0, BodyPartExamined="HEAD")),
    "knee film": ("knee.dcm", dicom(BodyPartExamined="KNEE", ViewPosition="AP")),
    "picture": ("a.png", png(np.zeros((8, 8), np.uint8))),
    "chest film": ("chest.dcm", dicom(BodyPartExamined="CHEST", ViewPosition="PA")),
}


def triaged(what: str, context: Context, artifacts: Artifacts, tmp_path: Path) -> Triage:
    name, data = FILES[what]
    folder = fill(tmp_path / "case", {name: data})
    case = intake(scan(folder, artifacts), artifacts, patient_key="t-nobody", key_of=digest_of)
    return triage(context, studies=case.studies)


@pytest.mark.parametrize("what", ["head CT", "knee film", "picture"])
def test_what_is_no_chest_film_is_one_entry(what: str, context: Context, artifacts: Artifacts, tmp_path: Path) -> None:
    found = triaged(what, context, artifacts, tmp_path)
    [item] = found.not_assessed
    assert (item.task, item.label, found.findings, found.urgency) == ("probe", None, (), "not_triaged")
    assert not any(name in item.reason for name in table("chest_xray").findings)


def test_a_declined_chest_film_is_an_entry_a_finding(context: Context, artifacts: Artifacts, tmp_path: Path) -> None:
    found = triaged("chest film", context, artifacts, tmp_path)
    assert [item.label for item in found.not_assessed] == list(table("chest_xray").findings)
    assert (found.findings, found.urgency) == ((), "not_triaged")


def test_a_site_may_call_a_finding_critical(context: Context) -> None:
    """The same answers, and another urgency."""
    film = scan(EXAMPLES / "growing-opacity" / "film-2025-03-14.dcm", context.artifacts)
    studies = intake(film, context.artifacts, patient_key="t-nobody", key_of=digest_of).studies
    plain = triage(context, studies=studies)
    home = context.settings.home
    context.settings = load_settings(home=home, threads=1, device="cpu", critical_findings="lung_opacity")
    listed = triage(context, studies=studies)
    assert (plain.urgency, listed.urgency) == ("urgent", "critical")
    assert listed.findings == plain.findings
