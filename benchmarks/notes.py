"""Notes read by rules, beside labels made by hand, and how often ordinary text is taken for orders to a machine.

Sixteen of PriMock57's notes are labelled (note_labels.py). At the first comparison with the ten of `COMPARED` F1 over
all kinds was .752; mistakes of a general kind were then mended, and the six of `HELD_OUT` labelled and compared once.
The word lists were written with the collections at hand, so no figure here is a promise for notes of another house.
The model's own reading is not measured: the weights are gated.
"""

import json
import re
import time
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, figure
from benchmarks.note_labels import COMPARED, HELD_OUT, Labels
from prelim.documents.injection import instructions_in
from prelim.documents.notes import mentions_in
from prelim.documents.sections import sentences_of

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


class Verdict(NamedTuple):
    """A label that was missed ("missed"), or what was found without one ("invented"), of a kind in a note."""

    note: str
    kind: str
    what: str
    state: str
    text: str


def measure(full: bool) -> list[Figure]:
    """All of it, whatever the size: it takes a few seconds."""
    return [*_scores("compared", COMPARED), *_scores("held out", HELD_OUT), *_alarms(), _time()]


def verdicts(notes: Mapping[str, Labels]) -> tuple[list[Verdict], dict[str, Counter[str]]]:
    """Where labels and rules differ, and the counts of each kind: found, right, labelled, met."""
    wrong: list[Verdict] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, labels in notes.items():
        text = json.loads((DATA / "notes-primock" / "notes" / f"{name}.json").read_text(encoding="utf-8"))["note"]
        found = {(one.kind, one.state, text[one.start : one.end].lower()) for one in mentions_in(text)}
        known = [(kind, state, words) for (kind, state), some in labels.items() for words in some]
        for one in sorted(found):
            right = any(_meets(one, label) for label in known)
            counts[one[0]].update(found=1, right=int(right))
            wrong += [] if right else [Verdict(name, one[0], "invented", *one[1:])]
        for label in known:
            if label[1] != "any":
                met = any(_meets(one, label) for one in found)
                counts[label[0]].update(labelled=1, met=int(met))
                wrong += [] if met else [Verdict(name, label[0], "missed", *label[1:])]
    return wrong, counts


def _meets(found: tuple[str, str, str], label: tuple[str, str, str]) -> bool:
    """Of one kind and state, and the label's words stand in what was found."""
    return found[0] == label[0] and label[1] in (found[1], "any") and bool(re.search(rf"\b{label[2]}\b", found[2]))


def _scores(part: str, notes: Mapping[str, Labels]) -> Iterator[Figure]:
    wrong, counts = verdicts(notes)
    everything: Counter[str] = sum(counts.values(), Counter())
    for kind, count in [*sorted(counts.items()), ("all kinds", everything)]:
        precision, recall = count["right"] / count["found"], count["met"] / count["labelled"]
        f1 = round(2 * precision * recall / (precision + recall), 3)
        note = f"precision {precision:.3f} of {count['found']}, recall {recall:.3f} of {count['labelled']}"
        note += f"; {len(notes)} notes"
        if kind != "all kinds":
            note += "".join(f"; {one.what} {one.state} “{one.text}”" for one in wrong if one.kind == kind)
        yield figure(f"notes/{part}, {kind} with its state", f1, "F1", more_is_better=True, note=note)


def _alarms() -> Iterator[Figure]:
    for name, texts in collections():
        found = list(texts)
        sentences = sum(len(sentences_of(text)) for text in found)
        alarms = sum(len(instructions_in(text)) for text in found)
        note = f"{alarms} of {sentences} sentences in {len(found)} texts"
        yield figure(f"notes/orders seen in {name}", round(alarms / sentences, 5), "share", goal=0.01, note=note)


def collections() -> Iterator[tuple[str, Iterator[str]]]:
    """Ordinary texts: none gives orders to a machine."""
    visits = json.loads((DATA / "notes-acibench" / "clinicalnlp_taskB_test1_full.json").read_text("utf-8"))["data"]
    yield "notes-acibench", (visit["tgt"] for visit in visits)
    yield "talk of notes-acibench", (visit["src"] for visit in visits)
    primock = sorted((DATA / "notes-primock" / "notes").glob("*.json"))
    yield "notes-primock", (json.loads(path.read_text(encoding="utf-8"))["note"] for path in primock)
    oncology = sorted((DATA / "patient-oncology" / "patient_4" / "clinical_notes").glob("*.json"))
    yield "patient-oncology", (json.loads(path.read_text(encoding="utf-8"))["text"] for path in oncology)
    reports = sorted((DATA / "reports-openi").rglob("*.xml"))
    yield "reports-openi", (part.text or "" for path in reports for part in ET.parse(path).iter("AbstractText"))


def _time() -> Figure:
    """The mean time for one of the longest notes, which have some 2,600 characters."""
    notes = list(dict(collections())["notes-acibench"])
    mentions_in(notes[0])
    start = time.perf_counter()
    for text in notes:
        mentions_in(text)
    took = (time.perf_counter() - start) / len(notes) * 1e3
    return figure("notes/one note by rules", round(took, 2), "ms", note=f"mean of {len(notes)}")
