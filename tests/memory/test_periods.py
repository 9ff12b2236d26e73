"""The days that questions name: what is meant, counted from a day at hand, and what is left of the question."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memory.periods import Window, period_of, window_in, within

TODAY = date(2016, 5, 20)


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("before March 2012", None, "2012-02-29"),
        ("prior to 2 January 2012", None, "2012-01-01"),
        ("before the year 2012", None, "2011-12-31"),
        ("predating 2012", None, "2011-12-31"),
        ("up to 12.03.2013", None, "2013-03-12"),
        ("by the end of 2013", None, "2013-12-31"),
        ("since 2015-02-03", "2015-02-03", None),
        ("since last year", "2015-01-01", None),
        ("from 2012 onwards", "2012-01-01", None),
        ("2014 and later", "2014-01-01", None),
        ("2014 or before", None, "2014-12-31"),
        ("in 2014", "2014-01-01", "2014-12-31"),
        ("2012-05", "2012-05-01", "2012-05-31"),
        ("February 2012", "2012-02-01", "2012-02-29"),
        ("the 1990s", "1990-01-01", "1999-12-31"),
        ("between 2012 and March 2014", "2012-01-01", "2014-03-31"),
        ("from 2012 to 2014", "2012-01-01", "2014-12-31"),
        ("over the last year", "2015-05-20", "2016-05-20"),
        ("past six months", "2015-11-20", "2016-05-20"),
        ("in the last 12 months", "2015-05-20", "2016-05-20"),
        ("last year", "2015-01-01", "2015-12-31"),
        ("last month", "2016-04-01", "2016-04-30"),
        ("in June", "2015-06-01", "2015-06-30"),
        ("of January", "2016-01-01", "2016-01-31"),
        ("since January", "2016-01-01", None),
        ("after March", "2016-04-01", None),
        ("before June", None, "2015-05-31"),
        ("until April", None, "2016-04-30"),
        ("between November and February", "2015-11-01", "2016-02-29"),
        ("today", "2016-05-20", "2016-05-20"),
    ],
)
def test_a_window(said: str, since: str | None, until: str | None) -> None:
    window, rest = window_in(f"creatinine {said}", TODAY)
    assert (window.since, window.until, window.near) == (since, until, None)
    assert rest.split() == ["creatinine"]


def test_after_a_day_the_next_one_comes_first() -> None:
    window, _ = window_in("the creatinine after 3 Feb 2015", TODAY)
    assert window == Window(since="2015-02-04", forward=True)


@pytest.mark.parametrize(
    ("said", "near"),
    [("two years ago", "2014-05-20"), ("around June 2013", "2013-06-15"), ("closest to 2013-02-03", "2013-02-03")],
)
def test_near_a_day(said: str, near: str) -> None:
    assert window_in(f"weight {said}", TODAY)[0] == Window(near=near)


@pytest.mark.parametrize(
    "said", ["may he have cancer", "last 3 creatinines", "5.2 mmol", "grade 2", "the second lead", "31 February 2012"]
)
def test_what_is_no_day(said: str) -> None:
    assert window_in(said, TODAY) == (Window(), said)


def test_two_clauses_bound_together() -> None:
    window, _ = window_in("since 2010 and before 2012", TODAY)
    assert (window.since, window.until) == ("2010-01-01", "2011-12-31")
    assert within(window, "2011-02-01", "2020-01-01") == Window(since="2011-02-01", until="2011-12-31")


@settings(deadline=None, max_examples=150)
@example("999 decades ago", date.min)
@example("in the last 999 years", date(1, 1, 1))
@example("after 9999-12-31", date.max)
@example("before 0001-01-01", TODAY)
@given(st.text(alphabet="0123456789/-. abcdefghijklmnopqrstuvwxyz", max_size=40), st.dates())
def test_no_words_break_it(text: str, today: date) -> None:
    window, rest = window_in(text, today)
    assert len(rest) == len(text)
    for day in filter(None, (window.since, window.until, window.near)):
        date.fromisoformat(day)
    period = period_of(text, today)
    assert period is None or period[0] <= period[1]


@pytest.mark.parametrize("said", ["2012 and 2014", "2014 versus 2012", "in 2012 and in 2014"])
def test_two_periods_that_do_not_meet_are_spanned(said: str) -> None:
    assert window_in(f"creatinine {said}", TODAY)[0] == Window(since="2012-01-01", until="2014-12-31")
