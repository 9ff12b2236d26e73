"""The draft as files: the contract's JSON, one self-contained page, report text, key images."""

import errno
import io
import json
import os
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image as Picture

from agents.edits import apply_edits
from memory.artifacts import Artifacts
from memory.records import records_of
from prelim.draft import Decision, Draft, Edit
from prelim.errors import UnavailableError
from prelim.knowledge import rule_of, table
from prelim.types import ImageSet, NotAssessed, Section
from tools.delivery import as_listing, as_text, render, status_in


@pytest.fixture
def folder(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> Path:
    return render(draft, artifacts, tmp_path / "out").parent


def test_the_json_is_the_draft_with_the_contracts_fields(folder: Path, draft: Draft) -> None:
    data = json.loads((folder / "draft.json").read_text())
    assert Draft.model_validate(data) == draft
    assert set(data["sections"]) == set(get_args(Section))
    assert {"id", "text", "evidence", "support", "source", "checks"} <= set(data["sections"]["findings"][0])


def test_every_evidence_id_of_a_statement_has_its_place_on_the_page(folder: Path, draft: Draft) -> None:
    html = (folder / "draft.html").read_text()
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    listed = {
        id for name in type(draft.sections).model_fields for s in getattr(draft.sections, name) for id in s.evidence
    }
    assert listed <= ids
    assert len(re.findall(r'\bid="([^"]+)"', html)) == len(ids)


def test_the_page_asks_for_nothing_from_outside(folder: Path) -> None:
    html = (folder / "draft.html").read_text()
    assert "default-src 'none'" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#|images/)[^"]*"', html)
    assert "http://" not in html and "https://" not in html
    assert all((folder / file).is_file() for file in re.findall(r'href="(images/[^"]+)"', html))


def test_the_page_says_what_it_is_and_shows_both_dates(folder: Path, draft: Draft) -> None:
    html = (folder / "draft.html").read_text()
    assert draft.notice in html
    assert html.index("2025-11-01</time>") < html.index("2026-03-02</time>")
    assert draft.model.digest in html and draft.content_sha256 in html


def test_hostile_words_stay_words(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    edited = apply_edits(draft, [Edit(section="findings", text=hostile, at="2026")])
    html = render(edited, artifacts, tmp_path).read_text()
    assert "<script>alert" not in html and "<img src=x" not in html
    assert html.count("<script") == 1


def test_the_page_says_what_to_look_for_beside_what_is_present(folder: Path, draft: Draft) -> None:
    html = (folder / "draft.html").read_text()
    told = {finding.label for finding in draft.findings if finding.state == "present"}
    assert told == {"lung_opacity"}
    assert re.findall(r"look also for ([^<]*)<", html) == [", ".join(rule_of("lung_opacity").check)]


def test_many_findings_not_assessed_stand_by_their_regions(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> None:
    uid = draft.studies[0].study_instance_uid
    labels = table("chest_xray").findings
    missed = tuple(
        NotAssessed(study_instance_uid=uid, task="probe", label=label, reason="Not on the card.") for label in labels
    )
    html = render(draft.model_copy(update={"not_assessed": missed}), artifacts, tmp_path).read_text()
    [item] = re.findall(r"<li>([^<]*: presence of .*?)</li>", html)
    assert f"presence of {len(labels)} findings" in item and item.count("Not on the card.") == 1
    assert set(re.findall(r"<b>([^<]*)</b>", item)) == set(table("chest_xray").regions)
    assert all(rule.name in item for rule in labels.values())
    few = render(draft.model_copy(update={"not_assessed": missed[:2]}), artifacts, tmp_path).read_text()
    assert "presence of lung opacity, pleural effusion<span" in few


def test_a_box_is_drawn_where_it_lies(folder: Path, draft: Draft, artifacts: Artifacts) -> None:
    y0, x0, y1, x1 = draft.boxes[0].box_px
    html = (folder / "draft.html").read_text()
    assert f'x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}"' in html
    stored = draft.studies[0].series[0].image_set.images[0].pixels_sha256
    drawn = Picture.open(folder / "images" / "current-1.png")
    assert drawn.size == Picture.open(io.BytesIO(artifacts.get(stored))).size
    red, green, blue = drawn.getpixel((round(x0), round((y0 + y1) / 2)))  # type: ignore[misc]
    assert red > 200 and green > 150 and blue < 120


def test_the_text_has_its_banner_sections_and_marks(draft: Draft) -> None:
    text = as_text(draft)
    assert text.startswith("Research software, not a medical device")
    order = [text.index(name) for name in ("INDICATION", "TECHNIQUE", "COMPARISON", "FINDINGS", "IMPRESSION")]
    assert order == sorted(order)
    assert "[uncertain] A left pleural effusion cannot be confirmed or excluded." in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_flagged_edit_is_loud_everywhere(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> None:
    first = draft.sections.findings[0]
    edited = apply_edits(draft, [Edit(statement_id=first.id, text="No right lung opacity.", at="2026")])
    assert "[check] No right lung opacity." in as_text(edited)
    assert "! negation: the evidence says present" in as_listing(edited)
    assert 'class="badge check"' in render(edited, artifacts, tmp_path).read_text()


def test_a_signed_report_carries_no_marks_and_the_json_keeps_the_checks(
    draft: Draft, artifacts: Artifacts, tmp_path: Path
) -> None:
    first = draft.sections.findings[0]
    edited = apply_edits(draft, [Edit(statement_id=first.id, text="No right lung opacity.", at="2026")])
    decision = Decision(action="sign", reviewer="Dr. Adler", at="2026-03-03T10:00:00+00:00")
    signed = edited.model_copy(update={"status": "signed", "decision": decision})
    html = render(signed, artifacts, tmp_path).read_text()
    text = (tmp_path / "report.txt").read_text()
    assert "Lungs: No right lung opacity." in text and "[" not in text
    assert 'class="badge' not in html and 'class="failed"' not in html
    kept = json.loads((tmp_path / "draft.json").read_text())["sections"]["findings"][0]["checks"]
    assert not all(check["passed"] for check in kept)
    [report] = [record for record in records_of(signed) if record.type == "report"]
    assert "No right lung opacity." in report.text and "[" not in report.text


def test_the_listing_names_every_statement(draft: Draft) -> None:
    listing = as_listing(draft)
    assert all(s.id in listing for name in type(draft.sections).model_fields for s in getattr(draft.sections, name))


def test_a_signed_draft_names_who_and_when(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> None:
    decision = Decision(action="sign", reviewer="Dr. Adler", at="2026-03-03T10:00:00+00:00")
    signed = draft.model_copy(update={"status": "signed", "decision": decision})
    html = render(signed, artifacts, tmp_path).read_text()
    assert "signed by Dr. Adler, 2026-03-03T10:00:00+00:00" in html
    assert "SIGNED by Dr. Adler" in (tmp_path / "report.txt").read_text()


def test_rendering_again_gives_the_same_bytes_and_leaves_nothing_else(
    folder: Path, draft: Draft, artifacts: Artifacts
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    render(draft, artifacts, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    names = {path.relative_to(folder).as_posix() for path in before}
    assert names == {"draft.json", "draft.html", "report.txt", "images/current-1.png", "images/prior-2.png"}


def test_a_full_disk_is_named_and_leaves_nothing_half_written(
    folder: Path, draft: Draft, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    other: dict[str, Any] = {"warnings": ("Another draft.",)}
    with pytest.raises(UnavailableError, match="disk is full") as caught:
        render(draft.model_copy(update=other), artifacts, folder)
    assert caught.value.code == "store_full"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_an_answer_out_of_scope_is_marked_wherever_it_is_told(
    draft: Draft, artifacts: Artifacts, tmp_path: Path
) -> None:
    findings = tuple(finding.model_copy(update={"out_of_scope": True}) for finding in draft.findings)
    outside = draft.model_copy(update={"findings": findings})
    assert "Lungs: [out of scope] There is a right lung opacity, worse since 2025-11-01." in as_text(outside)
    assert 'class="badge out of scope"' in render(outside, artifacts, tmp_path).read_text()


def scan_of(draft: Draft, artifacts: Artifacts, count: int, **tags: Any) -> Draft:
    """The draft with a CT of so many slices in three windows in place of its first study's film, and a scout."""
    study = draft.studies[0]
    film = study.series[0]
    red, green, blue = (Picture.new("L", (64, 64), value) for value in (10, 100, 200))
    out = io.BytesIO()
    Picture.merge("RGB", (red, green, blue)).save(out, "PNG")
    shown = {"pixels_sha256": artifacts.put(out.getvalue()), "rows": 64, "columns": 64}
    slices = [
        film.image_set.images[0].model_copy(update={"sop_instance_uid": f"1.2.3.{at}", "position": at, **shown})
        for at in range(count)
    ]
    of = {"kind": "volume", "modality": "CT", "view": None, "image_set": ImageSet(images=tuple(slices), total=count)}
    scout = {"kind": "scout", "series_instance_uid": "1.2.4", "image_set": ImageSet(images=(slices[0],))}
    volume = film.model_copy(update=of | tags)
    scan = study.model_copy(update={"series": (volume.model_copy(update=scout), volume)})
    return draft.model_copy(update={"studies": (scan, *draft.studies[1:])})


def test_a_volume_is_a_contact_sheet_and_evidence_of_it_has_a_place(
    draft: Draft, artifacts: Artifacts, tmp_path: Path
) -> None:
    html = render(scan_of(draft, artifacts, 60), artifacts, tmp_path).read_text()
    sheet = html[html.index('<section class="sheet"') :].partition("</section>")[0]
    assert re.findall(r"Slice (\d+) of 60", sheet) == ["6", "16", "26", "36", "46", "56"]
    assert "Chest CT" in sheet and "soft tissue window, -135 to 215 HU" in sheet
    assert "Chest CT scout" in html and "scout" not in sheet
    assert set(draft.sections.technique[0].evidence) <= set(re.findall(r'\bid="([^"]+)"', sheet))
    assert len(list((tmp_path / "images").glob("current-*.png"))) == 7


@pytest.mark.parametrize(
    ("region", "level", "name"), [("CHEST", 100, "soft tissue window, -135"), ("HEAD", 200, "brain window, 0")]
)
def test_people_see_the_window_of_the_region(
    region: str, level: int, name: str, draft: Draft, artifacts: Artifacts, tmp_path: Path
) -> None:
    html = render(scan_of(draft, artifacts, 1, body_part=region), artifacts, tmp_path).read_text()
    assert name in html
    assert Picture.open(tmp_path / "images" / "current-1.png").getpixel((60, 2)) == (level,) * 3


def test_without_pages_there_are_words_and_data_alone(draft: Draft, artifacts: Artifacts, tmp_path: Path) -> None:
    """Nor is the page left that another draft had there."""
    other = draft.model_copy(update={"case_id": "c-other"})
    folder = render(other, artifacts, tmp_path / "out").parent
    assert status_in(folder, "c-other") == "review" and status_in(folder, draft.case_id) is None
    render(draft, artifacts, folder, pages=False)
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"draft.json", "report.txt"}
    assert status_in(folder, draft.case_id, pages=False) == "review" and status_in(folder, draft.case_id) is None
    (folder / "draft.json").write_text("[")
    assert status_in(folder, draft.case_id, pages=False) is None
