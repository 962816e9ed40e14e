"""What a question asks for, which holders are one, and how accounts are told from what was read."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from rag.answering.accounts import Accounts, Telling
from rag.answering.attribution import attributions
from rag.answering.claims import ClaimReader
from rag.answering.extractive import Candidate, Reader, Reading
from rag.answering.features import load_reading_weights
from rag.answering.holders import Speaker, one_holder
from rag.answering.lexicon import load_lexicon
from rag.answering.reference import name_words
from rag.answering.slots import Kind, dates, fillers, numbers, question_kind
from rag.language import sentence_spans
from rag.schema import Article, ArticleId, Hit, PassageId, Span

DIMENSION = 8


@pytest.mark.parametrize(
    ("language", "question", "kind"),
    [
        ("en", "Who asked for the truce?", "who"),
        ("en", "How many houses were destroyed?", "number"),
        ("en", "When does the bridge open?", "when"),
        ("en", "Was the treaty signed?", "whether"),
        ("en", "What do the neighbours say about the tram?", "other"),
        ("en", "What was the magnitude of the earthquake?", "number"),
        ("es", "¿De qué magnitud fue el terremoto?", "number"),
        ("fr", "Comment le feu a-t-il pris ?", "why"),
        ("ur", "جنگ بندی کی درخواست کس نے کی؟", "who"),
        ("ur", "پل کب کھلے گا؟", "when"),
        ("ur", "کیا معاہدہ ہوا؟", "whether"),
        ("ps", "بند ولې ځنډېدلی دی؟", "why"),
        ("fa", "چند نفر زخمی شدند؟", "number"),
        ("prs", "پل چه وقت باز می‌شود؟", "when"),
        ("ar", "لماذا توقفت المضخة؟", "why"),
        ("hi", "मेला कहाँ लगेगा?", "where"),
        ("fr", "Pourquoi le bac est-il à quai ?", "why"),
        ("es", "¿Cuántas personas fueron a la marcha?", "number"),
        ("de", "Wie hoch ist der Schaden?", "number"),
        ("tr", "Galeri neden çöktü?", "why"),
        ("ru", "Кто нарушил границу, когда столкнулись суда?", "who"),
        ("zh", "大桥要收费吗？", "whether"),
    ],
)
def test_the_question_word_says_what_is_asked_for(language: str, question: str, kind: Kind) -> None:
    assert question_kind(question, language) == kind


@pytest.mark.parametrize(
    ("text", "value"),
    [("2 100 тонн", 2100), ("8.000 personas", 8000), ("40 کروڑ روپے", 400_000_000), ("۴۰ هزار دز", 40_000),
     ("३१ घायल", 31), ("20,000 doses, not 40,000", 20_000), ("3.5 million", 3_500_000), ("12 on 9 June 2031", 12)],
)  # fmt: skip
def test_numbers_are_compared_across_scripts(text: str, value: float) -> None:
    assert numbers(text) == {value}


def test_dates_are_compared_across_languages() -> None:
    assert dates("on 9 June") == dates("۹ جون") == dates("6月9日") == dates("9 июня") == dates("June 9th")
    assert dates("the 65 of them") == frozenset()
    assert fillers("it opens on Friday", "when") == fillers("le vendredi", "when")


def speaker(text: str, *, article: str = "a", language: str = "en", source: str | None = "Courier") -> list[Speaker]:
    return [Speaker(claim, article, language, source) for claim in attributions(text, language)]


def test_two_foreign_ministries_are_not_one_holder() -> None:
    (mine,) = speaker("The Foreign Ministry said the road was open.", source="Courier")
    (theirs,) = speaker("The Foreign Ministry said the road was shut.", article="b", source="Herald")
    assert not one_holder(mine, theirs)
    (north,) = speaker("Velland's Foreign Ministry said the road was open.")
    (south,) = speaker("Morrow's Foreign Ministry said the road was shut.", article="b")
    assert not one_holder(north, south)


def test_names_that_share_what_tells_them_apart_are_one_holder() -> None:
    (full,) = speaker("The Bay Roads Board said the bridge opens in May.")
    (short,) = speaker("The Roads Board of the Bay said the bridge opens in June.", article="b", source="Herald")
    assert one_holder(full, short)


def test_a_chairman_speaks_for_the_league_he_is_named_with() -> None:
    text = "The Sailors' League said the pier was rotten. “It shook,” its chairman Rolf Udd told the paper."
    league, chairman = speaker(text)
    assert one_holder(league, chairman)


class _Collection:
    """Articles of one passage each, read in the order and with the scores a test gives them."""

    def __init__(self, *articles: Article) -> None:
        self.articles = {article.article_id: article for article in articles}

    def vectors(self, hits: Sequence[Hit]) -> np.ndarray:
        return np.ones((len(hits), DIMENSION), dtype=np.float32) / np.sqrt(DIMENSION)

    def tell(
        self,
        question: str,
        scores: dict[str, float],
        language: str = "en",
        relevance: Callable[[str, str], float] = lambda question, sentence: 0.0,
    ) -> Telling:
        hits, candidates = [], []
        for rank, article in enumerate(self.articles.values(), start=1):
            hit = Hit(
                rank, 1.0, article.article_id, PassageId(str(rank)), article.language, article.title, article.source,
                article.published, None, 0, len(article.text), article.text,
            )  # fmt: skip
            hits.append(hit)
            for start, end in sentence_spans(article.text):
                text = article.text[start:end]
                score = next((value for part, value in scores.items() if part in text), 0.5)
                candidates.append(Candidate(hit, Span(start, end), text, text, start, score, 0.0, score, ()))
        reading = Reading(tuple(sorted(candidates, key=lambda candidate: -candidate.score)))
        reader = Reader(
            lambda sentences: np.zeros((len(sentences), DIMENSION), dtype=np.float32), load_reading_weights("none")
        )
        accounts = Accounts(self.articles.get, self.vectors, reader, ClaimReader(), relevance)
        return accounts.tell(question, np.zeros(DIMENSION, dtype=np.float32), reading, hits, language=language)


def article(
    name: str, text: str, *, published: str = "2031-05-02", source: str = "Courier", language: str = "en"
) -> Article:
    return Article(ArticleId(name), text, language=language, published=published, source=source)


FIRE = "The hall burned. The Harbour Office said a heater failed. The Dockers' League rejected that. It said fuel was poured."


def test_two_sides_are_told_apart_and_called_disputed() -> None:
    told = _Collection(article("a", FIRE)).tell(
        "What caused the fire?", {"heater": 0.95, "rejected": 0.9, "fuel": 0.92}
    )
    assert [voice.holder for voice in told.voices] == ["The Harbour Office", "The Dockers' League"]
    assert told.disputed
    for voice in told.voices:
        assert FIRE[voice.candidate.span.start : voice.candidate.span.end] == voice.candidate.text


def test_compatible_accounts_are_listed_without_dispute() -> None:
    text = "The rail company noted that trains ran on time. According to the university, the noise fell by half."
    told = _Collection(article("a", text)).tell("What is said about the train?", {"trains": 0.9, "noise": 0.88})
    assert len(told.voices) == 2
    assert not told.disputed


def test_numbers_that_differ_exclude_each_other_and_the_same_number_is_one_voice() -> None:
    collection = _Collection(article("a", "Police said 14 people were hurt. The hospital said 31 people were hurt."))
    told = collection.tell("How many people were hurt?", {"14": 0.9, "31": 0.88})
    assert [voice.holder for voice in told.voices] == ["Police", "The hospital"]
    assert told.disputed
    agreed = _Collection(article("a", "Police said 14 people were hurt. The hospital said 14 people were hurt."))
    assert not agreed.tell("How many people were hurt?", {"Police": 0.9, "hospital": 0.88}).voices


def test_a_number_in_words_is_one_and_a_small_one_beside_a_figure_is_not() -> None:
    text = "The league said sixty thousand people marched. The police said 14,000 people marched."
    told = _Collection(article("a", text)).tell("How many people marched?", {"sixty": 0.9, "14,000": 0.88})
    assert [voice.holder for voice in told.voices] == ["The league", "The police"]
    assert told.disputed
    text = "The police said 14,000 people marched. The traders said prices rose three times."
    told = _Collection(article("a", text)).tell("How many people marched?", {"14,000": 0.9, "three": 0.88})
    assert not told.voices


def test_an_accusation_in_another_language_that_names_the_other_side_is_a_dispute() -> None:
    mine = article("a", "The Morestan ministry said that its soldiers fired at nobody.")
    theirs = article("b", "وزارت دفاع زرنان ادعا کرد که سربازان مورستان آتش گشودند.", language="fa")
    scores = {"soldiers": 0.9, "سربازان": 0.88}
    assert _Collection(mine, theirs).tell("What happened at the pass?", scores).disputed
    theirs = article("b", "وزارت دفاع زرنان گفت که گذرگاه بسته است.", language="fa")
    assert not _Collection(mine, theirs).tell("What happened at the pass?", {"soldiers": 0.9, "گذرگاه": 0.88}).disputed


def test_the_newer_notice_of_a_holder_replaces_the_older() -> None:
    told = _Collection(
        article("a", "The Bay Roads Board said the bridge opens on 20 May. The Riders' Club said it opens on 1 July."),
        article("b", "The Bay Roads Board said the bridge opens on 9 June.", published="2031-05-16"),
    ).tell("When does the bridge open?", {"20 May": 0.95, "9 June": 0.93, "1 July": 0.92})
    board, club = told.voices
    assert "9 June" in board.candidate.text
    assert board.superseded is not None
    assert "20 May" in board.superseded.older
    assert board.superseded.published == "2031-05-02"
    assert club.superseded is None
    assert told.disputed


def test_an_update_of_one_voice_puts_the_newer_sentence_first_without_accounts() -> None:
    told = _Collection(
        article("a", "The bridge opens on 20 May, the board said."),
        article("b", "The bridge now opens on 9 June, the board said.", published="2031-05-16"),
    ).tell("When does the bridge open?", {"20 May": 0.95, "9 June": 0.93})
    assert not told.voices
    assert told.newest is not None
    assert "9 June" in told.newest.candidate.text
    assert not told.disputed


def test_copies_of_one_story_are_one_voice() -> None:
    told = _Collection(article("a", FIRE), article("b", FIRE, source="Herald"), article("c", FIRE, source="Post")).tell(
        "What caused the fire?", {"heater": 0.95, "rejected": 0.9, "fuel": 0.92}
    )
    assert [voice.holder for voice in told.voices] == ["The Harbour Office", "The Dockers' League"]
    assert told.voices[0].also_reported_by == ("Herald", "Post")


def test_a_denied_rumour_is_no_dispute() -> None:
    text = "The ministry denied rumours of a new tax. The grain office said stocks would last two months."
    told = _Collection(article("a", text)).tell("Will there be a new tax?", {"tax": 0.95, "stocks": 0.92})
    assert not told.disputed


def test_without_sentences_nothing_is_told() -> None:
    told = _Collection().tell("Who?", {})
    assert told == Telling()


def test_who_says_what_asks_for_opinions_and_not_for_a_person() -> None:
    assert question_kind("Who says what about the tram?", "en") == "other"
    assert question_kind("किसने क्या कहा?", "hi") == "other"
    assert question_kind("Who asked for the tram?", "en") == "who"


def test_a_german_question_that_begins_with_its_verb_asks_whether() -> None:
    assert question_kind("Schließt das Werk im Mai?", "de") == "whether"
    assert question_kind("Seit wann steht das Werk?", "de") == "when"


def test_the_sentence_that_names_a_side_goes_before_one_that_leaves_it_to_a_pronoun() -> None:
    text = "The port said a heater failed. It added that trucks would come. The League claimed fuel was poured."
    told = _Collection(article("a", text)).tell("What caused the fire?", {"heater": 0.9, "trucks": 0.92, "fuel": 0.9})
    port = told.voices[0]
    assert "heater" in port.candidate.text
    assert port.beside is not None
    assert "trucks" in port.beside.text


def test_a_second_sentence_that_lies_farther_is_not_quoted_beside_the_first() -> None:
    text = "The port said a heater failed. It added that trucks would come. The League claimed fuel was poured."
    told = _Collection(article("a", text)).tell("What caused the fire?", {"heater": 0.9, "trucks": 0.8, "fuel": 0.9})
    assert all(voice.beside is None for voice in told.voices)


def test_a_denial_that_nobody_contradicts_is_no_dispute() -> None:
    text = "The council denied that the market would close. A trader said new stalls would come in spring."
    told = _Collection(article("a", text)).tell("Will the market close?", {"council": 0.95, "stalls": 0.88})
    assert len(told.voices) == 2
    assert not told.disputed


def test_a_denial_of_what_another_asserts_is_a_dispute() -> None:
    text = "The traders said the market would close. The council denied that the market would close."
    told = _Collection(article("a", text)).tell("Will the market close?", {"traders": 0.95, "council": 0.93})
    assert told.disputed


def test_a_claim_far_from_the_question_makes_no_dispute() -> None:
    text = "The port said a heater failed. The inspector said a heater burnt out. A baker insisted that bread was dear."
    collection = _Collection(article("a", text))
    assert not collection.tell("What caused the fire?", {"port": 0.95, "inspector": 0.9, "baker": 0.77}).disputed


def test_two_that_name_each_other_when_asked_who_did_it_exclude_each_other() -> None:
    text = "Velland's army said Morrow fired first. Morrow's army said Velland fired first. A nurse said it rained."
    told = _Collection(article("a", text)).tell("Who fired first?", {"Velland's": 0.95, "Morrow's": 0.93, "nurse": 0.9})
    assert told.disputed
    same = "Velland's army said Morrow fired first. The observers said Morrow fired first."
    told = _Collection(article("a", same)).tell("Who fired first?", {"Velland's": 0.95, "observers": 0.93})
    assert not told.disputed


def test_what_is_ruled_out_beside_a_cause_that_all_name_is_no_dispute() -> None:
    text = "The fire service blamed a short circuit, ruling out arson. The mayor said a short circuit was the cause."
    told = _Collection(article("a", text)).tell("What caused the fire?", {"service": 0.95, "mayor": 0.93})
    assert not told.disputed


def test_numbers_of_different_things_do_not_exclude_each_other() -> None:
    text = "The mayor said 40 hectares burned. The vet said 12 sheep died."
    told = _Collection(article("a", text)).tell("How much was lost in the fire?", {"mayor": 0.95, "vet": 0.94})
    assert not told.disputed
    text = "The mayor said 40 hectares burned. The fire service said 55 hectares burned."
    told = _Collection(article("a", text)).tell("How many hectares burned?", {"mayor": 0.95, "service": 0.94})
    assert told.disputed


def test_a_day_of_the_week_does_not_exclude_one_of_the_calendar() -> None:
    text = "The mayor said the bridge opens on Friday. The builder said the bridge opens on 9 June."
    told = _Collection(article("a", text)).tell("When does the bridge open?", {"mayor": 0.95, "builder": 0.94})
    assert not told.disputed
    text = "The mayor said the bridge opens on 2 June. The builder said the bridge opens on 9 June."
    told = _Collection(article("a", text)).tell("When does the bridge open?", {"mayor": 0.95, "builder": 0.94})
    assert told.disputed


def test_a_cause_that_comes_beside_another_is_not_put_against_it() -> None:
    first = "The miller blamed the drought. "
    question, near = "Why did the mill close?", {"miller": 0.95, "union": 0.94}
    against = _Collection(article("a", f"{first}The union blamed the owners, not the drought."))
    assert against.tell(question, near).disputed
    beside = _Collection(article("a", f"{first}The union also blamed the new road."))
    assert not beside.tell(question, near).disputed


def test_a_denial_that_points_is_of_what_was_said_last_before_it() -> None:
    first = "The union said wages caused the strike. The bakers said a rule caused the strike. "
    near = {"union": 0.95, "bakers": 0.93, "owner": 0.9}
    told = _Collection(article("a", f"{first}The owner rejected that claim.")).tell("What caused the strike?", near)
    assert told.disputed
    text = "The union said wages caused the strike. A paper claimed the mayor had fled. The owner rejected that claim."
    told = _Collection(article("a", text)).tell("What caused the strike?", {"union": 0.95, "mayor": 0.6, "owner": 0.7})
    assert not told.disputed


def test_an_arabic_name_is_one_with_its_article_and_without() -> None:
    lexicon = load_lexicon("ar")
    assert name_words("الدائرة", lexicon) == name_words("دائرة", lexicon)
    assert name_words("الب", lexicon) == frozenset({"الب"})


SHEEP = "The hills burned. The Forest Service said 3,450 were lost. The herders' union said 800 of its sheep were lost."


@pytest.mark.parametrize(("beside", "disputed"), [(-4.0, False), (-1.0, True)])
def test_a_number_that_answers_something_else_disputes_none(beside: float, disputed: bool) -> None:
    told = _Collection(article("a", SHEEP)).tell(
        "How many were lost?",
        {"Forest Service": 0.95, "herders": 0.9},
        relevance=lambda _, sentence: beside if "3,450" in sentence else 2.0,
    )
    assert (len(told.voices), told.disputed) == (2, disputed)


def test_numbers_dispute_each_other_where_none_of_them_seems_to_answer() -> None:
    told = _Collection(article("a", SHEEP)).tell(
        "How many were lost?",
        {"Forest Service": 0.95, "herders": 0.9},
        relevance=lambda _, sentence: -4.0 if "3,450" in sentence else -1.0,
    )
    assert told.disputed


@pytest.mark.parametrize(
    ("question", "language", "before", "now"),
    [
        ("Who leads the rescue?", "en", "Colonel Bangash leads the rescue.", "The rescue is now led by Dr Khattak."),
        ("Où est le marché ?", "fr", "Le marché est place Verte.", "Le marché est désormais quai Sud."),
        ("بازار کجاست؟", "fa", "بازار در میدان سبز است.", "بازار اکنون در خیابان دریا است."),
    ],
)
def test_what_a_later_report_says_of_now_is_newest(question: str, language: str, before: str, now: str) -> None:
    old = article("a", before, published="2031-05-02", language=language)
    scores = {before: 0.95, now: 0.9}
    later = article("b", now, published="2031-05-09", language=language)
    told = _Collection(old, later).tell(question, scores, language)
    assert told.newest is not None
    assert told.newest.candidate.text == now
    # It says nothing of what it replaces.
    assert told.newest.superseded is None
    same_day = article("b", now, published="2031-05-02", language=language)
    assert _Collection(old, same_day).tell(question, scores, language).newest is None
