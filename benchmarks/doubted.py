"""A good draft with one of its findings made uncertain, said as the knowledge table says it.

The embedded model is rarely in doubt about a drawing, and a verifier must be tried on doubt as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from prelim.knowledge.sentence import claim
from tests.mutators.drafts import findings_of, statements

Json = Mapping[str, Any]


def doubted(draft: Json, rng: np.random.Generator) -> dict[str, Any] | None:
    """The draft with one finding uncertain; None where every finding shares its sentence with another."""
    alone = [found for found in draft["findings"] if found["change"] is None and _alone(draft, found)]
    if not alone:
        return None
    chosen = alone[int(rng.integers(len(alone)))]
    said = claim(chosen["label"], chosen["laterality"], "uncertain", None, None)
    found = {**chosen, "state": "uncertain", "probability": 0.5}
    sections = {
        section: [
            {**one, "text": said.sentence(), "support": "abstained", "source": "template"}
            if findings_of(draft, one) == [chosen]
            else one
            for one in lines
        ]
        for section, lines in draft["sections"].items()
    }
    findings = [found if one == chosen else one for one in draft["findings"]]
    return {**draft, "sections": sections, "findings": findings}


def _alone(draft: Json, found: Json) -> bool:
    """Whether every sentence about a finding is about it alone."""
    told = [findings_of(draft, one) for _, one in statements(draft)]
    return all(findings == [found] for findings in told if found in findings)
