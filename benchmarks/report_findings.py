"""Findings of real reports against the terms a person gave them: the Indiana chest collection (Open-i), 300 reports.

Demner-Fushman et al., J Am Med Inform Assoc 2016;23:304-310: each report has MeSH headings with qualifiers, chosen by
hand ("Pulmonary Atelectasis/base/left"), or "normal". They name what is present and often what is only suspected, and
never what is absent. The reports are split by a hash of their name: the rules were written on one half ("tuned"), the
other ("held out") was read at the end. Reports without headings ("No Indexing") are left out.
"""

import hashlib
import time
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, figure
from benchmarks.report_disagreements import READ
from prelim.documents.report import findings_in, summary_of

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "reports-openi"
HALVES = ("tuned", "held out")
DEVICE = "device"
_DEVICES = {"pacemaker", "catheter", "endotracheal_tube", "enteric_tube", "chest_tube", "sternotomy_wires"}
_DEVICES |= {"medical_material"}
_SPINES = {"Spine", "Thoracic Vertebrae", "Lumbar Vertebrae", "Cervical Vertebrae"}
_ANY = {
    "Opacity": "lung_opacity",
    "Airspace Disease": "lung_opacity",
    "Density": "lung_opacity",
    "Consolidation": "consolidation",
    "Pneumonia": "pneumonia",
    "Pulmonary Atelectasis": "atelectasis",
    "Volume Loss": "atelectasis",
    "Pleural Effusion": "pleural_effusion",
    "Pneumothorax": "pneumothorax",
    "Cardiomegaly": "cardiomegaly",
    "Nodule": "lung_nodule",
    "Mass": "lung_mass",
    "Calcified Granuloma": "calcified_granuloma",
    "Granuloma": "calcified_granuloma",
    "Granulomatous Disease": "granulomatous_disease",
    "Atherosclerosis": "arterial_wall_calcification",
    "Pulmonary Disease, Chronic Obstructive": "copd",
    "Emphysema": "emphysema",
    "Pulmonary Emphysema": "emphysema",
    "Blister": "emphysema",
    "Fibrosis": "pulmonary_fibrotic_sequela",
    "Pulmonary Fibrosis": "pulmonary_fibrotic_sequela",
    "Pulmonary Congestion": "vascular_congestion",
    "Pulmonary Edema": "pulmonary_oedema",
    "Scoliosis": "scoliosis",
    "Kyphosis": "kyphosis",
    "Spondylosis": "degenerative_spine",
    "Hyperostosis, Diffuse Idiopathic Skeletal": "degenerative_spine",
    "Fractures, Bone": "fracture",
    "Hernia, Hiatal": "hiatal_hernia",
    "Aortic Aneurysm": "aortic_aneurysm",
    "Pericardial Effusion": "pericardial_effusion",
    "Bone Diseases, Metabolic": "osteopenia",
    "Diaphragmatic Eventration": "elevated_hemidiaphragm",
    **dict.fromkeys(
        ("Implanted Medical Device", "Catheters, Indwelling", "Tube, Inserted", "Surgical Instruments", "Stents"),
        DEVICE,
    ),
    **dict.fromkeys(("Spinal Fusion", "Breast Implants", "Medical Device"), DEVICE),
}
"""Headings whose label does not depend on their qualifiers."""
_QUALIFIED = {
    ("Costophrenic Angle", "blunted"): "blunted_costophrenic_angle",
    ("Pleura", "blunted"): "blunted_costophrenic_angle",
    ("Thickening", "pleura"): "pleural_thickening",
    ("Cardiac Shadow", "enlarged"): "cardiomegaly",
    ("Mediastinum", "prominent"): "enlarged_cardiomediastinum",
    ("Calcinosis", "lymph nodes"): "calcified_lymph_node",
    ("Calcinosis", "aorta"): "arterial_wall_calcification",
    ("Calcinosis", "aorta, thoracic"): "arterial_wall_calcification",
    ("Aorta", "tortuous"): "tortuous_aorta",
    ("Aorta, Thoracic", "tortuous"): "tortuous_aorta",
    ("Aorta, Thoracic", "enlarged"): "aortic_dilatation",
    ("Lung", "hypoinflation"): "low_lung_volumes",
    ("Lung", "hyperdistention"): "hyperinflation",
    ("Diaphragm", "flattened"): "hyperinflation",
    ("Diaphragm", "elevated"): "elevated_hemidiaphragm",
    ("Cicatrix", "lung"): "pulmonary_fibrotic_sequela",
    ("Cicatrix", "pleura"): "pleural_thickening",
    ("Markings", "interstitial"): "interstitial_markings",
    ("Markings", "bronchovascular"): "bronchovascular_crowding",
    ("Infiltrate", "interstitial"): "interstitial_markings",
    ("Infiltrate", "lung"): "lung_opacity",
    ("Shoulder", "degenerative"): "degenerative_change",
    ("Osteophyte", "shoulder"): "degenerative_change",
}
"""Headings whose label a qualifier makes; the first that fits counts. What stands in neither table is not counted."""
_SIDES = {"right": "right", "left": "left", "lingula": "left", "middle lobe": "right"}


