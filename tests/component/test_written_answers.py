"""Answers that a scripted chat model writes over the sample corpus, through the real client."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count

import httpx
import pytest
import uvicorn

from rag.answering.prompts import PROMPT_VERSION
from rag.api import create_app
from rag.schema import Answer, AnswerFinished, StatementMade, Working
from rag.service import Service
from rag.settings import load_settings
from tests.scripted_model import Reply, Request, ScriptedModel, prompt_of, scripted_model

TRUCE = "Who asked for the truce?"
HELD = "A truce of 48 hours began on Tuesday evening [{0}]."
SPOKESPERSON = "The Taliban spokesperson said that it was Pakistan that asked for the truce [{0}]."
_BLOCK = re.compile(r"=== \w+ · \[(\d+)\] .*? ===\n(.*?)\n=== \w+ · end of \[\d+\] ===", re.DOTALL)


def number_of(request: Request, words: str) -> int:
    """The number of the first passage in a prompt that holds some words."""
    return next(int(number) for number, text in _BLOCK.findall(prompt_of(request)) if words in text)


def saying(*sentences: str, **how: object) -> Callable[[Request], Reply]:
    """A model that writes some sentences, their markers pointing at the passage of both sides."""

    def script(request: Request) -> Reply:
        number = number_of(request, "The Taliban spokesperson said the opposite")
        return Reply(" ".join(sentence.format(number) for sentence in sentences), **how)  # type: ignore[arg-type]

    return script


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture
def asking(sample_service: Service, server: ScriptedModel) -> Callable[..., Service]:
    """Services over the sample corpus that are configured with the scripted model."""

    def configured(**chat: object) -> Service:
        own = {"model": "openai:scripted", "base_url": server.address, "retries": 0, **chat}
        settings = load_settings(store={"data_dir": sample_service.settings.store.data_dir}, chat=own)
        return Service(
            settings, sample_service.catalogue, sample_service.indexes, sample_service.owner, sample_service.embeddings
        )

    return configured


def assert_sound(answer: Answer, service: Service) -> None:
    """What holds of every answer: markers resolve, quotes are exact, what is verified is cited."""
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for statement in answer.statements:
        assert set(statement.citations) <= set(numbers)
        assert bool(statement.citations) == statement.verified
    for citation in answer.citations:
        article = service.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert {int(number) for number in re.findall(r"\[(\d+)\]", answer.answer)} <= set(numbers)


def test_a_sentence_that_the_evidence_bears_is_shown_with_the_quote_that_bears_it(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD, SPOKESPERSON))
    service = asking()
    answer = service.ask(TRUCE)
    assert_sound(answer, service)
    assert (answer.mode, answer.status, answer.notice) == ("written", "answered", None)
    first, second = answer.statements[:2]
    assert first.text == "A truce of 48 hours began on Tuesday evening."
    quotes = {citation.number: citation.quote for citation in answer.citations}
    assert "took effect on Tuesday evening" in quotes[first.citations[0]]
    assert "The Taliban spokesperson said the opposite" in quotes[second.citations[0]]


def test_every_side_has_an_account_even_where_the_model_left_it_out(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(SPOKESPERSON))
    answer = asking().ask(TRUCE)
    holders = {account.holder: account for account in answer.accounts}
    assert len(holders) >= 2
    ministry = next(account for holder, account in holders.items() if "Ministry" in holder)
    assert "Afghan Taliban had requested it" in ministry.statement
    assert ministry.citations


@pytest.mark.parametrize(
    "fault",
    [
        "Some 900 people were killed [{0}].",
        "Some four hundred people were killed [{0}].",
        "The truce began on 9 June [{0}].",
        "The truce began on Friday evening [{0}].",
        "Minister Garrick Holloway confirmed that the truce had begun [{0}].",
        "The truce was agreed in Switzerland [{0}].",
        "The truce holds on both sides of the border.",
        "The truce holds on both sides of the border [98].",
        "A truce of 48 hours did not begin on Tuesday evening [{0}].",
        "Bananas ripen faster in a closed paper bag [{0}].",
        "Pakistan's foreign ministry said that the truce came at Pakistan's request [{0}].",
        "A truce began on Tuesday, see https://attack.example/?q=1 [{0}].",
        "![A truce](//attack.example/x.png) began on Tuesday evening [{0}].",
        "<b>A truce</b> began on Tuesday evening [{0}].",
        "Der Waffenstillstand begann am Dienstagabend und gilt auf beiden Seiten der Grenze [{0}].",
    ],
)
@pytest.mark.parametrize("unsupported", ["withhold", "mark"])
def test_a_sentence_that_the_evidence_does_not_bear_is_never_shown_as_verified(
    fault: str, unsupported: str, asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD, fault, SPOKESPERSON))
    service = asking(unsupported=unsupported)
    answer = service.ask(TRUCE)
    assert_sound(answer, service)
    assert answer.mode == "written"
    assert answer.writing is not None
    assert sum(answer.writing.withheld.values()) == 1
    text = re.sub(r"\s*\[[^\]]*\](?=\.)", "", fault)
    shown = [statement for statement in answer.statements if statement.text == text]
    (reason,) = answer.writing.withheld
    if unsupported == "mark" and reason not in ("foreign", "language"):
        assert [statement.verified for statement in shown] == [False]
    else:
        assert not shown
    assert "attack.example" not in answer.answer
    assert "48 hours" in answer.answer


@pytest.mark.parametrize(
    "reply",
    [Reply(""), Reply(tool_call="search"), Reply("Yes. No. Perhaps so."), Reply(status=500), Reply(status=401), Reply(cut_after=0)],
    ids=["empty", "tool call", "no markers", "failing", "refused", "cut at once"],
)  # fmt: skip
def test_a_model_that_is_no_use_leaves_the_quotes_and_says_so(
    reply: Reply, asking: Callable[..., Service], sample_service: Service, server: ScriptedModel
) -> None:
    server.say([reply])
    service = asking()
    events = list(service.ask_events(TRUCE))
    answer = events[-1].answer  # type: ignore[union-attr]
    plain = sample_service.ask(TRUCE)
    assert (answer.mode, answer.statements, answer.citations) == ("extractive", plain.statements, plain.citations)
    assert answer.notice
    made = tuple(event.statement for event in events if isinstance(event, StatementMade))
    assert made == plain.statements


def test_a_server_that_is_down_leaves_the_quotes_and_says_so(
    asking: Callable[..., Service], sample_service: Service
) -> None:
    answer = asking(base_url="http://127.0.0.1:9/v1").ask(TRUCE)
    assert answer.citations == sample_service.ask(TRUCE).citations
    assert "did not answer" in (answer.notice or "")


def test_the_fallback_answers_where_the_first_model_fails(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD))
    service = asking(
        base_url="http://127.0.0.1:9/v1", fallback_model="openai:second", fallback_base_url=server.address
    )  # fmt: skip
    answer = service.ask(TRUCE)
    assert answer.mode == "written"
    assert answer.writing is not None
    assert (answer.writing.model, answer.writing.requests) == ("openai:second", 2)


def test_an_answer_in_another_language_is_asked_for_once_more_and_then_quoted(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    german = saying("Der Waffenstillstand begann am Dienstagabend und gilt auf beiden Seiten der Grenze [{0}].")
    server.say(german)
    answer = asking().ask(TRUCE)
    assert (answer.mode, len(server.requests)) == ("extractive", 2)
    assert "another language" in prompt_of(server.requests[1])
    assert "another language" not in prompt_of(server.requests[0])
    asked = count()
    server.say(lambda request: (german if next(asked) == 0 else saying(HELD))(request))
    again = asking().ask(TRUCE)
    assert (again.mode, again.statements[0].text) == ("written", "A truce of 48 hours began on Tuesday evening.")


def test_a_stream_that_dies_half_way_keeps_what_was_verified_and_says_so(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD, SPOKESPERSON, piece=10, cut_after=8))
    answer = asking().ask(TRUCE)
    assert answer.statements[0].text == "A truce of 48 hours began on Tuesday evening."
    assert "broke off" in (answer.notice or "")
    assert answer.mode == "written"


def test_the_mark_of_abstention_is_honoured(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say([Reply("NO_ANSWER.")])
    answer = asking().ask(TRUCE)
    assert (answer.status, answer.mode, answer.citations) == ("abstained", "written", ())
    assert answer.nearest


def test_the_model_is_not_asked_where_the_collection_has_no_answer(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD))
    assert asking().ask("What is the boiling point of gallium?").status == "abstained"
    assert asking().ask("Thanks!").status == "reply"
    assert not server.requests


def test_tokens_and_the_time_to_the_first_are_told(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say(saying(HELD))
    writing = asking().ask(TRUCE).writing
    assert writing is not None
    assert (writing.model, writing.input_tokens, writing.prompt_version) == ("openai:scripted", 100, PROMPT_VERSION)
    assert writing.output_tokens > 0
    assert writing.first_token_ms is not None
    assert writing.first_token_ms > 0


def test_the_question_is_not_logged(
    asking: Callable[..., Service], server: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    server.say(saying(HELD))
    with caplog.at_level("DEBUG", logger="rag"):
        asking().ask(TRUCE)
        server.say([Reply(status=500)])
        asking().ask(TRUCE)
    assert "written answer" in caplog.text
    assert "truce" not in caplog.text


def test_statements_come_before_the_model_has_ended(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say(saying(HELD, SPOKESPERSON, between=0.02, piece=6))
    arrived = [type(event) for event in asking().ask_events(TRUCE)]
    assert arrived.index(StatementMade) < len(arrived) - 2
    assert arrived[-1] is AnswerFinished


def test_a_reader_who_leaves_stops_the_model_within_a_second(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD, before=20))
    with closing(asking().ask_events(TRUCE)) as events:  # type: ignore[type-var]
        assert any(isinstance(event, Working) for event in events)
    left = time.monotonic()
    while not server.left and time.monotonic() - left < 3:
        time.sleep(0.01)
    assert server.left
    assert server.left[0] - left < 1


def test_the_evidence_is_cut_to_the_context_of_the_model(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say([Reply("")])
    lengths = []
    for context_tokens in (2600, 8192):
        asking(context_tokens=context_tokens, max_answer_tokens=200).ask(TRUCE)
        lengths.append(len(_BLOCK.findall(prompt_of(server.requests[-1]))))
    assert 1 <= lengths[0] < lengths[1]


def test_a_reader_who_closes_the_connection_stops_the_model_within_a_second(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(saying(HELD, before=20))
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(asking())
    web = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not web.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=30) as http:
            with http.stream("POST", "/v1/ask", json={"question": TRUCE}) as response:
                for line in response.iter_lines():
                    if line.startswith(": working") and server.requests:
                        break
            left = time.monotonic()
            while not server.left and time.monotonic() - left < 3:
                time.sleep(0.01)
            assert server.left
            assert server.left[0] - left < 1
            server.say(saying(HELD))
            body = http.post("/v1/ask", json={"question": TRUCE}).text
            assert '"mode": "written"' in body
            assert "sanad_chat_tokens_total" in http.get("/metrics").text
    finally:
        web.should_exit = True
        thread.join()
        listener.close()


def test_a_prompt_is_in_the_askers_language(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say([Reply("")])
    asking().ask("جنگ بندی کی درخواست کس نے کی؟")
    assert "اردو میں لکھیں" in prompt_of(server.requests[0])
