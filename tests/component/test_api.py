"""The HTTP interface, through a real server on loopback."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from rag.api import create_app
from rag.client import connected
from rag.errors import SanadError, StoreError
from rag.indexes.owner import Owner
from rag.schema import Filters
from rag.service import Service

TRUCE = "Who asked for the truce?"


@pytest.fixture(scope="module")
def address(sample_service: Service) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(sample_service), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="module")
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


def events(body: str) -> list[tuple[str, dict]]:
    found = []
    for block in body.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_search_answers_with_the_contract(http: httpx.Client) -> None:
    found = http.post("/v1/search", json={"question": TRUCE, "k": 3, "id": "q1"}).json()
    assert found["id"] == "q1"
    assert set(found["results"][0]) == {
        "rank", "score", "article_id", "passage_id", "language", "title", "source", "published", "start", "end", "text",
        "also_reported_by",
    }  # fmt: skip
    assert len(found["results"]) == 3
    assert found["timings_ms"]["total"] > 0


def test_ask_streams_passages_statements_and_the_answer(http: httpx.Client) -> None:
    response = http.post("/v1/ask", json={"question": TRUCE, "id": 7})
    assert response.headers["content-type"].startswith("text/event-stream")
    stream = events(response.text)
    assert stream[0][0] == "passages"
    assert "statement" in [name for name, _ in stream]
    name, answer = stream[-1]
    assert name == "answer"
    assert set(answer) == {
        "id", "schema_version", "question", "language", "status", "mode", "probability", "answer", "statements",
        "accounts", "disputed", "citations", "nearest", "timings_ms", "notice", "writing", "stands_for",
        "leans_on", "conversation", "period",
    }  # fmt: skip
    assert answer["id"] == 7
    citation = answer["citations"][0]
    assert set(citation) == {
        "number", "article_id", "title", "source", "published", "language", "url", "page", "quote", "start", "end",
        "also_reported_by",
    }  # fmt: skip
    article = http.get(f"/v1/articles/{citation['article_id']}").json()
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_conversation_is_begun_gone_on_with_read_and_deleted(http: httpx.Client) -> None:
    first = events(
        http.post(
            "/v1/ask", json={"question": "How many snow leopards live in Wakhara now?", "conversation": "new"}
        ).text
    )[-1][1]
    chat = first["conversation"]
    assert chat
    second = events(http.post("/v1/ask", json={"question": "and in 2021?", "conversation": chat}).text)[-1][1]
    assert second["conversation"] == chat
    assert second["leans_on"] == first["question"]
    found = http.get(f"/v1/conversations/{chat}").json()
    assert set(found) == {"conversation", "turns", "tokens"}
    assert found["tokens"] == {"input": 0, "output": 0}
    assert [set(turn) for turn in found["turns"]] == [
        {"number", "question", "language", "asked", "status", "answer"}
    ] * 2
    kept = found["turns"][0]["answer"]
    assert set(kept) == set(first)
    assert {citation.pop("evidence") for citation in kept["citations"]} == {"present"}
    assert kept["citations"] == first["citations"]
    assert http.delete(f"/v1/conversations/{chat}").status_code == 204
    for answer in (http.get(f"/v1/conversations/{chat}"), http.delete(f"/v1/conversations/{chat}")):
        assert answer.status_code == 404
        assert "SANAD_CONVERSATIONS__DAYS" in answer.json()["error"]
    name, error = events(http.post("/v1/ask", json={"question": "and when?", "conversation": chat}).text)[-1]
    assert name == "error"
    assert "'new'" in error["error"]


@pytest.mark.parametrize(
    ("side", "wish", "language"),
    [
        ("What about the other side?", "In Urdu please", "ur"),
        ("اور دوسرا فریق؟", "انگریزی میں بتائیے", "en"),
        ("طرف مقابل چه می‌گوید؟", "لطفاً به عربی", "ar"),
        ("مقابل لوری څه وايي؟", "په انګلیسي کې ووایه", "en"),
        ("والجانب الآخر؟", "بالإنجليزية من فضلك", "en"),
        ("और दूसरा पक्ष?", "उर्दू में बताइए", "ur"),
        ("Et l'autre camp ?", "En anglais s'il vous plaît", "en"),
    ],
)
def test_the_other_side_and_another_language_are_asked_for_in_a_conversation(
    http: httpx.Client, side: str, wish: str, language: str
) -> None:
    chat, answers, passages = "new", [], []
    for question in (TRUCE, side, wish):
        stream = events(http.post("/v1/ask", json={"question": question, "conversation": chat}).text)
        passages.append(stream[0][1])
        answers.append(stream[-1][1])
        chat = answers[-1]["conversation"]
    first, other, again = answers
    assert "Taliban" in first["accounts"][0]["holder"]
    holders = [account["holder"] for account in other["accounts"]]
    assert holders
    assert not any("Taliban" in holder or "taliban" in holder for holder in holders)
    assert [account["holder"] for account in again["accounts"]] == holders
    assert again["language"] == language
    assert again["notice"]
    for found, answer in zip(passages, answers, strict=True):
        assert {name: found[name] for name in ("stands_for", "leans_on", "period")} == {
            name: answer[name] for name in ("stands_for", "leans_on", "period")
        }
    assert [found["leans_on"] for found in passages] == [None, TRUCE, side]


def test_the_period_of_a_question_is_told_with_the_passages_and_kept(http: httpx.Client) -> None:
    question = "How many snow leopards live in Wakhara now?"
    stream = events(http.post("/v1/ask", json={"question": question, "conversation": "new"}).text)
    recent = {"kind": "recent", "since": None, "until": None}
    assert stream[0][1]["period"] == stream[-1][1]["period"] == recent
    kept = http.get(f"/v1/conversations/{stream[-1][1]['conversation']}").json()["turns"][0]
    assert kept["answer"]["period"] == recent


def test_without_a_conversation_nothing_is_kept(http: httpx.Client) -> None:
    assert events(http.post("/v1/ask", json={"question": TRUCE}).text)[-1][1]["conversation"] is None


def test_removed_evidence_is_named_and_its_quote_is_null(service: Service) -> None:
    chat = service.chats.begin()
    answer = service.ask(TRUCE, conversation=chat)
    removed = answer.citations[0]
    service.catalogue.remove(removed.article_id)
    (turn,) = (
        TestClient(create_app(service), base_url="http://127.0.0.1").get(f"/v1/conversations/{chat}").json()["turns"]
    )
    cited = turn["answer"]["citations"][0]
    assert (cited["evidence"], cited["quote"], cited["article_id"]) == ("removed", None, removed.article_id)
    assert removed.quote not in json.dumps(turn, ensure_ascii=False)


def test_a_wrong_filter_is_an_error_event_and_a_wrong_body_is_refused(http: httpx.Client) -> None:
    stream = events(http.post("/v1/ask", json={"question": TRUCE, "filters": {"since": "soon"}}).text)
    assert stream[-1][0] == "error"
    assert "ISO date" in stream[-1][1]["error"]
    assert http.post("/v1/search", json={"question": TRUCE, "filters": {"since": "soon"}}).status_code == 422
    assert http.post("/v1/search", json={"question": TRUCE, "sort": "up"}).status_code == 422
    assert http.get("/v1/articles/no-such").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:7860"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_other_hosts_and_pages_are_refused(headers: dict[str, str], address: str) -> None:
    with httpx.Client(base_url=address) as client:
        assert client.get("/health", headers=headers).status_code == 403


def test_a_body_that_is_too_large_is_refused(http: httpx.Client) -> None:
    assert http.post("/v1/search", content=b" " * (2 << 20)).status_code == 403


def test_the_own_page_is_let_in(http: httpx.Client, address: str) -> None:
    assert http.get("/health", headers={"origin": address}).json()["searchable"] is True


def test_metrics_count_answers(http: httpx.Client) -> None:
    http.post("/v1/ask", json={"question": ""})
    text = http.get("/metrics").text
    assert 'sanad_answers_total{status="reply"}' in text
    assert "sanad_passages 108.0" in text


def test_verify_needs_the_owners_token(http: httpx.Client, address: str, sample_service: Service) -> None:
    assert http.post("/v1/verify").status_code == 403
    with connected(Owner(address, 1, sample_service.owner.token)) as client:
        assert client.verify().problems == ()


def test_the_client_gives_what_the_service_gives(address: str, sample_service: Service) -> None:
    with connected(Owner(address, 1, "")) as client:
        found = client.ask(TRUCE, filters=Filters(languages=("en",)), identifier="a")
        assert found["id"] == "a"
        assert {citation["language"] for citation in found["citations"]} == {"en"}
        hits = client.search(TRUCE, k=2, filters=Filters())["results"]
        assert [hit["passage_id"] for hit in hits] == [hit.passage_id for hit in sample_service.search(TRUCE, k=2).hits]
        with pytest.raises(SanadError, match="ISO date"):
            client.ask(TRUCE, filters=Filters(since="soon"))


def test_an_owner_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(StoreError, match=r"process 42 at"), connected(Owner(address, 42, "")) as client:
        client.search(TRUCE, k=1, filters=Filters())


def test_many_ask_at_once_and_each_gets_its_answer(address: str) -> None:
    failures: list[str] = []

    def ask(language: str) -> None:
        with connected(Owner(address, 1, "")) as client:
            for _ in range(3):
                found = client.ask(TRUCE, filters=Filters(languages=(language,)))
                if {citation["language"] for citation in found["citations"]} - {language}:
                    failures.append(language)

    threads = [threading.Thread(target=ask, args=(language,)) for language in ("en", "ur", "ar", "hi", "fr", "ru")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
