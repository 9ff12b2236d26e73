"""RadGraph-F1 (Jain et al., NeurIPS 2021; Yu et al., Patterns 2023), where the package `radgraph` is installed.

Its weights have to lie on this machine already: nothing is fetched.
"""

import os
from collections.abc import Sequence


class NotComputed(Exception):
    """Why there is no score, in words for a person."""


def radgraph_f1(written: Sequence[str], reference: Sequence[str]) -> list[float]:
    """Each report's F1 of entities, their labels and whether they are related ("partial"). NotComputed."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from radgraph import F1RadGraph
    except ImportError as error:
        raise NotComputed("radgraph_f1: the package radgraph is not installed.") from error
    try:
        scorer = F1RadGraph(reward_level="partial")
    except OSError as error:
        raise NotComputed("radgraph_f1: the weights of radgraph are not on this machine.") from error
    _, each, *_ = scorer(hyps=list(written), refs=list(reference))
    return [float(one) for one in each]
