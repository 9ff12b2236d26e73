"""RadGraph-F1 (Jain et al., NeurIPS 2021; Yu et al., Patterns 2023), where the package `radgraph` is installed.

Its weights have to lie on this machine already: nothing is fetched.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from prelim.errors import UnavailableError


def radgraph_f1(written: Sequence[str], reference: Sequence[str]) -> list[float]:
    """Each report's F1 of entities, their labels and whether they are related ("partial").

    UnavailableError library_missing, model_missing.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        radgraph: Any = import_module("radgraph")  # none that this project asks for
    except ImportError as error:
        raise UnavailableError("library_missing", "The package radgraph is not installed.", "") from error
    try:
        scorer = radgraph.F1RadGraph(reward_level="partial")
    except OSError as error:
        raise UnavailableError("model_missing", "The weights of radgraph are not on this machine.", "") from error
    _, each, *_ = scorer(hyps=list(written), refs=list(reference))
    return [float(one) for one in each]
