"""The alert: what is critical calls whom the site named, with the case id, the urgency and nothing else.

Off unless configured. At least once for each case and what was found in it: meant before, audited and marked as sent
after. A kill between sending and marking sends again, and the receiver tells the repeat by its Idempotency-Key. What
cannot be delivered is tried again a few times, within bounds; then the draft goes on and warns.
"""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from memory.alerts import Alert, Alerts
from memory.audit import Audit
from memory.cases import Cases
from prelim.settings import Settings
from tools.channels import Channel, Message, UndeliveredError, channels_of

UNDELIVERED = "Alert not delivered: "
"""How the warning of a draft begins. It is no part of what the draft says, and goes once the alert is delivered."""
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 4.0
_AT_MOST_S = 30.0
"""No try is begun later than this after the first: a receiver that is down holds no draft up for long."""


def alert(settings: Settings, *, case_id: str, found: Sequence[str]) -> None:
    """Raise the case's urgency at once, then call for each of `found` (ids of findings and results) not called yet."""
    if not found:
        return
    Cases(settings.home / "cases.db").grade(case_id, "critical")
    store, channels = Alerts(settings.home / "alerts.db"), channels_of(settings)
    meant = [(store.mean(case_id, id, channel.name), channel) for id in found for channel in channels]
    _send_all(settings, store, meant)


def alert_again(settings: Settings, case_id: str) -> None:
    """Try what was not delivered, on the channels that are configured now."""
    store = Alerts(settings.home / "alerts.db")
    channels = {channel.name: channel for channel in channels_of(settings)}
    unsent = store.unsent(case_id) if channels else ()
    _send_all(settings, store, [(one, channels[one.channel]) for one in unsent if one.channel in channels])


def undelivered(home: Path, case_id: str) -> tuple[str, ...]:
    """A warning for each reason for which alerts of a case are not known to have arrived."""
    unsent = Alerts(home / "alerts.db").unsent(case_id)
    problems = dict.fromkeys(one.problem or "it was cut off" for one in unsent)
    return tuple(f"{UNDELIVERED}{problem}. `prelim resume {case_id}` tries again." for problem in problems)


def _send_all(settings: Settings, store: Alerts, meant: Iterable[tuple[Alert, Channel]]) -> None:
    audit = Audit(settings.home / "audit.db")
    ends_s = time.monotonic() + _AT_MOST_S
    for one, channel in meant:
        if one.state != "sent":
            problem, tries = _send(one, channel, settings.alert_tries, ends_s)
            # The record before the mark: a kill between them sends again, and still leaves one record.
            how, event = ("given_up", "alert_given_up") if problem else ("sent", "alerted")
            detail = {"channel": channel.name, "key": one.key, "tries": tries, "problem": problem}
            audit.append(f"{one.case_id}:alert:{one.key[:16]}:{channel.name}:{how}", event, one.case_id, detail)
            store.end(one, problem, tries)


def _send(one: Alert, channel: Channel, most: int, ends_s: float) -> tuple[str, int]:
    """What is wrong ("" where it was delivered), and after how many tries. None is begun after `ends_s`."""
    if time.monotonic() >= ends_s:
        return one.problem or "no time was left to try it", 0

    def over(state: RetryCallState) -> bool:
        return stop_after_attempt(most)(state) or time.monotonic() + state.upcoming_sleep >= ends_s

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, UndeliveredError) and error.passing),
        stop=over,
        wait=wait_random_exponential(multiplier=_PAUSE_S, max=_LONGEST_PAUSE_S),
        reraise=True,
    )
    problem = ""
    try:
        retrying(channel.send, Message(case_id=one.case_id, urgency="critical"), one.key)
    except UndeliveredError as error:
        problem = error.message
    return problem, int(retrying.statistics["attempt_number"])
