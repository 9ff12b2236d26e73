"""The command line: one line, one status, no traceback, whatever comes in."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from reportlab.pdfgen.canvas import Canvas

from app import cli, output
from prelim.models.chat import ChatMedGemma
from prelim.types import Section
from tests.conftest import EXAMPLES, ROOT

FILM = EXAMPLES / "growing-opacity" / "film-2025-03-14.dcm"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, with the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setenv("PRELIM_THREADS", "1")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["prelim", *map(str, arguments)])
        monkeypatch.setattr(output, "as_json", False)
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_help_brings_no_heavy_import() -> None:
    """`prelim --help` must answer at once: what takes seconds to import is imported by what needs it."""
    code = (
        "import sys; import app.cli, app.cli_admin; "
        "print([m for m in ('torch', 'transformers', 'langgraph', 'chromadb', 'pydicom') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words", [("sign", "c-1"), ("nope",), ("draft",), ("draft", "x", "--bad"), ("tool", "locate", "a")]
)
def test_a_wrong_call_is_one_line_and_one_document(run: Run, words: tuple[str, ...]) -> None:
    status, out, err = run(*words)
    assert (status, out, len(err.splitlines())) == (2, "", 1) and err.startswith("prelim: usage: ")
    status, out, err = run("--json", *words)
    assert (status, json.loads(out)["error"]["code"], err) == (2, "usage", "")


def test_labs_of_a_film_are_refused_by_name(run: Run) -> None:
    status, _, err = run("tool", "labs", FILM)
    assert status == 2 and err.startswith("prelim: no_document: film-2025-03-14.dcm")


@pytest.mark.integration
def test_a_case_from_draft_to_signature(run: Run, tmp_path: Path) -> None:
    """The review from a terminal."""
    status, out, err = run("draft", EXAMPLES / "normal", "--out", tmp_path / "out")
    case_id = err.splitlines()[0].removeprefix("case ")
    assert status == 0 and case_id.startswith("c-")
    assert out.splitlines()[-1] == str(tmp_path / "out" / "draft.html")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"draft.json", "draft.html", "report.txt", "images"}
    urgency = json.loads(run("show", case_id, "--json")[1])["urgency"]
    assert f"{case_id}  review     {urgency.replace('_', ' ')}" in run("worklist")[1]
    [listed] = json.loads(run("worklist", "--json")[1])["cases"]
    assert (listed["case_id"], listed["urgency"]) == (case_id, urgency)
    (tmp_path / "mine.txt").write_text("FINDINGS: Cardiomegaly.\n")
    status, out, _ = run("--json", "tool", "second-read", tmp_path / "mine.txt", case_id)
    [item] = json.loads(out)["items"]
    assert (status, item["kind"], item["label"], item["chars"]) == (0, "contradicted", "cardiomegaly", [10, 23])
    assert "contradicted" in run("tool", "second-read", tmp_path / "mine.txt", case_id)[1]
    (tmp_path / "mine.txt").write_text("Patient ID: SOMEBODY-ELSE\nFINDINGS: Cardiomegaly.\n")
    assert run("tool", "second-read", tmp_path / "mine.txt", case_id)[0] == 3
    status, out, _ = run("show", case_id, "--json")
    draft = json.loads(out)
    assert status == 0 and draft["status"] == "review" and draft["case_id"] == case_id
    first = draft["sections"]["findings"][0]["id"]
    assert run("edit", case_id, first, "--text", "No opacity seen.")[0] == 0
    assert run("edit", case_id, "--add", "impression", "--text", "Normal chest.")[0] == 0
    assert "Normal chest." in run("show", case_id, "--text")[1]
    assert run("edit", case_id, "--add", "appendix", "--text", "x")[0] == 2
    assert run("sign", case_id, "--reviewer", "Dr Example")[0] == 0
    assert json.loads((tmp_path / "out" / "draft.json").read_text())["status"] == "signed"
    status, out, _ = run("sign", case_id, "--reviewer", "Dr Other", "--json")
    assert status == 3 and json.loads(out)["error"]["code"] == "already_signed"
    assert run("reject", case_id, "--reviewer", "Dr Other", "--reason", "x")[0] == 3
    assert run("addendum", case_id, "--reviewer", "Dr Example", "--text", "Called.")[0] == 0
    assert json.loads(run("audit", "verify", "--json")[1])["intact"] is True


def test_the_documents_have_the_contracts_fields(run: Run) -> None:
    """What other programs read."""
    draft = json.loads(run("draft", EXAMPLES / "growing-opacity", "--json")[1])
    assert {"case_id", "patient_key", "status", "urgency", "model", "prompts", "content_sha256"} <= set(draft)
    assert {"warnings", "provenance", "findings", "not_assessed", "boxes", "comparisons"} <= set(draft)
    assert {"name", "revision", "digest", "card"} <= set(draft["model"])
    assert set(get_args(Section)) == set(draft["sections"])
    known = {item["id"] for item in draft["evidence"]}
    for part in draft["sections"].values():
        for statement in part:
            assert set(statement["evidence"]) <= known
            assert statement["evidence"] or statement["support"] in ("unsupported", "abstained")
    seen = json.loads(run("inspect", EXAMPLES / "growing-opacity", "--json")[1])
    assert {"series", "documents", "refused"} == set(seen)
    assert seen["series"][0]["shape"] == [1, 224, 224]
    labs = json.loads(run("tool", "labs", EXAMPLES / "growing-opacity" / "labs-2025-03-14.pdf", "--json")[1])
    assert [lab["name"] for lab in labs["labs"]][:2] == ["CRP", "WBC"] and len(labs["evidence"]) == 8
    triage = json.loads(run("tool", "triage", FILM, "--json")[1])
    assert {"findings", "not_assessed", "urgency", "quality"} <= set(triage)
    assert "properties" in json.loads(run("schema", "draft", "--json")[1])
    assert run("tool", "locate", FILM, "unicorn")[0] == 2


@pytest.mark.integration
def test_an_evaluation_is_a_table_a_document_and_a_file(run: Run, home: Path, tmp_path: Path) -> None:
    words = ("evaluate", "findings", "phantom", "--n", "12", "--seed", "2")
    status, out, _ = run(*words, "--dry-run", "--out", tmp_path / "found.json")
    assert status == 0 and "12 of 12 images read" in out and "lung_opacity" in out and "not written" in out
    found = json.loads((tmp_path / "found.json").read_text())
    assert json.loads(run(*words, "--dry-run", "--json")[1]) == found
    assert {"labels", "macro_f1_after", "declined", "problems", "calibration"} <= set(found)
    assert not (home / "calibration.json").exists()


@pytest.mark.integration
def test_an_evaluation_is_a_page_with_its_json(run: Run, tmp_path: Path) -> None:
    words = ("evaluate", "localization", "phantom", "--n", "4", "--out", tmp_path / "report.html")
    status, out, _ = run(*words)
    assert status == 0 and "Macro IoU" in out and "lung_opacity" in out
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["task"] == "localization" and "<svg" in (tmp_path / "report.html").read_text()
    status, out, _ = run(*words[:-1], tmp_path / "none" / "report.html", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "not_writable")


def test_a_wrong_evaluation_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("picture,label\n")
    for words, code in {
        ("evaluate", "cooking", "phantom"): "unknown_task",
        ("evaluate", "findings", str(tmp_path / "none.csv")): "not_found",
        ("evaluate", "findings", str(tmp_path / "truth.csv")): "bad_truth",
        ("evaluate", "localization", str(tmp_path / "truth.csv")): "bad_truth",
        ("evaluate", "findings", "phantom", "--n", "0"): "usage",
        ("evaluate", "findings", "phantom", "--uncertain", "perhaps"): "usage",
    }.items():
        status, out, _ = run(*words, "--json")
        assert (status, json.loads(out)["error"]["code"]) == (2, code)


def test_the_doctor_tells_of_the_calibration(run: Run, home: Path) -> None:
    def looked() -> dict[str, str]:
        return next(one for one in json.loads(run("doctor", "--json")[1])["checks"] if one["name"] == "calibration")

    assert looked()["ok"] is False and "prelim evaluate findings" in looked()["detail"]
    home.mkdir(exist_ok=True)
    (home / "calibration.json").write_text("{}")
    assert looked()["ok"] is False and "calibration.json" in looked()["detail"]


# ------------------------------------------------------------------ bad input


def empty(folder: Path) -> str:
    return "empty_case"


def truncated(folder: Path) -> str:
    (folder / "film.dcm").write_bytes(FILM.read_bytes()[:9000])
    return "truncated"


def text_named_dcm(folder: Path) -> str:
    (folder / "film.dcm").write_text("this is a letter")
    return "not_dicom"


def no_pixels(folder: Path) -> str:
    import pydicom

    image = pydicom.dcmread(FILM)
    image.Rows = image.Columns = 0
    image.PixelData = b""
    image.save_as(folder / "film.dcm")
    return "no_pixels"


def pdf_without_text(folder: Path) -> str:
    page = Canvas(str(folder / "scan.pdf"))
    page.rect(50, 50, 200, 200, fill=1)
    page.save()
    return "no_text"


def broken_manifest(folder: Path) -> str:
    shutil.copy(FILM, folder / "film.dcm")
    (folder / "case.yaml").write_text("patient: {id: [\n")
    return "bad_manifest"


@pytest.mark.parametrize(
    "bad",
    [empty, truncated, text_named_dcm, no_pixels, pdf_without_text, broken_manifest],
    ids=lambda bad: bad.__name__,
)
def test_bad_input_is_named(bad: Callable[[Path], str], run: Run, tmp_path: Path) -> None:
    """One line that names file and remedy, status 2, JSON under --json, and nothing half-written."""
    folder = tmp_path / "case"
    folder.mkdir()
    code = bad(folder)
    status, out, err = run("draft", folder, "--out", tmp_path / "out")
    lines = [line for line in err.splitlines() if not line.startswith("case ")]
    assert (status, out, len(lines)) == (2, "", 1) and "Traceback" not in err
    assert code in err or "no_content" in err
    status, out, _ = run("draft", folder, "--out", tmp_path / "out", "--json")
    assert status == 2 and {"code", "message", "file"} == set(json.loads(out)["error"])
    assert not (tmp_path / "out").exists()
    refused = json.loads(run("inspect", folder, "--json")[1])
    assert code in str(refused)


def test_the_rest_of_the_case_goes_on(run: Run, tmp_path: Path) -> None:
    """A damaged file beside a good one is listed, and the draft is made."""
    folder = Path(shutil.copytree(EXAMPLES / "normal", tmp_path / "case"))
    (folder / "cut.dcm").write_bytes((folder / "film-2025-02-20.dcm").read_bytes()[:9000])
    status, out, _ = run("draft", folder, "--json")
    draft = json.loads(out)
    assert status == 0
    assert [item["code"] for item in draft["provenance"]["refused"]] == ["truncated"]


def test_two_patients_stop_the_case(run: Run, tmp_path: Path) -> None:
    for example in ("normal", "growing-opacity"):
        for film in (EXAMPLES / example).glob("*.dcm"):
            shutil.copy(film, tmp_path / film.name)
    status, out, _ = run("draft", tmp_path, "--json")
    assert status == 3 and json.loads(out)["error"]["code"] == "patient_mismatch"
    assert "EXAMPLE" not in out
    status, _, err = run("draft", EXAMPLES / "normal", "--patient", "SOMEBODY")
    assert status == 3 and "patient_mismatch: The patient id asked for" in err and "SOMEBODY" not in err
    status, out, _ = run("tool", "compare", FILM, EXAMPLES / "normal" / "film-2025-02-20.dcm", "--json")
    assert status == 3 and json.loads(out)["error"]["code"] == "patient_mismatch"


def test_unknown_things_are_named(run: Run, tmp_path: Path) -> None:
    assert run("draft", tmp_path / "nowhere")[0] == 2
    assert run("show", "c-unknown")[0] == 2
    assert json.loads(run("history", "list", "NOBODY", "--json")[1]) == {"records": []}
    status, _, err = run("draft", EXAMPLES / "normal", "--model", "oracle")
    assert status == 2 and "oracle" in err
    status, _, err = run("draft", EXAMPLES / "normal", "--model", "medgemma")
    assert status == 4 and "huggingface.co" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("below", ["", "deeper"])
@pytest.mark.parametrize(
    "words",
    [("draft", EXAMPLES / "normal"), ("worklist",), ("history", "list", "X"), ("audit", "verify")],
    ids=lambda w: w[0],
)
def test_a_home_that_cannot_be_made_is_named(
    words: tuple[str | Path, ...], below: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder should be: no store is damaged, and nothing is said that restores one."""
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("PRELIM_HOME", str(file / below))
    status, out, err = run(*words)
    assert (status, out, len(err.splitlines())) == (4, "", 1)
    assert err.startswith("prelim: not_writable: ") and "PRELIM_HOME" in err
    told = json.loads(run("doctor", "--json")[1])["checks"]
    assert {check["name"]: check["ok"] for check in told}["data folder"] is False


@pytest.mark.integration
def test_a_missing_and_an_altered_model_file(tmp_path: Path) -> None:
    """One byte off, and start is refused; a file away, and it is named."""
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, ignore=ignored)
    weights = copy / "prelim/models/phantom/weights/model.safetensors"
    environment = {**os.environ, "PRELIM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(copy)}
    command = [sys.executable, "-c", "from app.cli import main; main()", "draft", "examples/cases/normal", "--json"]

    def drafted() -> tuple[int, str]:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)["error"]["code"]

    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert drafted() == (3, "model_altered")
    weights.unlink()
    assert drafted() == (4, "model_missing")


@pytest.mark.integration
def test_a_full_disk(tmp_path: Path) -> None:
    """No file can grow beyond a few bytes: a named error, status 4, nothing half-written."""
    environment = {**os.environ, "PRELIM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from app.cli import main; main()", "draft", str(EXAMPLES / "normal"), "--json"]

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, preexec_fn=small_files
    )
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "store_full"
    assert "Traceback" not in done.stderr
    assert not [path for path in (tmp_path / "home").rglob("*") if path.name.startswith(".part")]
