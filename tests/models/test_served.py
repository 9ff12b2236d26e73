"""The served model against servers that are slow, fail, lack features, or answer what they should not."""

import base64
import io
import json
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import pytest
from PIL import Image

from prelim.errors import InputError, UnavailableError
from prelim.models import doctor, served_pool
from prelim.models.answers import BoxAnswers, LabLineAnswer, row_copied_from
from prelim.models.interface import ChatModel, Score
from prelim.models.loading import identify, open_model
from prelim.models.messages import ask
from prelim.settings import Settings, load_settings
from tests.model_server import NAME, Answer, ModelServer, always, images, in_turn, likely, looks, refused, said
from tests.models.test_chat import png

SECRET = "k-Zq7Canary"
QUESTION = "Is there a shadow on Canary's film?"
CHOICES = ("yes", "no")
ROW = json.dumps([{"name": "CRP", "value": "87.0", "unit": "mg/L", "reference": "", "flag": ""}])
pytestmark = pytest.mark.integration  # a server on this machine
LINE = row_copied_from("CRP | 87.0 | mg/L")
Serve = Callable[..., ModelServer]
Open = Callable[..., ChatModel]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_pool, "_PAUSE_S", 0.001)


@pytest.fixture
def opened(home: Any) -> Open:
    """The model at one or several servers, or addresses."""

    def open_at(*servers: ModelServer | str, **named: Any) -> ChatModel:
        urls = ",".join(server if isinstance(server, str) else server.url for server in servers)
        return open_model(load_settings(home=home, model=f"served:{urls}#{NAME}", **named))

    return open_at


