"""What a question says about time moves the search, and a setting turns it off."""

from datetime import date
from pathlib import Path

import pytest

from rag.catalogue import StoredModel
from rag.embedding import SanadEmbeddings
from rag.retrieval.candidates import Search, SearchRequest
from rag.schema import Article, ArticleId, Filters, SearchResult, Span
from rag.service import open_service
from rag.settings import load_settings

REPORTS = {
    "first": ("2031-03-02", "The Orsova mill is going to open its doors to visitors on 5 April, the district says."),
    "second": ("2031-06-09", "The opening of the Orsova mill is put off: it now lets visitors in on 6 July."),
    "undated": (None, "The Orsova mill, which visitors will see when it opens, was built of oak and slate."),
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, embeddings: SanadEmbeddings) -> Path:
    data_dir = tmp_path_factory.mktemp("periods") / "data"
    settings = load_settings(store={"data_dir": data_dir})
    with open_service(settings, embeddings=embeddings) as service:
        model = StoredModel(embeddings.identity, 384)
        for name, (published, text) in REPORTS.items():
            article = Article(ArticleId(name), text, "", "en", published)
            vectors = embeddings.embed_passages([text])
            service.catalogue.record(article, [Span(0, len(text))], vectors, content_hash=name, model=model)
        service.indexes.catch_up()
    return data_dir


def search(
    data_dir: Path,
    embeddings: SanadEmbeddings,
    question: str,
    filters: Filters | None = None,
    **retrieval: object,
) -> SearchResult:
    settings = load_settings(store={"data_dir": data_dir}, retrieval=retrieval)
    with open_service(settings, embeddings=embeddings) as service:
        searching = Search(
            service.catalogue,
            service.indexes,
            lambda question, language: embeddings.embed_question(question),
            settings.retrieval,
            lambda: date(2031, 8, 13),
        )
        return searching.runnable().invoke(SearchRequest(question, 10, filters or Filters()))


def found(result: SearchResult) -> list[str]:
    return [hit.article_id for hit in result.hits]


def test_reports_of_a_month_are_only_those_of_the_month(data_dir: Path, embeddings: SanadEmbeddings) -> None:
    question = "Reports from March 2031 on the Orsova mill"
    result = search(data_dir, embeddings, question)
    assert found(result) == ["first"]
    assert result.period is not None
    assert (result.period.kind, result.period.since, result.period.until) == ("filter", "2031-03-01", "2031-03-31")
    assert result.undated_excluded == 1
    off = search(data_dir, embeddings, question, read_periods=False)
    assert len(off.hits) == 3
    assert off.period is None


def test_a_period_that_would_leave_nothing_restricts_nothing(data_dir: Path, embeddings: SanadEmbeddings) -> None:
    result = search(data_dir, embeddings, "Reports from January 2030 on the Orsova mill")
    assert len(result.hits) == 3
    assert result.period is None


def test_the_filter_a_user_sets_wins(data_dir: Path, embeddings: SanadEmbeddings) -> None:
    result = search(
        data_dir, embeddings, "Reports from March 2031 on the Orsova mill", Filters(since="2031-06-01")
    )  # fmt: skip
    assert found(result) == ["second"]
    assert result.period is None


def test_the_latest_report_comes_first_unless_the_weight_is_zero(data_dir: Path, embeddings: SanadEmbeddings) -> None:
    question = "On which day is the Orsova mill now going to open?"
    assert found(search(data_dir, embeddings, question))[0] == "second"
    assert found(search(data_dir, embeddings, question, recency_weight=0))[0] == "first"
