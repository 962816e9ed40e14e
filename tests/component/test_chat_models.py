"""Chat models by configuration, through the real client, over loopback HTTP."""

import importlib.util
import time
from contextlib import closing
from itertools import islice

import pytest
from langchain_core.messages import HumanMessage

from rag.chat.models import PROVIDERS, ChatModel, open_chat_models
from rag.chat.streaming import Piece, streamed
from rag.errors import ConfigurationError, GenerationError, ModelUnavailableError
from rag.settings import load_settings
from tests.scripted_model import Reply, ScriptedModel, scripted_model

ASKED = [HumanMessage("Who?")]


def opened(server: ScriptedModel, **chat: object) -> ChatModel:
    return open_chat_models(load_settings(chat={"model": "openai:scripted", "base_url": server.address, **chat}).chat)[
        0
    ]


def text_of(pieces: list[Piece | None]) -> str:
    return "".join(piece.text for piece in pieces if piece is not None)


def test_no_model_is_opened_unless_one_is_named() -> None:
    assert open_chat_models(load_settings().chat) == ()


@pytest.mark.parametrize("name", ["gpt", "abacus:one", "openai:", ":x"])
def test_a_name_that_names_no_model_is_refused_with_the_known_providers(name: str) -> None:
    with pytest.raises(ConfigurationError, match="anthropic, google_genai, mistralai, ollama, openai"):
        open_chat_models(load_settings(chat={"model": name}).chat)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "openai"])
def test_a_missing_package_is_named_with_the_extra_that_installs_it(provider: str) -> None:
    if importlib.util.find_spec(PROVIDERS[provider].package) is not None:
        pytest.skip(f"{PROVIDERS[provider].package} is installed")
    with pytest.raises(ConfigurationError, match=rf"sanad\[{PROVIDERS[provider].extra}\]"):
        open_chat_models(load_settings(chat={"model": f"{provider}:some"}).chat)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="SANAD_CHAT__API_KEY"):
        open_chat_models(load_settings(chat={"model": "openai:gpt"}).chat)


def test_what_is_configured_reaches_the_server() -> None:
    with scripted_model([Reply("Yes.")]) as server:
        chat = opened(server, api_key="secret-of-tests", temperature=0.5, max_answer_tokens=99)
        assert text_of(list(streamed(chat, ASKED))) == "Yes."
    (request,) = server.requests
    assert (request["model"], request["temperature"], request["stream"]) == ("scripted", 0.5, True)
    assert request["max_tokens"] == request["max_completion_tokens"] == 99


def test_the_key_is_in_no_representation_of_the_settings() -> None:
    assert "secret-of-tests" not in repr(load_settings(chat={"api_key": "secret-of-tests"}))


def test_pieces_arrive_one_by_one_and_tell_the_tokens() -> None:
    with scripted_model([Reply("One two three.", piece=4, between=0.02)]) as server:
        pieces = [piece for piece in streamed(opened(server), ASKED) if piece is not None]
    assert [piece.text for piece in pieces if piece.text] == ["One ", "two ", "thre", "e."]
    assert (sum(piece.input_tokens for piece in pieces), sum(piece.output_tokens for piece in pieces)) == (100, 4)


def test_a_busy_model_is_asked_again_as_often_as_the_settings_say() -> None:
    with scripted_model([Reply(status=429, headers={"retry-after": "0"}), Reply(status=500), Reply("Yes.")]) as server:
        assert text_of(list(streamed(opened(server), ASKED, retries=2))) == "Yes."
        assert len(server.requests) == 3
        server.say([Reply(status=503)])
        with pytest.raises(ModelUnavailableError, match="503"):
            list(streamed(opened(server), ASKED, retries=1))
        assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "says"), [(400, "refused the request"), (401, "key"), (404, "SANAD_CHAT__MODEL")])
def test_a_refusal_is_final_and_says_why(status: int, says: str) -> None:
    with scripted_model([Reply(status=status)]) as server:
        with pytest.raises(GenerationError, match=says):
            list(streamed(opened(server), ASKED, retries=3))
        assert len(server.requests) == 1


def test_a_server_that_is_not_there_cannot_be_reached() -> None:
    with scripted_model() as server:
        chat = opened(server)
    with pytest.raises(ModelUnavailableError, match="cannot be reached"):
        list(streamed(chat, ASKED))


def test_a_cut_connection_is_an_error_after_what_had_come() -> None:
    with scripted_model([Reply("One two three.", piece=4, cut_after=2)]) as server:
        pieces = streamed(opened(server), ASKED, retries=3)
        assert text_of(list(islice(pieces, 3))) == "One two "
        with pytest.raises(ModelUnavailableError, match="broke off"):
            list(pieces)
        assert len(server.requests) == 1


def test_a_silent_model_counts_as_failed_after_the_timeout() -> None:
    with scripted_model([Reply("Late.", before=3)]) as server, pytest.raises(ModelUnavailableError):
        list(streamed(opened(server, timeout_seconds=1), ASKED))


def test_a_reader_who_leaves_stops_the_model_within_a_second() -> None:
    with scripted_model([Reply("word " * 50, between=5)]) as server:
        with closing(streamed(opened(server), ASKED)) as pieces:
            assert any(piece and piece.text for piece in pieces)
        left = time.monotonic()
        while not server.left and time.monotonic() - left < 3:
            time.sleep(0.01)
        assert server.left
        assert server.left[0] - left < 1
