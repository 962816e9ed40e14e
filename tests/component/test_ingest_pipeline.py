import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.lazy import LazyEmbeddings
from ingest.pipeline import BATCH_PASSAGES, Event, IngestReport, Recorded, Unchanged, content_hash, ingest
from ingest.reembedding import reembed
from ingest.sources import FailedDocument, ReadDocument, read_sources
from rag.catalogue import Vectors, open_catalogue
from rag.errors import ModelMismatchError, ModelUnavailableError, StoreError
from rag.schema import Article, ArticleId
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from rag.embedding import SanadEmbeddings

ENGLISH = "The council met on Tuesday evening. It agreed to repair the old bridge before the winter rains begin. "
URDU = "کونسل کا اجلاس منگل کی شام ہوا۔ پرانے پل کی مرمت سردیوں کی بارش سے پہلے ہوگی۔ "
HINDI = "परिषद की बैठक मंगलवार शाम को हुई। पुराने पुल की मरम्मत सर्दियों की बारिश से पहले होगी। "


class Counting:
    """The bundled model, counting what it embeds."""

    def __init__(self, inner: "SanadEmbeddings", identity: str | None = None) -> None:
        self._inner = inner
        self.identity = identity or inner.identity
        self.dimension = inner.dimension
        self.texts: list[str] = []
        self.calls = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._inner.count_tokens(list(texts))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        self.texts += texts
        return self._inner.embed_passages(list(texts))


class Store:
    """A data directory and everything that a run needs."""

    def __init__(self, data_dir: Path, embeddings: "SanadEmbeddings") -> None:
        self.settings = load_settings({}, store={"data_dir": data_dir})
        self.catalogue = open_catalogue(data_dir)
        self.embeddings = Counting(embeddings)
        self.events: list[Event] = []

    def add(
        self, *documents: Article | FailedDocument, replace: bool = False, settings: Settings | None = None
    ) -> IngestReport:
        self.embeddings.texts.clear()
        return ingest(
            (found if isinstance(found, FailedDocument) else ReadDocument(found.origin, found) for found in documents),
            catalogue=self.catalogue,
            embeddings=self.embeddings,  # type: ignore[arg-type]
            settings=settings or self.settings,
            replace=replace,
            on_progress=self.events.append,
        )

    def spans_and_texts(self, article_id: str) -> list[str]:
        return [passage.text for passage in self.catalogue.article_passages(article_id)]


@pytest.fixture
def store(tmp_path: Path, embeddings: "SanadEmbeddings") -> Iterator[Store]:
    found = Store(tmp_path / "data", embeddings)
    yield found
    found.catalogue.close()


def article(article_id: str, text: str = ENGLISH, *, origin: str = "/in/a.jsonl", title: str = "") -> Article:
    return Article(article_id=ArticleId(article_id), text=text, title=title, language="en", origin=origin)


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.failed)


def test_articles_are_added_with_passages_that_are_exact_slices(store: Store) -> None:
    texts = {"en": ENGLISH * 20, "ur": URDU * 20, "hi": HINDI * 20}

    report = store.add(*(article(tag, text) for tag, text in texts.items()))

    assert counts(report) == (3, 0, 0, 0)
    assert report.passages == store.catalogue.counts().passages > 3
    for tag, text in texts.items():
        passages = store.catalogue.article_passages(tag)
        assert all(passage.text == text[passage.start : passage.end] for passage in passages)
        assert "".join(p.text for p in passages).replace(" ", "") == text.replace(" ", "")


def test_a_second_run_over_unchanged_content_embeds_nothing(store: Store) -> None:
    store.add(article("a"), article("b", URDU))
    revision = store.catalogue.revision()

    report = store.add(article("a"), article("b", URDU))

    assert counts(report) == (0, 0, 2, 0)
    assert store.embeddings.texts == []
    assert store.catalogue.revision() == revision
    assert store.events[-1] == Unchanged("b")


