"""What is kept of an answer, and the answer that this makes over the catalogue as it is now.

Quotes are not kept. A citation is an article's id, a span and a digest of the characters there; a statement or account
that is a quote is a span too. On reading back, the quotes are cut again: where the article is gone the evidence is
``removed``, where other characters stand in its place it is ``changed``, and what rested on it alone is not shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Literal

from rag.answering.phrases import phrase
from rag.conversations.store import StoredTurn, TurnStatus
from rag.schema import Account, Answer, AppliedPeriod, Article, ArticleId, Citation, Hit, PassageId, Statement, Writing

Json = dict[str, Any]
Gone = Literal["removed", "changed"]
Reading = Callable[[ArticleId], Article | None]

_DIGEST_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn of a chat as it is read back.

    Attributes:
        number: From 1 within its chat.
        asked: ISO time, UTC.
        answer: None where the question was stopped or failed.
        gone: What became of the evidence that is not there any more, by the number of its citation.
    """

    number: int
    question: str
    language: str
    asked: str
    status: TurnStatus
    answer: Answer | None
    gone: dict[int, Gone] = field(default_factory=dict)


def kept_answer(answer: Answer) -> Json:
    """What is kept of an answer: the service's own words, a model's sentences, and spans in place of quotes."""
    quotes = {citation.number: citation for citation in answer.citations}
    cited = [
        {
            "number": citation.number, "article_id": citation.article_id, "start": citation.start, "end": citation.end,
            "page": citation.page, "also_reported_by": list(citation.also_reported_by),
            "digest": _digest(citation.quote),
        }
        for citation in answer.citations
    ]  # fmt: skip
    return {
        "mode": answer.mode,
        "probability": answer.probability,
        "disputed": answer.disputed,
        "said": None if answer.statements else answer.answer,
        "statements": [
            {**_kept_text(one.text, one.citations, quotes), "citations": one.citations, "verified": one.verified}
            for one in answer.statements
        ],
        "accounts": [_kept_account(account, quotes) for account in answer.accounts],
        "citations": cited,
        "nearest": [_kept_hit(hit) for hit in answer.nearest] if answer.status == "abstained" else [],
        "notice": answer.notice,
        "writing": asdict(answer.writing) if answer.writing else None,
        "leans_on": answer.leans_on,
        "period": asdict(answer.period) if answer.period else None,
        "timings_ms": answer.timings_ms,
    }


def _kept_text(text: str, numbers: Sequence[int], quotes: dict[int, Citation]) -> Json:
    """Where a quote stands within one of its citations; only what a model wrote is kept as text."""
    for number in numbers:
        at = quotes[number].quote.find(text)
        if at >= 0:
            return {"quoted": number, "span": [at, at + len(text)]}
    return {"text": text}


def _kept_account(account: Account, quotes: dict[int, Citation]) -> Json:
    kept = {
        **_kept_text(account.statement, account.citations, quotes),
        "holder": account.holder,
        "citations": account.citations,
    }
    if account.supersedes is not None and len(account.citations) > 1:
        # The service's words around what was said before, which stands in the second citation.
        quote = quotes[account.citations[1]].quote
        found = SequenceMatcher(None, account.supersedes, quote, autojunk=False).find_longest_match()
        kept["before"] = {"quoted": account.citations[1], "span": [found.b, found.b + found.size]}
    return kept


def _kept_hit(hit: Hit) -> Json:
    return {
        "article_id": hit.article_id, "passage_id": hit.passage_id, "start": hit.start, "end": hit.end,
        "score": hit.score, "also_reported_by": list(hit.also_reported_by), "digest": _digest(hit.text),
    }  # fmt: skip


