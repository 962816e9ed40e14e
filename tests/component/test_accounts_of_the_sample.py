"""Accounts over the sample corpus, with a real ingest, real indexes and the bundled model."""

import pytest

from rag.schema import Answer
from rag.service import Service
from rag.wire import answer_fields


def ask(service: Service, question: str) -> Answer:
    answer = service.ask(question)
    assert answer.status == "answered"
    cited = {citation.number: citation for citation in answer.citations}
    assert list(cited) == list(range(1, len(cited) + 1))
    for citation in answer.citations:
        article = service.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    for account, statement in zip(answer.accounts, answer.statements, strict=False):
        assert account.statement == statement.text == cited[account.citations[0]].quote
        assert account.citations == statement.citations
    return answer


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Who asked for the truce?", ("Pakistan's Ministry of Foreign Affairs", "Taliban")),
        ("جنگ بندی کی درخواست کس نے کی؟", ("پاکستان کی وزارتِ خارجہ", "ترجمان")),
        ("How many people had to leave their homes because of the floods in Sangpur?", ("Open Palm", "प्राधिकरण")),
    ],
)
def test_both_sides_are_told_under_their_own_names(
    question: str, sides: tuple[str, ...], sample_service: Service
) -> None:
    answer = ask(sample_service, question)
    holders = [account.holder for account in answer.accounts]
    for side in sides:
        assert any(side in holder for holder in holders), holders


def test_numbers_of_two_bodies_that_differ_are_disputed(sample_service: Service) -> None:
    question = "How many people had to leave their homes because of the floods in Sangpur?"
    answer = ask(sample_service, question)
    assert answer.disputed
    assert answer.answer.startswith("The accounts exclude each other.")
    fields = answer_fields(answer)
    assert fields["disputed"] is True
    assert set(fields["accounts"][0]) == {"holder", "statement", "citations", "supersedes"}


def test_an_update_is_answered_with_the_newer_value_first(sample_service: Service) -> None:
    answer = ask(sample_service, "On what date will the Zarkot bridge open to traffic again?")
    assert answer.citations[0].article_id == "ur-bridge-zarkot-june"
    assert "۹ جون" in answer.citations[0].quote


def test_a_fact_that_nobody_disputes_has_no_accounts(sample_service: Service) -> None:
    answer = ask(sample_service, "How many steps are there inside the Cape Orlan lighthouse?")
    assert not answer.accounts
    assert not answer.disputed
