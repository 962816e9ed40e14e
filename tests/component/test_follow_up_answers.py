"""Follow-ups over the sample corpus: the other side, another language, and questions that a chat model rewrites."""

from collections.abc import Callable, Iterator

import pytest

from rag.answering.phrases import phrase
from rag.answering.rewriting import recent, usable
from rag.schema import AppliedPeriod, Exchange, Working
from rag.service import Service
from rag.settings import load_settings
from tests.scripted_model import Reply, Request, ScriptedModel, prompt_of, scripted_model

TRUCE = "Who asked for the truce?"
LEOPARDS = "How many snow leopards live in Wakhara now?"


def holders(service: Service, *questions: str, **how: object) -> list[str]:
    *earlier, question = questions
    answer = service.ask(question, earlier=earlier, **how)  # type: ignore[arg-type]
    assert answer.status == "answered"
    return [account.holder for account in answer.accounts]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "What about the other side?"),
        ("ur", "اور دوسرا فریق؟"),
        ("fa", "طرف مقابل چه می‌گوید؟"),
        ("ps", "مقابل لوری څه وايي؟"),
        ("ar", "والجانب الآخر؟"),
        ("hi", "और दूसरा पक्ष?"),
        ("fr", "Et l'autre camp ?"),
        ("es", "¿Y la otra parte?"),
        ("de", "Und die andere Seite?"),
        ("tr", "Peki karşı taraf?"),
        ("ru", "А другая сторона?"),
        ("zh", "另一方呢？"),
    ],
)
def test_the_other_side_is_not_the_one_that_was_shown_first(
    sample_service: Service, language: str, question: str
) -> None:
    first = sample_service.ask(TRUCE)
    shown = Exchange(TRUCE, holders=tuple(account.holder for account in first.accounts))
    answer = sample_service.ask(question, earlier=[shown], language=language)
    others = [account.holder for account in answer.accounts]
    assert others
    assert "Taliban" in first.accounts[0].holder
    assert not any("taliban" in holder.lower() for holder in others)
    assert set(others) <= {account.holder for account in first.accounts}
    assert (answer.language, answer.stands_for, answer.leans_on) == (language, TRUCE, TRUCE)
    assert len(answer.statements) == len(answer.accounts), "nothing of the side that was left out"


def test_the_other_side_is_not_the_one_that_was_asked_about(sample_service: Service) -> None:
    others = holders(
        sample_service, "What does Pakistan say about who asked for the truce?", "What about the other side?"
    )
    assert "The Taliban spokesperson" in others
    assert not any("Pakistan" in holder or "pakistan" in holder for holder in others)


def test_the_other_side_of_the_other_side_is_the_first_one(sample_service: Service) -> None:
    others = tuple(holders(sample_service, TRUCE, "What about the other side?"))
    again = Exchange("What about the other side?", holders=others)
    assert "The Taliban spokesperson" in [
        account.holder
        for account in sample_service.ask("And the other side?", earlier=[Exchange(TRUCE), again]).accounts
    ]


@pytest.mark.parametrize("wish", ["In Urdu please", "Bitte auf Deutsch", "بالعربية من فضلك"])
def test_the_other_side_in_another_language_is_still_the_other_side(sample_service: Service, wish: str) -> None:
    first = sample_service.ask(TRUCE)
    chat = [Exchange(TRUCE, holders=tuple(account.holder for account in first.accounts))]
    others = sample_service.ask("What about the other side?", earlier=chat)
    chat.append(Exchange("What about the other side?", holders=tuple(account.holder for account in others.accounts)))
    again = sample_service.ask(wish, earlier=chat)
    assert again.accounts == others.accounts
    chat.append(Exchange(wish, holders=tuple(account.holder for account in again.accounts)))
    assert sample_service.ask("In French please", earlier=chat).accounts == others.accounts


def test_where_nobody_disagrees_the_other_side_gets_the_same_answer(sample_service: Service) -> None:
    first = sample_service.ask(LEOPARDS)
    answer = sample_service.ask("What about the other side?", earlier=[LEOPARDS])
    assert answer.statements == first.statements


def test_another_language_without_a_chat_model_gets_quotes_and_says_that_nothing_is_translated(
    sample_service: Service,
) -> None:
    first = sample_service.ask(LEOPARDS)
    answer = sample_service.ask("In Urdu please", earlier=[TRUCE, LEOPARDS])
    assert answer.language == "ur"
    assert answer.statements[0].text == first.statements[0].text
    assert answer.notice == phrase("untranslated", "ur")


def test_another_language_that_the_quotes_are_in_needs_no_notice(sample_service: Service) -> None:
    first = sample_service.ask("How many shops burned in the Port Selmira market?")
    languages = {citation.language for citation in first.citations}
    if languages == {"fr"}:
        assert sample_service.ask("In French please", earlier=[first.question]).notice is None
    assert sample_service.ask("In Turkish please", earlier=[first.question]).notice == phrase("untranslated", "tr")


@pytest.mark.parametrize(
    ("question", "word"), [("اور 2021 میں؟", "2021"), ("Et en 2021 ?", "2021"), ("и в 2021 году?", "2021")]
)
def test_a_follow_up_in_another_language_finds_the_first_questions_article(
    sample_service: Service, question: str, word: str
) -> None:
    answer = sample_service.ask(question, earlier=[LEOPARDS])
    assert answer.leans_on == LEOPARDS
    assert word in (answer.stands_for or "")
    assert any("wakhara" in hit.article_id for hit in answer.nearest)