@pytest.mark.parametrize(
    "changed",
    [
        {"text": ENGLISH + "More."}, {"title": "New"}, {"language": "de"}, {"published": "2024-01-01"},
        {"source": "Desk"}, {"url": "https://a.example/"}, {"extra": {"k": 1}},
    ],
)  # fmt: skip
def test_a_changed_text_or_field_replaces_the_article(store: Store, changed: dict[str, object]) -> None:
    store.add(article("a"), article("b", URDU))
    new = replace(article("a"), **changed)  # type: ignore[arg-type]

    report = store.add(new, article("b", URDU))

    assert counts(report) == (0, 1, 1, 0)
    assert store.catalogue.article("a") == new


@pytest.mark.parametrize("sections", [{"store": {"passage_tokens": 64}}, {"embedding": {"title_in_passage": False}}])
def test_another_way_of_making_passages_counts_as_a_change(
    store: Store, sections: dict[str, dict[str, object]]
) -> None:
    store.add(article("a", ENGLISH * 10, title="Bridge"))
    data_dir = {"data_dir": store.settings.store.data_dir}
    other = load_settings({}, **{**sections, "store": {**sections.get("store", {}), **data_dir}})

    assert counts(store.add(article("a", ENGLISH * 10, title="Bridge"), settings=other)) == (0, 1, 0, 0)


def test_the_title_goes_before_each_passage_for_the_embedding_only(store: Store) -> None:
    store.add(article("a", "Body.", title="Bridge"))
    assert store.embeddings.texts == ["Bridge. Body.", "Body.", "Bridge"]
    assert store.spans_and_texts("a") == ["Body."]
    chosen = load_settings({}, embedding={"title_in_passage": False}, store={"data_dir": store.settings.store.data_dir})
    store.embeddings.texts.clear()
    store.add(article("b", "Body.", title="Bridge"), settings=chosen)
    # The sentence is the passage, and is embedded once.
    assert store.embeddings.texts == ["Body.", "Bridge"]


def test_an_id_held_from_another_origin_fails_and_names_it_unless_replaced(store: Store) -> None:
    store.add(article("a"))
    other = article("a", "Another body.", origin="/in/b.md")

    report = store.add(other, article("b", URDU))

    assert counts(report) == (1, 0, 0, 1)
    assert report.failed[0].path == "/in/b.md"
    assert "'/in/a.jsonl'" in report.failed[0].reason
    assert store.catalogue.article("a") == article("a")
    assert counts(store.add(other, replace=True)) == (0, 1, 0, 0)
    assert store.catalogue.article("a") == other


def test_replacing_takes_over_an_origin_even_when_the_content_is_the_same(store: Store) -> None:
    store.add(article("a"))
    moved = article("a", origin="/elsewhere/a.jsonl")
    assert counts(store.add(moved, replace=True)) == (0, 1, 0, 0)
    assert counts(store.add(moved)) == (0, 0, 1, 0)


@pytest.mark.parametrize("replacing", [False, True])
@pytest.mark.parametrize("second_origin", ["/in/a.jsonl", "/in/b.jsonl"])
def test_the_same_id_twice_in_one_run_fails_the_second(store: Store, second_origin: str, replacing: bool) -> None:
    report = store.add(
        article("a"), article("b", URDU), article("a", "Second.", origin=second_origin), replace=replacing
    )
    assert counts(report) == (2, 0, 0, 1)
    assert "'a'" in report.failed[0].reason
    assert store.catalogue.article("a") == article("a")
    # The same holds when the first one was skipped as unchanged.
    assert counts(store.add(article("a"), article("a", "Second."), replace=replacing)) == (0, 0, 1, 1)


def test_a_failed_document_is_reported_and_the_rest_goes_in(store: Store) -> None:
    bad = FailedDocument("a.pdf", "PDF is not read yet")
    report = store.add(bad, article("a"), bad)
    assert counts(report) == (1, 0, 0, 2)
    assert store.events == [bad, bad, Recorded("a", "added", 1)]


