"""What cannot wait for the draft: findings and results that are critical, by the tables, the site or the laboratory."""

from agents.laboratory import is_critical
from agents.trending import current_results, trending
from prelim.draft import Found
from prelim.errors import InputError
from prelim.knowledge import rules, urgency_of
from prelim.settings import Settings
from prelim.types import Triage


def critical_in(found: Found, settings: Settings) -> tuple[str, ...]:
    """The ids of what is critical by what is known so far: findings, then results."""
    return critical_findings(found.triage, settings) + critical_results(found)


def critical_findings(triage: Triage, settings: Settings) -> tuple[str, ...]:
    """The ids of the present findings that are critical.

    An answer that the model's card does not cover is marked wherever it is shown; an alert cannot be, and is not sent.
    """
    present = [finding for finding in triage.findings if finding.state == "present" and not finding.out_of_scope]
    listed = settings.critical_findings
    return tuple(finding.id for finding in present if urgency_of(finding.label, listed) == "critical")


def critical_results(found: Found) -> tuple[str, ...]:
    """The ids of the critical results that no later one has replaced: what makes a draft's urgency critical."""
    results = current_results(found.labs.labs, trending(found)[0])
    return tuple(lab.id for lab in results if is_critical(lab))


def check_labels(settings: Settings) -> None:
    """InputError `bad_setting` where the site lists a finding that no table holds."""
    unknown = [label for label in settings.critical_findings if label not in rules()]
    if unknown:
        message = f"Setting 'critical_findings': no finding is called '{unknown[0]}'."
        raise InputError("bad_setting", message, f"Known: {', '.join(rules())}.")
