"""The benchmark of report findings: how headings become labels, and the figures on the real reports."""

from pathlib import Path

import pytest

from benchmarks import report_findings
from benchmarks.report_findings import Report, disagreements, reports

XML = """<eCitation><AbstractText Label="FINDINGS">{findings}</AbstractText>
<AbstractText Label="IMPRESSION"/><MeSH>{majors}</MeSH></eCitation>"""


def written(folder: Path, name: str, findings: str, *majors: str) -> None:
    lines = "".join(f"<major>{major}</major>" for major in majors)
    (folder / name).write_text(XML.format(findings=findings, majors=lines), encoding="utf-8")


def test_headings_become_labels_and_sides(tmp_path: Path) -> None:
    majors = ("Pulmonary Atelectasis/base/left", "Infiltrate/lung/lower lobe/right/interstitial", "Tube, Inserted")
    written(tmp_path, "1.xml", "Left atelectasis. Effusion.", *majors, "Lung/azygos lobe", "Spine/degenerative")
    written(tmp_path, "2.xml", "Clear.", "No Indexing")
    (report,) = [one for half in reports(tmp_path) for one in half]
    assert report.truth == {
        "atelectasis": {"left"},
        "interstitial_markings": {"right"},
        "device": set(),
        "degenerative_spine": set(),
    }
    found = {(one.label, one.truth, one.ours) for one in disagreements([report])}
    assert found == {
        ("pleural_effusion", False, "present"),
        ("interstitial_markings", True, "unsaid"),
        ("device", True, "unsaid"),
        ("degenerative_spine", True, "unsaid"),
    }


def test_what_is_cleared_is_no_disagreement_where_the_headings_are_normal() -> None:
    assert disagreements([Report("1", "FINDINGS: The lungs are clear. No effusion.", {})]) == []


def test_the_real_reports(shared_data: Path) -> None:
    """The figures as they stand in the results; a change that makes them worse, or a disagreement unread, is seen."""
    assert (shared_data / "reports-openi").is_dir()
    figures = {one.name.removeprefix("report_findings/"): one.ours for one in report_findings.measure(full=True)}
    assert figures["tuned, all labels"] >= 0.90 and figures["held out, all labels"] >= 0.88
    assert figures["tuned, side"] >= 0.90 and figures["held out, side"] >= 0.87
    assert not [name for name in figures if name.endswith("not yet read")]


@pytest.mark.parametrize("half", [0, 1])
def test_both_halves_are_about_as_large(shared_data: Path, half: int) -> None:
    assert 130 < len(reports(shared_data / "reports-openi")[half]) < 165
