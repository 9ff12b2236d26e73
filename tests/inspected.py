"""The public data as `inspect` sees it: looked at once a folder, and held against the contract each time."""

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from memory.artifacts import Artifacts
from tools.intake import inspect

Look = Callable[[str], dict[str, Any]]
Pixels = Callable[[dict[str, Any]], list[np.ndarray]]
NUMBER = (int, float)
SERIES = {
    "series_instance_uid": str,
    "volume": int,
    "modality": str,
    "body_part": str,
    "kind": str,
    "frames": int,
    "shape": list,
    "affine_lps": (list, type(None)),
    "slice_origins_lps": (list, type(None)),
    "spacing_mm": (list, type(None)),
    "photometric": str,
    "value_range": list,
    "issues": list,
}
"""The fields of a series and their types, as the contract has them."""
WHY_NO_AFFINE = ("Uneven", "not parallel", "at one position", "out of line")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return Artifacts(tmp_path_factory.mktemp("inspected") / "artifacts")


@pytest.fixture(scope="module")
def look(shared_data: Path, store: Artifacts) -> Look:
    """What `inspect` says of a folder or file of the data, as JSON, held against the contract."""

    @cache
    def look(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(inspect(shared_data / name, store).model_dump_json())
        promised(found)
        return found

    return look


@pytest.fixture(scope="module")
def pixels(store: Artifacts) -> Pixels:
    """The stored pictures of a series."""

    def pixels(series: dict[str, Any]) -> list[np.ndarray]:
        images = series["image_set"]["images"]
        return [np.asarray(Image.open(io.BytesIO(store.get(image["pixels_sha256"])))) for image in images]

    return pixels


def promised(document: dict[str, Any]) -> None:
    """Fields and shapes of the contract, and that the numbers of a series agree with each other."""
    assert set(document) >= {"series", "documents", "refused"}
    assert all({"path", "kind", "pages"} <= set(paper) for paper in document["documents"])
    assert all({"path", "code", "message"} <= set(refusal) for refusal in document["refused"])
    for series in document["series"]:
        assert all(isinstance(series[name], kind) for name, kind in SERIES.items()), series["series_instance_uid"]
        low, high = series["value_range"]
        slices, rows, columns = series["shape"]
        assert low <= high and min(rows, columns) > 0 and series["frames"] == slices
        placed(series)
        images = series["image_set"]["images"]
        positions = [image["position"] for image in images]
        assert positions == sorted(set(positions)) and (not images or positions[-1] < series["image_set"]["total"])
        if series["kind"] != "slide":
            assert images and all((image["rows"], image["columns"]) == (rows, columns) for image in images)


def placed(series: dict[str, Any]) -> None:
    """Positions for every slice or none; an affine that leads to them, or a reason why there is none."""
    affine, origins, spacing = (series[name] for name in ("affine_lps", "slice_origins_lps", "spacing_mm"))
    if origins is None:
        assert affine is None
        assert series["kind"] != "volume" or "positions are not stated" in " ".join(series["issues"])
        return
    assert len(origins) == series["shape"][0] and len(spacing) == 3 and min(spacing[1:]) > 0
    if affine is None:
        assert spacing[0] is None and any(why in issue for why in WHY_NO_AFFINE for issue in series["issues"])
        return
    matrix = np.array(affine)
    assert matrix.shape == (4, 4) and matrix[3].tolist() == [0, 0, 0, 1]
    steps = np.linalg.norm(matrix[:3, :2], axis=0)
    assert np.allclose(steps, [spacing[2], spacing[1]], rtol=1e-6), "columns step along a row"
    led = matrix[:3, 3] + np.arange(len(origins))[:, None] * matrix[:3, 2]
    assert np.abs(led - origins).max() < 0.05
    assert len(origins) == 1 or spacing[0] == pytest.approx(
        float(np.dot(matrix[:3, 2], np.cross(matrix[:3, 0], matrix[:3, 1])) / steps.prod()), abs=0.01
    )


def only(document: dict[str, Any]) -> dict[str, Any]:
    [series] = document["series"]
    return series


def refusals(document: dict[str, Any]) -> dict[str, str]:
    return {Path(refusal["path"]).name: refusal["code"] for refusal in document["refused"]}