class Report(NamedTuple):
    """`truth` maps a label to the sides that its headings state: of "right" and "left", empty where none."""

    name: str
    text: str
    truth: dict[str, set[str]]


class Verdict(NamedTuple):
    """Where a report and its headings differ. `ours` is "present", "uncertain", "absent" or "unsaid"."""

    name: str
    label: str
    truth: bool
    ours: str


def measure(full: bool) -> list[Figure]:
    """Both halves, whatever the size: 300 reports take less than a second."""
    halves = dict(zip(HALVES, reports(), strict=True))
    figures = [row for half, some in halves.items() for row in [*_scores(half, some), *_sides(half, some)]]
    return [*figures, *_reasons(halves), _time([one for some in halves.values() for one in some])]


def reports(folder: Path = DATA) -> tuple[list[Report], list[Report]]:
    """The two halves, in the order of their names."""
    halves: tuple[list[Report], list[Report]] = ([], [])
    for path in sorted(folder.glob("*.xml")):
        tree = ET.parse(path).getroot()
        majors = [str(item.text) for item in tree.findall(".//MeSH/major")]
        if majors != ["No Indexing"]:
            texts = {item.get("Label"): item.text for item in tree.iter("AbstractText") if item.text}
            text = "\n".join(f"{heading}: {said}" for heading, said in texts.items())
            odd = int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 2
            halves[odd].append(Report(path.stem, text, _truth(majors)))
    return halves


