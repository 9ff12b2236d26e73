"""Chest ImaGenome (Wu et al., 2021): a scene graph a film as JSON, with the boxes of the body's parts.

Its boxes are taken in the frame of the original film (`original_x1` …), not in that of its copy of 224 pixels.
"""

import json
from pathlib import Path
from typing import Any

from prelim.errors import InputError
from prelim.types import BoxPx
from tools.layouts.boxes import BoxExample, BoxTruth, number, proper
from tools.layouts.sheet import Found, Source
from tools.layouts.stated import chest_film

FILES = "*_SceneGraph.json"
_EDGES = ("original_y1", "original_x1", "original_y2", "original_x2")


def read(folder: Path, source: Source) -> Found[BoxExample]:
    """Every scene graph below a folder; films by their `image_id`, with any ending, where the images lie."""
    found = Found[BoxExample]()
    for path in sorted(folder.rglob(FILES)):
        with found.refusing(None, path.name.removesuffix(FILES[1:])):
            found.examples.append(_example(path, source, found))
    return found


def _example(path: Path, source: Source, found: Found[BoxExample]) -> BoxExample:
    graph = _graph(path)
    image = str(graph["image_id"])
    place = source.pictures.find(image)
    boxes = []
    for item in graph["objects"]:
        with found.refusing(None, image):
            boxes.append(BoxTruth(label=str(item["bbox_name"]), box_px=_box(item)))
    view = str(graph.get("viewpoint", ""))
    note = chest_film(view if view in ("AP", "PA") else "")
    patient = str(graph.get("patient_id", image))
    return BoxExample(image, patient, tuple(boxes), lambda scratch: place, note, structures=True)


def _graph(path: Path) -> dict[str, Any]:
    """InputError bad_truth."""
    try:
        graph = json.loads(path.read_bytes())
        if all("bbox_name" in item for item in graph["objects"]) and "image_id" in graph:
            return dict(graph)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError("bad_truth", f"{path.name} is no scene graph of Chest ImaGenome.", "") from error
    raise InputError("bad_truth", f"{path.name} lacks image_id or bbox_name.", "")


def _box(item: dict[str, Any]) -> BoxPx:
    y0, x0, y1, x1 = (number(str(item.get(name)), name) for name in _EDGES)
    return proper((y0, x0, y1, x1))
