"""Weights in fewer bits: smaller, and still the same model. What they do on a GPU is not tested here."""

import os
import subprocess
import sys

import pytest

from prelim.errors import UnavailableError
from prelim.models import quantized
from tests.conftest import ROOT

LIBRARIES = ROOT / "build" / "quantized"
# In a process of its own: these libraries warn, log and patch when they are imported.
ASK = """
import sys, torch
from tests.models.engine.conftest import asked, model_of, whole
from prelim.models.quantized import quantize
import copy

torch.set_num_threads(1)
model, one = copy.deepcopy(model_of(24, torch.bfloat16)), asked([0, 1], 3, 20)
full = whole(model, one).float()
quantize(model, sys.argv[1])
small = whole(model.to("cpu"), one).float()
layer = model.model.language_model.layers[0].mlp.up_proj
print(float((small - full).std() / full.std()), type(layer.weight).__name__, model.dtype)
"""
FAR = {"int8": 0.05, "int4": 0.5}
"""Deviation of the logits, as a share of their own; random weights are harder to round than trained ones."""


@pytest.mark.integration
@pytest.mark.parametrize(("weights", "kind"), [("int8", "Int8Tensor"), ("int4", "Params4bit")])
def test_fewer_bits_are_close(weights: str, kind: str) -> None:
    if not LIBRARIES.is_dir():
        pytest.skip("torchao and bitsandbytes are not here: `make test` brings them")
    command = [sys.executable, "-W", "ignore", "-c", ASK, weights]
    path = os.environ | {"PYTHONPATH": str(LIBRARIES)}
    done = subprocess.run(command, cwd=ROOT, env=path, capture_output=True, text=True, check=True)
    off, found, dtype = done.stdout.split()
    assert found == kind
    assert dtype == "torch.bfloat16"
    assert 0 < float(off) < FAR[weights]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(layers: object) -> None:
        raise ImportError("torchao")

    class Model:
        class model:
            class language_model:
                layers = None

    monkeypatch.setattr(quantized, "_to_int8", gone)
    with pytest.raises(UnavailableError, match="int8 weights need torchao") as raised:
        quantized.quantize(Model, "int8")
    assert raised.value.code == "library_missing"
