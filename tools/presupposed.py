"""Answers that presuppose one another: where there is no tube, no tube lies wrong."""

from collections.abc import Sequence

from prelim.knowledge import rule_of
from prelim.types import Finding


def coherent(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of one study, each in line with the finding that it presupposes.

    Where that is absent, what is present contradicts it and becomes uncertain; what is uncertain is absent, for it
    cannot be likelier than what it presupposes.
    """
    known = {(finding.label, finding.laterality): finding for finding in findings}
    return tuple(
        _after(finding, known.get((rule_of(finding.label).presupposes, finding.laterality))) for finding in findings
    )


def _after(finding: Finding, ground: Finding | None) -> Finding:
    if ground is None or ground.state != "absent" or finding.state == "absent":
        return finding
    if finding.state == "present":
        return finding.model_copy(update={"state": "uncertain"})
    return finding.model_copy(update={"state": "absent", "probability": ground.probability})