def test_articles_are_embedded_together(store: Store) -> None:
    report = store.add(*(article(f"a{n}", f"Number {n}.") for n in range(BATCH_PASSAGES + 10)))
    assert report.added == BATCH_PASSAGES + 10
    assert store.embeddings.calls == 2


def test_an_article_of_many_slices_is_one_transaction(store: Store) -> None:
    words = " ".join(f"Item {n} was read aloud." for n in range(2_000))
    small = load_settings({}, store={"data_dir": store.settings.store.data_dir, "passage_tokens": 32})
    report = store.add(article("big", words), settings=small)
    assert report.passages > 512
    assert store.embeddings.calls >= 2
    assert store.catalogue.revision() == 1


class FailingEmbeddings(Counting):
    """Refuses texts that hold a word, as a model does with what it cannot embed."""

    error: Exception = ValueError("no such token")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if any("poison" in text for text in texts):
            raise self.error
        return super().embed_passages(texts)


def test_one_article_that_cannot_be_embedded_fails_alone(store: Store, embeddings: "SanadEmbeddings") -> None:
    store.embeddings = FailingEmbeddings(embeddings)
    report = store.add(article("a"), article("b", "A poison text."), article("c", URDU))
    assert counts(report) == (2, 0, 0, 1)
    assert report.failed[0].reason == "it cannot be embedded: no such token"


def test_a_model_that_fails_ends_the_run_with_what_was_done(store: Store, embeddings: "SanadEmbeddings") -> None:
    failing = FailingEmbeddings(embeddings)
    failing.error = ModelUnavailableError("gone")
    store.embeddings = failing
    first = [article(f"a{n}", f"Number {n}.") for n in range(BATCH_PASSAGES)]
    report = store.add(*first, article("b", "A poison text."))
    assert counts(report) == (BATCH_PASSAGES, 0, 0, 0)
    assert report.stopped_by is failing.error


def test_a_store_that_fails_ends_the_run_with_what_was_done(store: Store) -> None:
    def documents() -> Iterator[ReadDocument]:
        for number in range(BATCH_PASSAGES):
            yield ReadDocument("x", article(f"a{number}", f"Number {number}."))
        store.catalogue.path.chmod(0o600)
        raise StoreError("the disk is full")

    report = ingest(
        documents(),
        catalogue=store.catalogue,
        embeddings=store.embeddings,  # type: ignore[arg-type]
        settings=store.settings,
    )
    assert report.added == BATCH_PASSAGES
    assert str(report.stopped_by) == "the disk is full"


def test_another_model_is_refused_before_anything_is_read(store: Store, embeddings: "SanadEmbeddings") -> None:
    store.add(article("a"))

    def unread() -> Iterator[ReadDocument]:
        pytest.fail("a document was read")
        yield

    with pytest.raises(ModelMismatchError, match="ingest reembed"):
        ingest(
            unread(),
            catalogue=store.catalogue,
            embeddings=Counting(embeddings, "other"),  # type: ignore[arg-type]
            settings=store.settings,
        )


def test_a_stop_request_keeps_what_was_recorded_and_running_again_does_the_rest(store: Store) -> None:
    documents = [ReadDocument("x", article(f"a{n}", f"Number {n}.")) for n in range(3 * BATCH_PASSAGES)]

    report = ingest(
        documents,
        catalogue=store.catalogue,
        embeddings=store.embeddings,  # type: ignore[arg-type]
        settings=store.settings,
        should_stop=lambda: store.catalogue.revision() > 0,
    )

    assert report.interrupted
    assert report.added == store.catalogue.counts().articles == BATCH_PASSAGES
    rest = store.add(*(document.article for document in documents))
    assert counts(rest) == (2 * BATCH_PASSAGES, 0, BATCH_PASSAGES, 0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(
        st.characters(categories=["L", "M", "N", "P", "Z"], include_characters="\n\r\t۔؟।。\u200c\u200d"), max_size=400
    ).map(lambda text: unicodedata.normalize("NFC", text + " ا"))
)
def test_any_text_is_stored_exactly_with_exact_spans(store: Store, text: str) -> None:
    store.add(article("h", text))
    stored = store.catalogue.article("h")
    assert stored is not None
    assert stored.text == text
    for passage in store.catalogue.article_passages("h"):
        assert passage.text == text[passage.start : passage.end]


