"""What the parts of Sanad hand to each other."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, NewType

ArticleId = NewType("ArticleId", str)
PassageId = NewType("PassageId", str)

UNDETERMINED = "und"


class Span(NamedTuple):
    """Half-open range of code points in an article's NFC text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One document as it is kept.

    Attributes:
        article_id: ``id`` of the line or front matter, else the canonical address, else the path under SOURCE.
        text: NFC, otherwise exactly as given; every offset counts its code points.
        title: Empty when there is none.
        language: BCP 47 tag, or ``und``.
        published: ISO date or date and time, or none.
        source: The outlet.
        url: Address for the reader.
        origin: Where it was read from (absolute path or address, without a line number).
        extra: Any other keys the document carried; JSON values.
    """

    article_id: ArticleId
    text: str
    title: str = ""
    language: str = UNDETERMINED
    published: str | None = None
    source: str | None = None
    url: str | None = None
    origin: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: whole sentences of one article.

    ``text`` is ``article.text[start:end]``.
    """

    passage_id: PassageId
    article_id: ArticleId
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is asked of; empty fields do not restrict.

    Attributes:
        languages: BCP 47 tags; ``fa`` takes ``prs`` in, ``zh`` takes ``zh-Hans`` in.
        sources: Outlets, compared without case.
        since: ISO date, inclusive. Articles without a date fail it.
        until: ISO date, inclusive. Articles without a date fail it.
        articles: Article ids.
    """

    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    articles: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return bool(self.languages or self.sources or self.since or self.until or self.articles)


class Copy(NamedTuple):
    """Where a passage stands that is left out as a copy; ``text`` is ``article.text[start:end]``."""

    article_id: ArticleId
    source: str | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, filled in from the catalogue.

    Attributes:
        rank: From 1.
        score: Fused score; higher is better; comparable within one result list only.
        cosine: Similarity of question and passage in [-1, 1].
        lexical: Share of the question that the lexical leg found, in [0, 1]; 0 when it did not propose the passage.
        copies: Passages of other articles that were left out because what they say stands here word for word.
        also_reported_by: Other outlets of ``copies``, sorted.
        joined: The passages it is made of, best first, when neighbours were joined; the rest is then as in the first
            of them, save ``start``, ``end`` and ``text``.
    """

    rank: int
    score: float
    article_id: ArticleId
    passage_id: PassageId
    language: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    text: str
    cosine: float = 0.0
    lexical: float = 0.0
    copies: tuple[Copy, ...] = ()
    also_reported_by: tuple[str, ...] = ()
    joined: "tuple[Hit, ...]" = ()


PeriodKind = Literal["filter", "preference", "recent"]


@dataclass(frozen=True, slots=True)
class AppliedPeriod:
    """What a search made of the time its question named; see `rag.retrieval.periods.Period`.

    ``since`` and ``until`` are ISO dates, inclusive.
    """

    kind: PeriodKind
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Answer to a search: hits best first and the milliseconds of each step (``total`` among them).

    ``undated_excluded`` counts articles a date filter left out because they carry no date. ``period`` is what was read
    from the question and applied, or none.
    """

    hits: tuple[Hit, ...]
    timings_ms: dict[str, float]
    undated_excluded: int = 0
    period: AppliedPeriod | None = None

    @property
    def passages(self) -> "tuple[Hit, ...]":
        """Each passage for itself, best first, whichever were joined."""
        apart = [passage for hit in self.hits for passage in hit.joined or (hit,)]
        return tuple(sorted(apart, key=lambda passage: -passage.score))


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quote: ``article.text[start:end] == quote``. ``number`` is what markers like ``[2]`` point at."""

    number: int
    article_id: ArticleId
    title: str
    source: str | None
    published: str | None
    language: str
    url: str | None
    quote: str
    start: int
    end: int
    page: int | None = None
    also_reported_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of an answer and the numbers of the citations it rests on.

    ``verified`` is false for what a chat model wrote and the evidence does not bear; it then has no citations.
    """

    text: str
    citations: tuple[int, ...]
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """What one holder says on the question."""

    holder: str
    statement: str
    citations: tuple[int, ...]
    supersedes: str | None = None


Status = Literal["answered", "abstained", "reply"]
Mode = Literal["extractive", "written"]


@dataclass(frozen=True, slots=True)
class Writing:
    """What a chat model did for an answer.

    Attributes:
        model: As the settings name it; none when no model answered.
        prompt_version: Of `rag.answering.prompts`.
        requests: How often a model was asked for this answer.
        input_tokens: As the provider counts them, over all requests; 0 where it tells none.
        output_tokens: Likewise.
        first_token_ms: From the question's arrival to the first text from a model; none when there was none.
        withheld: How many sentences did not pass, by reason.
    """

    model: str | None
    prompt_version: int
    requests: int
    input_tokens: int
    output_tokens: int
    first_token_ms: float | None
    withheld: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back for a question; an abstention is an answer with status ``abstained``.

    Attributes:
        language: The question's, a BCP 47 tag or ``und``.
        probability: That the collection holds the answer, in [0, 1]; none for a ``reply``.
        answer: The text shown, with markers like ``[1]``.
        nearest: Passages nearest to the question; of interest when it abstained.
        notice: What the reader should know of how it came about, in one line, or none.
        writing: What a chat model did for it; none where none is configured or needed.
        stands_for: The stand-alone question that a follow-up was read as; none where the question stands alone.
        leans_on: The earlier question it was read together with, where no chat model wrote ``stands_for``.
        conversation: The id of the chat it was kept in; none where it was not kept.
        period: The time that was read from the question and applied to the search, or none.
    """

    question: str
    language: str
    status: Status
    mode: Mode
    probability: float | None
    answer: str
    statements: tuple[Statement, ...] = ()
    accounts: tuple[Account, ...] = ()
    disputed: bool = False
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Hit, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    notice: str | None = None
    writing: Writing | None = None
    stands_for: str | None = None
    leans_on: str | None = None
    conversation: str | None = None
    period: AppliedPeriod | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a chat, and of its answer what a follow-up may lean on.

    Attributes:
        stands_for: The stand-alone question that a chat model wrote for it, if one did.
        holders: Under whose names the answer quoted accounts, in its order.
    """

    question: str
    stands_for: str | None = None
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """First event of an answer: what was found, best first, and how the question was read; see `Answer`."""

    hits: tuple[Hit, ...]
    stands_for: str | None = None
    leans_on: str | None = None
    period: AppliedPeriod | None = None


@dataclass(frozen=True, slots=True)
class StatementMade:
    """One statement with the citations it points at; several of these may follow ``PassagesFound``."""

    statement: Statement
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerFinished:
    """Last event of an answer: the whole of it."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Working:
    """Nothing new yet: sent while a chat model is waited for, so that whoever reads can stop between two events."""


AnswerEvent = PassagesFound | StatementMade | Working | AnswerFinished


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What is wrong with a data directory; ``problems`` lists what was found before any repair."""

    problems: tuple[str, ...]
    repaired: bool
    articles: int
    passages: int