def test_the_time_of_the_first_question_is_not_that_of_a_follow_up_which_names_its_own(sample_service: Service) -> None:
    first = sample_service.ask(LEOPARDS)
    assert first.period == AppliedPeriod("recent", None, None)
    assert sample_service.ask("and in 2021?", earlier=[LEOPARDS]).period is None
    assert sample_service.ask("And in the Karrin hills?", earlier=[LEOPARDS]).period == first.period


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture
def asking(sample_service: Service, server: ScriptedModel) -> Callable[..., Service]:
    def configured(**chat: object) -> Service:
        own = {"model": "openai:scripted", "base_url": server.address, "retries": 0, **chat}
        settings = load_settings(store={"data_dir": sample_service.settings.store.data_dir}, chat=own)
        return Service(
            settings, sample_service.catalogue, sample_service.indexes, sample_service.owner, sample_service.embeddings
        )

    return configured


def is_rewriting(request: Request) -> bool:
    return "===" not in prompt_of(request)


def rewriting(text: str, then: str = "NO_ANSWER", **how: object) -> Callable[[Request], Reply]:
    return lambda request: Reply(text, **how) if is_rewriting(request) else Reply(then)  # type: ignore[arg-type]


def test_a_chat_model_rewrites_a_follow_up_and_its_tokens_count(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    rewritten = "How many snow leopards lived in Wakhara in 2021?"
    server.say(rewriting(rewritten))
    answer = asking().ask("and in 2021?", earlier=["Where do snow leopards live?", LEOPARDS])
    assert (answer.stands_for, answer.leans_on) == (rewritten, None)
    assert LEOPARDS in prompt_of(server.requests[0])
    assert answer.writing is not None
    assert (answer.writing.requests, answer.writing.input_tokens) == (2, 200)


@pytest.mark.parametrize(
    "written",
    [
        "", "NO_ANSWER\nI do not know.", "There were 4711 of them in 2021.", "<b>leopards</b>", "See https://attack.example",
        "Combien de panthères des neiges vivaient alors dans les montagnes du Wakhara ?", "why " * 200,
    ],
    ids=["empty", "two lines", "invented number", "markup", "address", "other language", "long"],
)  # fmt: skip
def test_what_a_model_should_not_have_written_is_read_by_the_rules(
    written: str, asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(rewriting(written))
    answer = asking().ask("and in 2021?", earlier=[LEOPARDS])
    assert answer.leans_on == LEOPARDS
    assert "leopards" in (answer.stands_for or "")


@pytest.mark.parametrize("how", [{"status": 500}, {"cut_after": 0}])
def test_a_model_that_fails_leaves_the_rules(
    how: dict[str, int], asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(rewriting("How many?", **how))
    assert asking().ask("and in 2021?", earlier=[LEOPARDS]).leans_on == LEOPARDS


def test_a_new_topic_that_the_model_repeats_stays_as_it_is(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    question = "How is inflation measured?"
    server.say(rewriting(question))
    answer = asking().ask(question, earlier=[LEOPARDS])
    assert (answer.stands_for, answer.leans_on) == (None, None)


def test_another_language_is_written_in_that_language(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say([Reply("NO_ANSWER")])
    answer = asking().ask("In Urdu please", earlier=[TRUCE])
    assert answer.language == "ur"
    (request,) = server.requests
    assert "اردو" in prompt_of(request)
    assert TRUCE in prompt_of(request)
    assert answer.notice is None


def test_the_other_side_is_asked_of_the_model_too(asking: Callable[..., Service], server: ScriptedModel) -> None:
    server.say([Reply("")])
    answer = asking().ask("What about the other side?", earlier=[TRUCE])
    (request,) = server.requests
    assert "What about the other side?" in prompt_of(request)
    *_, sides = [line for line in prompt_of(request).splitlines() if "Ministry of Foreign Affairs" in line]
    assert "Taliban spokesperson" not in sides
    assert answer.accounts


def test_a_long_history_is_cut_to_the_models_context_the_newest_first(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    earlier = [f"What happened on day {day} of the long march from Elbing to the sea?" for day in range(200)] + [
        LEOPARDS
    ]
    server.say(rewriting("How many snow leopards lived in Wakhara in 2021?"))
    lengths = {}
    for context in (2048, 8192):
        server.say(rewriting("How many snow leopards lived in Wakhara in 2021?"))
        asking(context_tokens=context).ask("and in 2021?", earlier=earlier)
        prompt = prompt_of(server.requests[0])
        assert LEOPARDS in prompt
        lengths[context] = prompt.count("long march")
    assert 0 < lengths[2048] < lengths[8192] <= 200


def test_a_reader_can_leave_while_a_question_is_rewritten(
    asking: Callable[..., Service], server: ScriptedModel
) -> None:
    server.say(rewriting("How many?", before=30.0))
    events = asking().ask_events("and in 2021?", earlier=[LEOPARDS])
    assert isinstance(next(events), Working)
    events.close()


def test_only_the_newest_questions_fit_a_budget() -> None:
    assert recent([], 100) == []
    assert recent(["a" * 30, "b" * 30], 11) == ["b" * 30]
    assert recent(["a" * 30, "b" * 30], 5) == []


def test_a_number_of_the_conversation_may_be_in_the_question_in_other_digits() -> None:
    assert usable("2021 میں وخارا میں کتنے چیتے تھے؟", "اور ۲۰۲۱ میں؟", [LEOPARDS], "ur")