def test_reembedding_puts_the_new_model_in_force_and_the_next_run_finds_nothing_to_do(
    store: Store, embeddings: "SanadEmbeddings"
) -> None:
    texts = [article("a", ENGLISH * 20), article("b", URDU)]
    store.add(*texts)
    other = Counting(embeddings, "other")

    report = reembed(store.catalogue, other, store.settings)  # type: ignore[arg-type]

    assert report.adopted
    assert (report.articles, report.passages) == (2, store.catalogue.counts().passages)
    model = store.catalogue.model()
    assert model is not None
    assert model.identity == "other"
    store.embeddings = other
    assert counts(store.add(*texts)) == (0, 0, 2, 0)


def test_reembedding_goes_on_where_it_was_stopped(store: Store, embeddings: "SanadEmbeddings") -> None:
    store.add(*(article(f"a{n}", f"Number {n}.") for n in range(BATCH_PASSAGES + 5)))
    other = Counting(embeddings, "other")
    staged: list[int] = []

    stopped = reembed(
        store.catalogue,
        other,  # type: ignore[arg-type]
        store.settings,
        on_progress=staged.append,
        should_stop=lambda: len(staged) >= BATCH_PASSAGES,
    )
    assert not stopped.adopted
    model = store.catalogue.model()
    assert model is not None
    assert model.identity == embeddings.identity

    rest = reembed(store.catalogue, other, store.settings)  # type: ignore[arg-type]
    assert rest.adopted
    assert rest.articles == 5
    assert len(other.texts) == BATCH_PASSAGES + 5


def test_the_hash_leaves_the_origin_out_and_takes_the_model_in() -> None:
    chosen = load_settings({})
    assert content_hash(article("a"), chosen, "m") == content_hash(article("a", origin="/else"), chosen, "m")
    assert content_hash(article("a"), chosen, "m") != content_hash(article("a"), chosen, "n")


def test_the_models_identity_is_known_before_it_is_loaded(embeddings: "SanadEmbeddings") -> None:
    assert LazyEmbeddings(load_settings({})).identity == embeddings.identity


MEMORY_PROBE = """
import resource, sys
from pathlib import Path
from ingest.pipeline import ingest
from ingest.sources import read_sources
from rag.catalogue import open_catalogue
from rag.embedding import load_embeddings
from rag.settings import load_settings
settings = load_settings({}, store={"data_dir": sys.argv[1]})
catalogue = open_catalogue(settings.store.data_dir)
report = ingest(read_sources([Path(sys.argv[2])]), catalogue=catalogue, embeddings=load_embeddings(settings), settings=settings)
print(report.added, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_number_of_articles(tmp_path: Path) -> None:
    used = {}
    for number in (100, 1_000):
        path = tmp_path / f"{number}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for at in range(number):
                file.write(json.dumps({"id": f"a{at}", "title": "", "text": f"Short note {at}. " * 4}) + "\n")
        command = [sys.executable, "-c", MEMORY_PROBE, str(tmp_path / f"data{number}"), str(path)]
        added, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert int(added) == number
        used[number] = int(megabytes)
    assert used[1_000] - used[100] < 40, used


def test_the_sample_corpus_goes_in_without_a_failure(store: Store) -> None:
    folder = Path(__file__).parents[2] / "corpus" / "articles"
    report = ingest(
        read_sources([folder]),
        catalogue=store.catalogue,
        embeddings=store.embeddings,  # type: ignore[arg-type]
        settings=store.settings,
    )
    assert report.failed == []
    assert report.added == sum(1 for _ in folder.rglob("*.md")) >= 30