def kept_turn(turn: StoredTurn, article: Reading, conversation: str) -> KeptTurn:
    """Read a turn back over the articles as they are now.

    Args:
        turn: As it was recorded.
        article: The article of an id.
        conversation: The id of its chat.
    """
    if turn.answer is None:
        return KeptTurn(turn.number, turn.question, turn.language, turn.asked, turn.status, None)
    kept = turn.answer
    citations, gone = _citations(kept["citations"], article)
    quotes = {citation.number: citation.quote for citation in citations}
    missing = phrase("evidence_gone", turn.language)

    def text_of(item: Json) -> str | None:
        if _lost(item, gone):
            return None
        if "quoted" not in item:
            return str(item["text"])
        start, end = item["span"]
        return quotes[item["quoted"]][start:end]

    statements = tuple(
        Statement(text_of(item) or missing, tuple(item["citations"]), item["verified"]) for item in kept["statements"]
    )
    accounts = tuple(
        Account(
            # With what they said goes the name of who said it.
            "" if _lost(item, gone) else item["holder"], text_of(item) or missing, tuple(item["citations"]),
            _superseded(item["before"], citations, gone, turn.language) if "before" in item else None,
        )
        for item in kept["accounts"]
    )  # fmt: skip
    answer = Answer(
        turn.question,
        turn.language,
        "answered" if turn.status == "answered" else "reply" if turn.status == "reply" else "abstained",
        kept["mode"],
        kept["probability"],
        kept["said"] or _told(statements, accounts, kept["mode"], kept["disputed"], turn.language),
        statements=statements,
        accounts=accounts,
        disputed=kept["disputed"],
        citations=citations,
        nearest=_nearest(kept["nearest"], article),
        timings_ms=kept["timings_ms"],
        notice=kept["notice"],
        writing=Writing(**kept["writing"]) if kept["writing"] else None,
        stands_for=turn.stands_for,
        leans_on=kept["leans_on"],
        conversation=conversation,
        period=AppliedPeriod(**kept["period"]) if kept["period"] else None,
    )
    return KeptTurn(turn.number, turn.question, turn.language, turn.asked, turn.status, answer, gone)


def _lost(item: Json, gone: dict[int, Gone]) -> bool:
    """Whether nothing is left that a statement or account rests on."""
    numbers = [item["quoted"]] if "quoted" in item else item["citations"]
    return bool(numbers) and all(number in gone for number in numbers)


def _citations(kept: Sequence[Json], article: Reading) -> tuple[tuple[Citation, ...], dict[int, Gone]]:
    citations, gone = [], dict[int, Gone]()
    for item in kept:
        found = article(item["article_id"])
        quote = _cut(found, item)
        if found is None or quote is None:
            gone[item["number"]] = "removed" if found is None else "changed"
            citations.append(
                Citation(
                    item["number"], item["article_id"], "", None, None, "und", None, "", item["start"], item["end"]
                )
            )
            continue
        citations.append(
            Citation(
                item["number"], found.article_id, found.title, found.source, found.published, found.language,
                found.url, quote, item["start"], item["end"], item["page"], tuple(item["also_reported_by"]),
            )
        )  # fmt: skip
    return tuple(citations), gone


def _cut(article: Article | None, item: Json) -> str | None:
    """The characters at a kept span, where they are those that were there."""
    text = article.text[item["start"] : item["end"]] if article else ""
    return text if text and _digest(text) == item["digest"] else None


def _superseded(before: Json, citations: Sequence[Citation], gone: dict[int, Gone], language: str) -> str | None:
    if before["quoted"] in gone:
        return None
    citation = next(citation for citation in citations if citation.number == before["quoted"])
    start, end = before["span"]
    return phrase("superseded", language).format(date=citation.published, older=citation.quote[start:end])


def _nearest(kept: Sequence[Json], article: Reading) -> tuple[Hit, ...]:
    hits: list[Hit] = []
    for item in kept:
        found = article(item["article_id"])
        text = _cut(found, item)
        if found is not None and text is not None:
            hits.append(
                Hit(
                    len(hits) + 1, item["score"], found.article_id, PassageId(item["passage_id"]), found.language,
                    found.title, found.source, found.published, found.url, item["start"], item["end"], text,
                    also_reported_by=tuple(item["also_reported_by"]),
                )
            )  # fmt: skip
    return tuple(hits)


def _told(
    statements: Sequence[Statement], accounts: Sequence[Account], mode: str, disputed: bool, language: str
) -> str:
    """The whole answer as one text with its markers."""
    lines = [phrase("accounts_disputed", language)] if disputed else []
    # A written answer names the holders in its sentences.
    voices = accounts if mode == "extractive" else ()
    for account in voices:
        says = f"{phrase('holder_says', language).format(holder=account.holder)} " if account.holder else ""
        lines.append(says + _marked(account.statement, account))
        if account.supersedes:
            lines.append(f"  {account.supersedes}")
    told = {account.citations for account in voices}
    for statement in statements:
        if statement.citations not in told:
            lines.append(_marked(statement.text, statement) if statement.verified else f"~~{statement.text}~~")
    return "\n".join(lines)


def _marked(text: str, item: Statement | Account) -> str:
    return f"{text} " + "".join(f"[{number}]" for number in item.citations)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]