def _truth(majors: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for major in majors:
        for label in _labels(*major.split("/")):
            found[label] |= _mesh_sides(major.split("/")[1:])
    return dict(found)


def _labels(heading: str, *qualifiers: str) -> Iterator[str]:
    """The label of a heading; none where the tables above have none."""
    if heading in _SPINES and "degenerative" in qualifiers:
        yield "degenerative_spine"
    elif heading in ("Arthritis", "Osteophyte") and "shoulder" not in qualifiers:
        spine = heading == "Osteophyte" or any("spine" in item or "vertebrae" in item for item in qualifiers)
        yield "degenerative_spine" if spine else "degenerative_change"
    elif heading in _ANY:
        yield _ANY[heading]
    else:
        found = [label for (name, word), label in _QUALIFIED.items() if name == heading and word in qualifiers]
        yield from found[:1]


def _mesh_sides(qualifiers: Sequence[str]) -> set[str]:
    sides = {_SIDES[item] for item in qualifiers if item in _SIDES}
    return {"right", "left"} if "bilateral" in qualifiers else sides


_COUNTED = {*_ANY.values(), *_QUALIFIED.values(), "degenerative_spine"}


def states_of(text: str) -> dict[str, str]:
    """Each counted label's strongest state over the sides of a report; all devices are one."""
    order = ("absent", "uncertain", "present")
    found: dict[str, str] = {}
    for (label, _), state in summary_of(findings_in(text)).items():
        one = DEVICE if label in _DEVICES else label
        found[one] = max(found.get(one, state), state, key=order.index)
    return {label: state for label, state in found.items() if label in _COUNTED}


def disagreements(some: Sequence[Report]) -> list[Verdict]:
    """Where what we call present and what the headings name differ."""
    found = []
    for report in some:
        ours = states_of(report.text)
        for label in sorted({*report.truth, *ours}):
            truth, state = label in report.truth, ours.get(label, "unsaid")
            if truth != (state == "present"):
                found.append(Verdict(report.name, label, truth, state))
    return [one for one in found if one.truth or one.ours == "present"]


def _scores(half: str, some: Sequence[Report]) -> list[Figure]:
    """F1 of each label, all together, and with what is uncertain counted as present."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for report in some:
        ours = states_of(report.text)
        for label in {*report.truth, *ours}:
            for name, states in (("", ("present",)), (" or uncertain", ("present", "uncertain"))):
                said, true = ours.get(label) in states, label in report.truth
                kind = {(True, True): "tp", (True, False): "fp", (False, True): "fn"}.get((said, true))
                for key in (label, "all labels") if kind else ():
                    counts[key + name][str(kind)] += 1
    shown = [*sorted(key for key in counts if not key.endswith(" or uncertain")), "all labels or uncertain"]
    return [_f1(f"{half}, {key}", counts[key]) for key in shown]


def _f1(name: str, count: Counter[str]) -> Figure:
    tp, fp, fn = count["tp"], count["fp"], count["fn"]
    note = f"precision {_share(tp, tp + fp)}, recall {_share(tp, tp + fn)}; tp {tp}, fp {fp}, fn {fn}"
    score = round(2 * tp / (2 * tp + fp + fn), 3)
    return figure(f"report_findings/{name}", score, "F1", more_is_better=True, note=note)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "none"


def _sides(half: str, some: Sequence[Report]) -> list[Figure]:
    """Of the labels that both name, with a side in the headings: how often ours is the same."""
    seen: Counter[str] = Counter()
    for report in some:
        named = {label: _our_sides(report.text, label) for label, sides in report.truth.items() if sides}
        for label, ours in named.items():
            if states_of(report.text).get(label) in ("present", "uncertain"):
                kind = "same" if ours == report.truth[label] else "none" if not ours else "other"
                seen[kind] += 1
    note = f"{seen['same']} of {seen.total()} the same, {seen['none']} without a side, {seen['other']} another"
    return [figure(f"report_findings/{half}, side", round(seen["same"] / max(1, seen.total()), 3), "share", note=note)]


def _our_sides(text: str, label: str) -> set[str]:
    found: set[str] = set()
    for (one, side), state in summary_of(findings_in(text)).items():
        if side and state != "absent" and (one == label or (label == DEVICE and one in _DEVICES)):
            found |= {"right", "left"} if side == "bilateral" else {side}
    return found


def _reasons(halves: dict[str, list[Report]]) -> list[Figure]:
    """How many disagreements a reader found to be of each kind, and how many stand unread: a change makes new ones."""
    figures = []
    for half, some in halves.items():
        differ = disagreements(some)
        kinds: dict[str, list[str]] = defaultdict(list)
        for one in differ:
            kinds[READ.get((one.name, one.label), "not yet read")].append(f"{one.name} {one.label}")
        for kind, names in sorted(kinds.items()):
            note = f"of {len(differ)}: {', '.join(names)}"
            figures.append(figure(f"report_findings/{half}, disagreements: {kind}", len(names), "count", note=note))
    return figures


def _time(some: Sequence[Report]) -> Figure:
    """The mean time for one report, over all."""
    findings_in(some[0].text)
    start = time.perf_counter()
    for report in some:
        findings_in(report.text)
    took = (time.perf_counter() - start) / len(some) * 1e3
    return figure("report_findings/one report", round(took, 2), "ms", goal=5.0, note=f"mean of {len(some)}")
