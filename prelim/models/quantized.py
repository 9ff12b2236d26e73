"""The language model's weights in fewer bits, for a GPU that does not hold them in bf16. The vision tower, the
embedding and the head stay as they are.

int8: torchao's weight-only integers, multiplied in bf16. int4: bitsandbytes' nf4. bitsandbytes' int8 is not used: it
multiplies in fp16, which overflows in Gemma 3 (transformers#36822).
"""

from typing import Any

import torch

from prelim.errors import UnavailableError
from prelim.settings import Weights

_LIBRARY = {"int8": "torchao", "int4": "bitsandbytes"}


def quantize(model: Any, weights: Weights) -> None:
    """Change a loaded model's text layers in place. UnavailableError `library_missing` names what to install."""
    if weights == "bf16":
        return
    layers = model.model.language_model.layers
    try:
        if weights == "int8":
            _to_int8(layers)
        else:
            _to_int4(layers)
    except ImportError as error:
        library = _LIBRARY[weights]
        remedy = f'Install it: pip install -c constraints.txt "{library}".'
        raise UnavailableError("library_missing", f"{weights} weights need {library}.", remedy) from error


def _to_int8(layers: torch.nn.Module) -> None:
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    quantize_(layers, Int8WeightOnlyConfig())


def _to_int4(layers: torch.nn.Module) -> None:
    from bitsandbytes.nn import Linear4bit, Params4bit

    for module in list(layers.modules()):
        for name, linear in list(module.named_children()):
            if isinstance(linear, torch.nn.Linear):
                small = Linear4bit(
                    linear.in_features,
                    linear.out_features,
                    bias=linear.bias is not None,
                    compute_dtype=linear.weight.dtype,
                    quant_type="nf4",
                    device="meta",
                )
                small.weight = Params4bit(linear.weight.data, requires_grad=False, quant_type="nf4", module=small)
                small.bias = linear.bias
                setattr(module, name, small.to(linear.weight.device))
