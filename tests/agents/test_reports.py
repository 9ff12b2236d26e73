"""Earlier reports of the history and of the case: each once, quoted at its place, taken apart into findings."""

from agents.reports import earlier_findings, report_evidence, with_case_reports
from memory.artifacts import Artifacts
from prelim.draft import Found
from prelim.facts import Entry
from prelim.types import Document, Record

TEXT = "FINDINGS: Small opacity in the right lung. No pleural effusion.\nIMPRESSION: Right lung opacity."
SHA = "3" * 64


def case_with(found: Found, artifacts: Artifacts, text: str = TEXT) -> Found:
    document = Document(
        path="old.txt", sha256=SHA, kind="report", date="2025-01-03", text_sha256=artifacts.put(text.encode())
    )
    return found.model_copy(update={"case": found.case.model_copy(update={"documents": (document,)})})


def test_a_report_of_the_case_is_quoted_at_its_place(found: Found, artifacts: Artifacts) -> None:
    changed = case_with(found, artifacts)
    *_, record = with_case_reports((), changed.case, (), artifacts)
    place = report_evidence(record)
    assert (place.document_sha256, place.date, place.quote) == (SHA, "2025-01-03", "Right lung opacity.")
    assert place.chars and TEXT[slice(*place.chars)] == "Right lung opacity."


def test_a_report_that_the_history_holds_is_not_told_twice(found: Found, artifacts: Artifacts) -> None:
    held = Record(id="r-1", type="report", date="2025-01-03", title="Report", text=TEXT.replace("\n", "  \n"))
    assert with_case_reports((held,), case_with(found, artifacts).case, (), artifacts) == (held,)


def test_a_report_inside_an_export_counts_too(found: Found, artifacts: Artifacts) -> None:
    document = Document(path="record.json", sha256=SHA, kind="record", text_sha256=SHA)
    entry = Entry(type="report", key="k", date="2024-01-01", title="Film", text=TEXT, pointer="/entry/3/resource")
    [record] = with_case_reports((), found.case.model_copy(update={"documents": ()}), [(document, entry)], artifacts)
    assert (report_evidence(record).pointer, report_evidence(record).chars) == ("/entry/3/resource", None)


def test_findings_quote_their_whole_sentence(found: Found, artifacts: Artifacts) -> None:
    records = with_case_reports((), case_with(found, artifacts).case, (), artifacts)
    findings, places = earlier_findings(records)
    quotes = {place.id: place for place in places}
    said = {(f.label, f.laterality, f.state): quotes[f.evidence[0]] for f in findings}
    assert said["lung_opacity", "right", "present"].quote == "Right lung opacity."
    assert said["pleural_effusion", None, "absent"].quote == "No pleural effusion."
    for place in places:
        assert place.chars and " ".join(TEXT[slice(*place.chars)].split()) == place.quote
    assert {finding.date for finding in findings} == {"2025-01-03"}
