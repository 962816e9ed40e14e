"""What can be seen of an answer from outside: LangChain's traces, tokens, times and the log."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from langchain_core.callbacks import BaseCallbackHandler

from rag.api import create_app
from rag.observing import Ledger, Totals
from rag.schema import Answer, Writing
from rag.service import Service
from rag.settings import load_settings
from tests.scripted_model import Reply, ScriptedModel, prompt_of, scripted_model

LEOPARDS = "How many snow leopards live in Wakhara now?"
REWRITTEN = "How many snow leopards lived in Wakhara in 2021?"


class Trace(BaseCallbackHandler):
    """Names of runs below one another, as LangChain tells them to a tracer."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.parents: dict[UUID, UUID | None] = {}
        self.ended: set[UUID] = set()

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **more: Any) -> None:
        self.names[run_id], self.parents[run_id] = more["name"], more["parent_run_id"]

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **more: Any) -> None:
        self.names[run_id], self.parents[run_id] = more["name"], more["parent_run_id"]

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **more: Any) -> None:
        self.ended.add(run_id)

    def on_llm_end(self, response: Any, *, run_id: UUID, **more: Any) -> None:
        self.ended.add(run_id)

    def below(self, parent: str) -> list[str]:
        return [name for run, name in self.names.items() if self.names.get(self.parents[run] or run) == parent != name]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture
def asking(sample_service: Service, server: ScriptedModel) -> Service:
    server.say(lambda request: Reply("NO_ANSWER" if "===" in prompt_of(request) else REWRITTEN))
    settings = load_settings(
        store={"data_dir": sample_service.settings.store.data_dir},
        chat={"model": "openai:scripted", "base_url": server.address, "retries": 0},
    )
    sample = sample_service
    return Service(settings, sample.catalogue, sample.indexes, sample.owner, sample.embeddings)


def test_a_tracing_callback_sees_the_chain_the_search_and_the_chat_models_requests(asking: Service) -> None:
    trace = Trace()
    asking.ask("and in 2021?", earlier=[LEOPARDS], config={"callbacks": [trace]})
    assert [name for run, name in trace.names.items() if trace.parents[run] is None] == ["ask"]
    below = trace.below("ask")
    assert {"rewrite", "write"} <= set(below)
    assert len(below) == 3, below
    assert trace.ended == set(trace.names)


def test_a_tracing_callback_sees_an_answer_without_a_chat_model_too(sample_service: Service) -> None:
    trace = Trace()
    events = list(sample_service.ask_events(LEOPARDS, config={"callbacks": [trace]}))
    assert events
    assert "ask" in trace.names.values()
    assert trace.below("ask")
    assert trace.ended == set(trace.names)


def test_tokens_and_times_stand_in_the_json_and_the_log_for_each_answer_and_in_total(
    asking: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="rag.observing")
    client = TestClient(create_app(asking), base_url="http://127.0.0.1")
    first = asking.ask("and in 2021?", earlier=[LEOPARDS])
    second = asking.ask(LEOPARDS)
    assert first.writing is not None
    assert second.writing is not None
    read = (first.writing.input_tokens, second.writing.input_tokens)
    assert read[0] > read[1] > 0, "rewriting counts"
    told = client.get("/health").json()["answered"]
    assert (told["answers"], told["input_tokens"]) == (2, sum(read))
    assert told["mean_first_token_ms"] > 0
    assert f'sanad_chat_tokens_total{{kind="input"}} {float(sum(read))}' in client.get("/metrics").text
    lines = [record.getMessage() for record in caplog.records if record.name == "rag.observing"]
    assert f"input_tokens={read[1]} " in lines[1]
    assert f"all_input_tokens={sum(read)} " in lines[1]
    assert "first_token_ms=None" not in lines[1]
    assert not any("leopards" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("first_tokens", "mean"), [((), None), ((None, 100.0), 100.0), ((100.0, None, 200.0, 300.0), 200.0)]
)
def test_the_mean_time_to_the_first_token_is_over_answers_that_have_one(
    first_tokens: tuple[float | None, ...], mean: float | None
) -> None:
    ledger, seen = Ledger(questions=False), list[str]()
    ledger.watch(lambda answer: seen.append(answer.question))
    for milliseconds in first_tokens:
        writing = Writing("openai:m", 1, 1, 10, 2, milliseconds)
        ledger.enter(Answer("Q?", "en", "answered", "written", 0.9, "", writing=writing))
    count = len(first_tokens)
    assert ledger.totals == Totals(count, 10 * count, 2 * count, mean)
    assert len(seen) == count
