"""Tesseract that is missing, killed, late or mad: a named error, and nothing left running."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from prelim.documents import ocr
from prelim.documents.ocr import installed, recognise
from prelim.errors import InputError
from prelim.models import doctor
from prelim.settings import Settings

PAGE = Image.new("L", (60, 40), 255)
_LANGS = 'if [ "$1" = --list-langs ]; then printf "List of available languages (2):\\neng\\nosd\\n"; exit; fi\n'
ROW = "5\\t1\\t1\\t1\\t1\\t1\\t10\\t20\\t30\\t8\\t91.5\\tSodium\\n"


def pretend(folder: Path, does: str) -> str:
    """A program in tesseract's place."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{_LANGS}{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return str(program)


def refusal(monkeypatch: pytest.MonkeyPatch, program: str, languages: str = "eng") -> InputError:
    monkeypatch.setattr(ocr, "PROGRAM", program)
    with pytest.raises(InputError) as refused:
        recognise(PAGE, "scan.png", languages)
    assert refused.value.file == "scan.png" and refused.value.remedy and str(refused.value).startswith("scan.png")
    return refused.value


def test_words_and_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = ROW.replace("Sodium", " ").replace("91.5", "95")
    program = pretend(tmp_path, f'cat >/dev/null; printf "level\\n1\\t0\\n{ROW}{blank}"')
    monkeypatch.setattr(ocr, "PROGRAM", program)
    assert recognise(PAGE, "scan.png", "deu+eng") == [("Sodium", 10, 20, 40, 28, 91.5)]


def test_the_picture_goes_in_by_a_pipe_and_the_known_languages_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program = pretend(tmp_path, f'echo "$@ $OMP_THREAD_LIMIT" >{told}; head -c 12 >>{told}; cat >/dev/null')
    monkeypatch.setattr(ocr, "PROGRAM", program)
    assert recognise(PAGE, "scan.png", "deu+eng") == []
    assert told.read_text() == "stdin stdout -l eng --psm 6 --dpi 300 tsv 1\nP5 60 40 255"


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("cat >/dev/null; kill -9 $$", "ocr_failed"),
        ("exit 1", "ocr_failed"),
        ("cat >/dev/null; exit 3", "ocr_failed"),
        ('cat >/dev/null; printf "level\\n5\\tnot\\ta\\ttable\\n"', "ocr_failed"),
        (f'cat >/dev/null; printf "level\\n{ROW.replace("10", "ten", 1)}"', "ocr_failed"),
        ('cat >/dev/null; printf "level\\n5\\t\\377\\376\\n"', "ocr_failed"),
        ("exec sleep 20", "ocr_timeout"),
    ],
)
def test_faults_have_names(does: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "LIMIT_S", 0.4)
    assert refusal(monkeypatch, pretend(tmp_path, does)).code == code


def test_without_tesseract_or_its_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = refusal(monkeypatch, str(tmp_path / "nowhere"))
    assert (missing.code, missing.remedy) == ("ocr_missing", "Install tesseract-ocr.")
    assert refusal(monkeypatch, pretend(tmp_path, "exit 9"), "fra").code == "ocr_missing"


def test_the_doctor_looks_for_it(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(languages: str = "eng") -> doctor.Diagnosis:
        chosen = settings.model_copy(update={"ocr_languages": languages})
        return doctor._look("text recognition", lambda: doctor._ocr(chosen))

    monkeypatch.setattr(ocr, "PROGRAM", pretend(tmp_path, ""))
    assert installed() == {"eng"} and look().ok and "eng" in look().detail
    assert not look("eng+chi_sim").ok and "tesseract-ocr-chi-sim" in look("eng+chi_sim").detail
    monkeypatch.setattr(ocr, "PROGRAM", str(tmp_path / "nowhere"))
    assert not look().ok and "Install tesseract-ocr" in look().detail


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_killed_child_leaves_no_tesseract_behind(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = pretend(tmp_path, f"echo $$ >{mark}.new; mv {mark}.new {mark}; exec sleep 60")
    code = (
        "from PIL import Image; from prelim.documents import ocr; "
        f"ocr.PROGRAM = {program!r}; ocr.recognise(Image.new('L', (9, 9)), 'a', 'eng')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as child:
        until = time.monotonic() + 30
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.02)
        pid = int(mark.read_text())
        os.kill(pid, 0)
        child.kill()
    while time.monotonic() < until:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("tesseract outlived its caller")