def film(side: int = 8) -> bytes:
    return png(Image.new("L", (side, side // 2), 200))


def failure(chat: ChatModel, *films: bytes) -> UnavailableError:
    """How a question fails. Nothing of it, nor the key, is in what is said."""
    with pytest.raises(UnavailableError) as raised:
        chat.invoke(ask(QUESTION, films))
    shown = f"{raised.value}{raised.value.as_json()}"
    assert "Canary" not in shown and raised.value.exit_status == 4 and raised.value.remedy
    return raised.value


@pytest.fixture
def dead(serve: Serve) -> str:
    """An address that nobody listens at."""
    server = ModelServer()
    server.close()
    return server.url


# ------------------------------------------------------------------ what is sent


def test_a_question_is_greedy_with_its_film_in_a_square(serve: Serve, opened: Open) -> None:
    server = serve()
    opened(server, served_key=SECRET).invoke(ask("Why?", [film(2000)], "Frontal film."))
    [body] = server.questions
    assert (body["temperature"], body["model"], body["max_tokens"], body["stream"]) == (0, NAME, 256, False)
    first, shown, last = body["messages"][0]["content"]
    assert (first["text"], last["text"]) == ("Frontal film.", "Why?")
    data = shown["image_url"]["url"].removeprefix("data:image/png;base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.size == (896, 896)
    assert [picture.getpixel(at) for at in ((448, 10), (448, 448), (448, 886))] == [(0,) * 3, (200,) * 3, (0,) * 3]
    assert set(server.keys) == {f"Bearer {SECRET}"}


def test_a_small_film_is_not_enlarged_and_no_key_is_made_up(serve: Serve, opened: Open) -> None:
    server = serve()
    opened(server).invoke(ask("Why?", [film(8)]))
    data = server.questions[0]["messages"][0]["content"][0]["image_url"]["url"].partition(",")[2]
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (8, 8)
    assert set(server.keys) == {None}


def test_nothing_goes_anywhere_else(serve: Serve, opened: Open, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither through a proxy of the environment nor where a redirect points."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, dead)
    monkeypatch.setenv("NO_PROXY", "")
    other, server = serve(), serve()
    assert opened(server).invoke("Hello").content == "yes"
    server.faults.append(always(Answer(307, {}, location=f"{other.url}/chat/completions")))
    assert failure(opened(server)).code == "model_refused"
    assert not other.asked


def test_questions_go_out_side_by_side_within_bounds(serve: Serve, opened: Open) -> None:
    lock, now, most = Lock(), 0, 0

    def count(body: Any) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1

    opened(serve(None, count), served_at_once=3).score_all([ask("Why?")] * 9, CHOICES)
    assert most == 3


# ------------------------------------------------------------------ servers that fail


def test_what_passes_is_tried_again(serve: Serve, opened: Open) -> None:
    server = serve(None, in_turn(refused(500, "boom"), refused(503, "loading"), refused(429, "slow"), said("fine")))
    assert opened(server).invoke(QUESTION).content == "fine"


def test_what_does_not_pass_is_named(serve: Serve, opened: Open) -> None:
    server = serve(None, always(refused(500, f"boom over {QUESTION}")))
    assert failure(opened(server)).code == "model_failed"
    assert len(server.questions) == 5


def test_a_failure_ends_what_has_not_begun(serve: Serve, opened: Open) -> None:
    server = serve(None, always(refused(401, "no")))
    with pytest.raises(UnavailableError):
        opened(server, served_at_once=1).score_all([ask("Why?")] * 50, CHOICES)
    assert len(server.questions) < 10


def slow(body: Any) -> Answer | None:
    if not looks(body):
        time.sleep(0.6)
    return None


def test_a_slow_server_is_asked_once(serve: Serve, opened: Open) -> None:
    server = serve(None, slow)
    assert failure(opened(server, served_timeout_s=0.2)).code == "model_timeout"
    assert len(server.questions) == 1


def test_another_server_answers_for_a_slow_one(serve: Serve, opened: Open) -> None:
    tardy, quick = serve(None, slow), serve(None, always(said("quick")))
    chat = opened(tardy, quick, served_timeout_s=0.2)
    assert [chat.invoke(QUESTION).content for _ in range(3)] == ["quick"] * 3
    assert len(tardy.questions) == 1  # it rests


@pytest.mark.parametrize("order", [1, -1])
def test_a_dead_server_is_passed_over(serve: Serve, opened: Open, dead: str, order: int) -> None:
    server = serve()
    chat = opened(*[dead, server][::order])
    assert [score.answer for score in chat.score_all([ask(QUESTION)] * 6, CHOICES)] == ["yes"] * 6


def test_questions_wait_for_a_silent_server_together(serve: Serve, opened: Open) -> None:
    server = serve(None, lambda body: time.sleep(0.3))
    began_s = time.monotonic()
    with pytest.raises(UnavailableError):
        opened(server, served_timeout_s=0.2).score_all([ask(QUESTION)] * 8, CHOICES)
    assert len(server.asked) == 1 and time.monotonic() - began_s < 8 * 0.2


def test_all_servers_dead(opened: Open, dead: str) -> None:
    assert failure(opened(dead, dead.replace("127.0.0.1", "localhost"))).code == "model_unreachable"


def test_two_servers_share_the_load(serve: Serve, opened: Open) -> None:
    pair = [serve(None, lambda body: time.sleep(0.05)) for _ in range(2)]
    opened(*pair, served_at_once=2).score_all([ask(QUESTION)] * 12, CHOICES)
    assert [len(server.questions) >= 3 for server in pair] == [True, True]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_not_shown(serve: Serve, opened: Open, status: int) -> None:
    error = failure(opened(serve(None, always(refused(status, f"bad key {SECRET}"))), served_key=SECRET))
    assert error.code == "model_forbidden" and "PRELIM_SERVED_KEY" in error.remedy


def test_a_model_of_another_name(serve: Serve, opened: Open) -> None:
    server = serve()
    server.names = ["gemma3", "llava"]
    error = failure(opened(server))
    assert error.code == "model_unknown" and "gemma3, llava" in error.remedy
    assert not server.asked


def test_a_server_without_a_list_of_models_is_believed(serve: Serve, opened: Open) -> None:
    server = serve()
    server.names = refused(404, "Not Found")
    assert opened(server).invoke(QUESTION).content == "yes"
    server.faults.append(always(refused(404, f"The model `{NAME}` does not exist.", "NotFoundError")))
    assert failure(opened(server)).code == "model_unknown"


def test_ollamas_latest_tag_goes_without_saying(serve: Serve, opened: Open) -> None:
    server = serve()
    server.names = [f"{NAME}:latest"]
    assert opened(server).invoke(QUESTION).content == "yes"


@pytest.mark.parametrize("body", [b"<html>Canary</html>", {}, {"choices": []}, {"choices": [{"message": "Canary"}]}])
def test_an_answer_in_another_form(serve: Serve, opened: Open, body: Any) -> None:
    assert failure(opened(serve(None, always(Answer(200, body))))).code == "model_malformed"


VLLM = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens in the messages."
VLLM_IMAGES = "The decoder prompt (length 33000) is longer than the maximum model length of 8192."
LLAMA = "request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it"
MMPROJ = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"


@pytest.mark.parametrize(
    ("answer", "code", "remedy"),
    [
        (refused(400, VLLM), "context_too_short", "--max-model-len"),
        (Answer(400, {"object": "error", "message": VLLM_IMAGES, "code": 400}), "context_too_short", "--max-model-len"),
        (refused(400, LLAMA, "exceed_context_size_error"), "context_too_short", "--ctx-size"),
        (refused(500, "the input length exceeds the context length", "api_error"), "context_too_short", "num_ctx"),
        (refused(400, "At most 1 image(s) may be provided in one prompt."), "too_many_images", "--limit-mm-per-prompt"),
        (refused(500, MMPROJ, "server_error"), "images_unseen", "--mmproj"),
    ],
)
def test_a_server_set_up_too_small(serve: Serve, opened: Open, answer: Answer, code: str, remedy: str) -> None:
    server = serve(None, always(answer))
    error = failure(opened(server), film())
    assert error.code == code and remedy in error.remedy
    assert len(server.questions) == 1


def test_images_dropped_without_a_word(serve: Serve, opened: Open) -> None:
    assert failure(opened(serve(None, lambda body: said("yes", tokens=20))), film()).code == "images_unseen"


def test_a_question_cut_short_without_a_word(serve: Serve, opened: Open) -> None:
    """By its own count the server saw less than the images take, as Ollama does with a small num_ctx."""
    server = serve(None, lambda body: said("yes", tokens=min(2048, 20 + 260 * images(body))))
    assert opened(server).invoke(ask(QUESTION, [film()] * 7)).content == "yes"
    assert failure(opened(server), *[film()] * 9).code == "context_too_short"


# ------------------------------------------------------------------ scores


def score(chat: ChatModel) -> Score:
    return chat.score(ask(QUESTION), CHOICES)


def test_a_share_is_summed_over_its_spellings(serve: Serve, opened: Open) -> None:
    top = likely(yes=0.3, Yes=0.2, _yes=0.1, y=0.05, no=0.04, N=0.01, yesterday=0.02, the=0.25)
    found = score(opened(serve(None, lambda body: said("yes", logprobs=top))))
    assert found.probabilities == pytest.approx({"yes": 0.6, "no": 0.04})
    assert (found.mass, found.answer) == (pytest.approx(0.64), "yes")


def test_the_beginning_of_one_choice_counts_for_it(serve: Serve, opened: Open) -> None:
    top = likely(resol=0.4, st=0.2, s=0.1)
    chat = opened(serve(None, lambda body: said("resol", ended=False, logprobs=top)))
    found = chat.score(ask(QUESTION), ("resolved", "stable", "still there"))
    assert found.probabilities == pytest.approx({"resolved": 0.4, "stable": 0.0, "still there": 0.0})


def test_log_probabilities_without_the_choices(serve: Serve, opened: Open) -> None:
    found = score(opened(serve(None, lambda body: said("The", ended=False, logprobs=likely(The=0.9)))))
    assert (found.probabilities, found.mass, found.answer) == ({"yes": 0.0, "no": 0.0}, 0.0, None)


@pytest.mark.parametrize(
    "refusal",
    [
        said("No.", logprobs=None),
        said("No.", logprobs={"content": []}),
        said("No.", logprobs={"content": [{"token": "No", "logprob": -0.1, "top_logprobs": []}]}),
        said("No.", logprobs={"tokens": ["No"], "token_logprobs": [-0.1]}),
        refused(400, "Requested sample logprobs of 20, which is greater than max allowed: 5"),
        refused(422, "logprobs: extra fields not permitted"),
    ],
)
def test_without_log_probabilities_the_answer_is_greedy(serve: Serve, opened: Open, refusal: Answer) -> None:
    server = serve(None, lambda body: refusal if body.get("logprobs") else said("No."))
    chat = opened(server)
    assert score(chat) == score(chat) == Score(probabilities=None, mass=0.0, said="no")
    assert [body.get("logprobs") for body in server.questions] == [None, None]  # the look has learnt it
    assert {body["max_tokens"] > 1 for body in server.questions} == {True}


def test_one_empty_answer_does_not_cost_a_server_its_probabilities(serve: Serve, opened: Open) -> None:
    def usual(body: Any) -> Answer:
        return said("yes", tokens=20 + 260 * images(body), logprobs=likely(yes=0.9))

    chat = opened(serve(None, in_turn(None, said(""), said(""), None), usual))
    assert [score(chat).mass for _ in range(3)] == [pytest.approx(0.9), 0.0, pytest.approx(0.9)]


@pytest.mark.parametrize("words", ["<unused94>thought\nyes", "Yesterday.", "Not sure", None, ""])
def test_a_greedy_answer_that_is_no_choice(serve: Serve, opened: Open, words: str | None) -> None:
    assert score(opened(serve(None, lambda body: said(words, ended=False)))).said is None


# ------------------------------------------------------------------ JSON


def rows(chat: ChatModel) -> LabLineAnswer | None:
    [answer] = chat.structured_all([ask("Copy the row.")], LabLineAnswer, [LINE])
    return answer


def test_a_schema_goes_with_the_question(serve: Serve, opened: Open) -> None:
    server = serve(None, always(said(ROW)))
    assert rows(opened(server)) is not None
    [body] = server.questions
    assert body["response_format"]["json_schema"]["schema"] == LINE
    assert body["messages"] == [{"role": "user", "content": "Copy the row."}]


def test_a_server_that_refuses_schemas_is_told_in_words(serve: Serve, opened: Open) -> None:
    def strict(body: Any) -> Answer:
        return refused(400, "unknown field") if "response_format" in body else said(f"```json\n{ROW}\n```")

    server = serve(None, strict)
    chat = opened(server)
    assert rows(chat) == rows(chat) is not None
    assert ["response_format" in body for body in server.questions] == [True, False, False]
    assert '"maxItems": 1' in server.questions[1]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("Here you are!", "Expecting value"),
        (ROW.replace("87.0", "88.0"), "'88.0' is not one of"),
        (ROW.replace("value", "result"), "'value' is a required property"),
    ],
)
def test_what_is_wrong_is_named_to_the_model_once(serve: Serve, opened: Open, wrong: str, fault: str) -> None:
    server = serve(None, in_turn(said(wrong), said(ROW)))
    chat = opened(server)
    assert rows(chat) is not None
    _, second = server.questions
    assert [turn["role"] for turn in second["messages"]] == ["user", "assistant", "user"]
    assert fault in second["messages"][2]["content"]
    server.faults[:] = [always(said(wrong))]
    assert rows(chat) is None
    assert ["response_format" in body for body in server.questions] == [True, False, False, False]


def test_a_box_outside_the_square_is_asked_again(serve: Serve, opened: Open) -> None:
    def boxes(corner: int) -> Answer:
        return said(f'Low left. Final Answer: [{{"box_2d": [1, 2, 3, {corner}], "label": "x"}}]')

    server = serve(None, in_turn(boxes(1001), said('[{"box_2d": [1, 2, 3, 4], "label": "x"}]')))
    [answer] = opened(server).answers_after([ask("Where?", [film()])], BoxAnswers)
    assert answer is not None and answer.root[0].box_2d == [1, 2, 3, 4]
    assert "1001 is greater than the maximum" in server.questions[1]["messages"][2]["content"]


# ------------------------------------------------------------------ what is known of it


def test_a_served_model_is_known_by_name_and_address(settings: Settings) -> None:
    def of(model: str) -> Any:
        return identify(settings.model_copy(update={"model": model}))

    one = of("served:http://a/v1#google/medgemma-1.5-4b-it")
    assert (one.name, one.revision, one.verified) == ("served", "google/medgemma-1.5-4b-it", False)
    assert one.digest == of("served:http://a/v1/#google/medgemma-1.5-4b-it").digest
    assert one.digest != of("served:http://b/v1#google/medgemma-1.5-4b-it").digest
    assert one.digest != of("served:http://a/v1#medgemma1.5:4b").digest
    assert of("served:http://a/v1,http://b/v1#m").digest == of("served:http://b/v1,http://a/v1#m").digest
    assert one.card == identify_card(settings)


def identify_card(settings: Settings) -> str:
    [card] = [card for card in doctor.cards() if card.name == "medgemma"]
    return card.digest


@pytest.mark.parametrize(
    "rest", ["", "http://a/v1", "#m", "ftp://a#m", "a:8000/v1#m", "http://#m", "http://a:b/v1#m", "http://[a/v1#m"]
)
def test_an_address_that_is_none(settings: Settings, rest: str) -> None:
    with pytest.raises(InputError, match="served:http://HOST") as raised:
        open_model(settings.model_copy(update={"model": f"served:{rest}"}))
    assert raised.value.code == "bad_address"


@pytest.mark.parametrize("url", [f"http://me:{SECRET}@host/v1", f"https://host/v1?key={SECRET}"])
def test_a_key_in_an_address_is_refused_unsaid(settings: Settings, url: str) -> None:
    with pytest.raises(InputError, match="PRELIM_SERVED_KEY") as raised:
        identify(settings.model_copy(update={"model": f"served:{url}#m"}))
    assert SECRET not in str(raised.value)


def test_a_key_is_trimmed_and_one_that_is_none_is_refused_unsaid(serve: Serve, opened: Open) -> None:
    server = serve()
    opened(server, served_key=f" {SECRET}\n").invoke("Hello")
    assert set(server.keys) == {f"Bearer {SECRET}"}
    with pytest.raises(InputError, match="PRELIM_SERVED_KEY") as raised:
        opened(server, served_key=f"{SECRET}\nX-Other: é")
    assert SECRET not in str(raised.value)


def test_the_key_is_not_in_the_settings_words(home: Any) -> None:
    chosen = load_settings(home=home, served_key=SECRET)
    assert SECRET not in repr(chosen) + str(chosen) + chosen.model_dump_json()


def test_the_doctor_looks_at_each_server(serve: Serve, settings: Settings, dead: str) -> None:
    def found(model: str) -> dict[str, doctor.Diagnosis]:
        looks = doctor._servers(settings.model_copy(update={"model": model}))
        return {look.name: look for look in looks}

    server = serve(None, lambda body: None if not body.get("logprobs") else said("yes", tokens=20 + 256 * images(body)))
    look = found(f"served:{server.url},{dead}#{NAME}")
    well, ill = look[f"served model at {server.url}"], look[f"served model at {dead}"]
    assert well.ok and "tokens an image" in well.detail and "probabilities null" in well.detail
    assert "cannot be verified" in well.detail and "unencrypted" not in well.detail
    assert not ill.ok and "cannot be reached" in ill.detail
    assert not found("served:nowhere#m")["served model"].ok
    assert doctor._servers(settings) == ()


@pytest.mark.parametrize(("url", "open_wire"), [("http://gpu1:8000/v1", True), ("https://gpu1/v1", False)])
def test_the_doctor_says_where_films_travel_unencrypted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, open_wire: bool
) -> None:
    monkeypatch.setattr("prelim.models.served_endpoint.Endpoint.look", lambda self: None)
    [look] = doctor._servers(settings.model_copy(update={"model": f"served:{url}#m"}))
    assert look.ok and ("unencrypted" in look.detail) == open_wire
