"""Follow-up questions take the words they lean on along, new topics stay as they are, and languages asked for are told."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.followups import asked_language, stand_alone
from rag.language import detect_question_language, fold

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = [json.loads(line) for line in (ROOT / "tests/conversations/cases.jsonl").read_text("utf-8").splitlines()]
QUESTIONS = [json.loads(line) for line in (ROOT / "corpus/questions.jsonl").read_text("utf-8").splitlines()]

# Language, the first question, a word of it that has to be searched for, and what leans on it.
LEANING = [
    ("en", "Who repaired the harbour crane?", "crane", "And why did it fall?"),
    ("en", "Who repaired the harbour crane?", "crane", "How many workers?"),
    ("en", "Who repaired the harbour crane?", "crane", "What about the other side?"),
    ("en", "Who repaired the harbour crane?", "crane", "and in Kabul?"),
    ("ur", "میلہ کہاں لگے گا؟", "میلہ", "اور کب؟"),
    ("ur", "میلہ کہاں لگے گا؟", "میلہ", "اس کا خرچ کون دے گا؟"),
    ("ur", "میلہ کہاں لگے گا؟", "میلہ", "اور کابل میں؟"),
    ("ps", "پل چا جوړ کړ؟", "پل", "ولې؟"),
    ("ps", "پل چا جوړ کړ؟", "پل", "او په کابل کې؟"),
    ("ps", "پل چا جوړ کړ؟", "پل", "مقابل لوری څه وايي؟"),
    ("fa", "جشن انگور کجا برگزار شد؟", "انگور", "و چه زمانی؟"),
    ("fa", "جشن انگور کجا برگزار شد؟", "انگور", "چند نفر آمدند؟"),
    ("fa", "جشن انگور کجا برگزار شد؟", "انگور", "در هرات چطور؟"),
    ("prs", "مکتب نو کجاست؟", "مکتب", "طرف مقابل چه می‌گوید؟"),
    ("prs", "مکتب نو کجاست؟", "مکتب", "چند شاگرد دارد؟"),
    ("ar", "أين يقام مهرجان التمور؟", "التمور", "ومتى؟"),
    ("ar", "أين يقام مهرجان التمور؟", "التمور", "ماذا عن الطرف الآخر؟"),
    ("ar", "أين يقام مهرجان التمور؟", "التمور", "وفي كابول؟"),
    ("ar", "أين يقام مهرجان التمور؟", "التمور", "والجانب الآخر؟"),
    ("hi", "पुराना पुल किसने बनाया?", "पुल", "और क्यों?"),
    ("hi", "पुराना पुल किसने बनाया?", "पुल", "उसकी लंबाई कितनी है?"),
    ("hi", "पुराना पुल किसने बनाया?", "पुल", "और काबुल में?"),
    ("fr", "Où se tient la fête du melon ?", "melon", "Et quand ?"),
    ("fr", "Où se tient la fête du melon ?", "melon", "Qui l'organise ?"),
    ("fr", "Où se tient la fête du melon ?", "melon", "Et à Kaboul ?"),
    ("es", "¿Dónde es la fiesta del melón?", "melon", "¿Y cuándo?"),
    ("es", "¿Dónde es la fiesta del melón?", "melon", "¿Quién la organiza?"),
    ("es", "¿Dónde es la fiesta del melón?", "melon", "¿Y en Kabul?"),
    ("de", "Wo findet das Melonenfest statt?", "melonenfest", "Und wann?"),
    ("de", "Wo findet das Melonenfest statt?", "melonenfest", "Wer bezahlt es?"),
    ("de", "Wo findet das Melonenfest statt?", "melonenfest", "Und in Kabul?"),
    ("tr", "Kavun şenliği nerede yapılacak?", "kavun", "Peki ne zaman?"),
    ("tr", "Kavun şenliği nerede yapılacak?", "kavun", "Onu kim düzenliyor?"),
    ("tr", "Kavun şenliği nerede yapılacak?", "kavun", "Karşı taraf ne diyor?"),
    ("ru", "Где пройдёт праздник дыни?", "дыни", "А когда?"),
    ("ru", "Где пройдёт праздник дыни?", "дыни", "Кто его устраивает?"),
    ("ru", "Где пройдёт праздник дыни?", "дыни", "А в Кабуле?"),
    ("zh", "甜瓜节在哪里举行？", "甜瓜", "为什么？"),
    ("zh", "甜瓜节在哪里举行？", "甜瓜", "它什么时候结束？"),
    ("zh", "甜瓜节在哪里举行？", "甜瓜", "喀布尔呢？"),
]

# Questions that have what a follow-up has, and stand alone all the same.
STANDING = [
    ("en", "What is a seismograph?"),
    ("en", "Is it true that the harbour crane in Elbing was sold?"),
    ("en", "Did the mayor of Elbing say why he resigned?"),
    ("en", "How many people had to leave their homes because of the storm?"),
    ("ur", "سیلاب کیا ہے؟"),
    ("ur", "اس وقت وادی میں کتنے چیتے ہیں؟"),
    ("ps", "د کابل ښار اوبه له کومه راځي؟"),
    ("fa", "شهرداری هرات چرا بازار کهنه را بست؟"),
    ("prs", "مکتب نو هرات چند صنف دارد؟"),
    ("ar", "كم مرة تجري فيها الانتخابات البرلمانية؟"),
    ("hi", "इस साल गेहूँ की कीमत क्यों बढ़ी?"),
    ("fr", "Pourquoi le pont de Brume est-il fermé ?"),
    ("es", "¿Qué universidad tiene su origen en una escuela?"),
    ("de", "Hat der Schleusenwärter gesagt, er mache nicht auf?"),
    ("de", "Gibt es in Elbing einen neuen Hafenkran?"),
    ("tr", "Bu yıl buğday fiyatı neden arttı?"),
    ("ru", "Что такое сейсмограф?"),
    ("zh", "地震仪是什么？"),
    ("zh", "其他城市为什么缺水？"),
]

ASKED = [
    ("In Urdu please", "ur"),
    ("can you say that in Pashto?", "ps"),
    ("Who asked for the truce? In Persian, please.", "fa"),
    ("Who asked for the truce in Urdu please", "ur"),
    ("انگریزی میں بتائیں", "en"),
    ("په اردو یې راته ووایه", "ur"),
    ("لطفا به دری بنویس", "prs"),
    ("بالإنجليزية من فضلك", "en"),
    ("इसे उर्दू में बताइए", "ur"),
    ("En chinois, s'il te plaît", "zh"),
    ("Dímelo en francés", "fr"),
    ("Bitte auf Türkisch", "tr"),
    ("Almanca yazar mısın?", "de"),
    ("То же самое по-русски, пожалуйста", "ru"),
    ("请用西班牙语回答", "es"),
    ("How many books were printed in Urdu?", None),
    ("Which newspapers write in Urdu?", None),
    ("What is Urdu?", None),
    ("Who wrote the German constitution?", None),
    ("Qui enseigne en français à Kaboul ?", None),
    ("کتنے اخبار اردو میں چھپتے ہیں؟", None),
    ("How many shops burned?", None),
    ("", None),
]

text = st.text() | st.text(alphabet="وه ان یې کې में呢那 它他's.,?؟。 0۹abz", max_size=40)


@pytest.mark.parametrize(("language", "first", "word", "then"), LEANING)
def test_a_follow_up_is_searched_with_the_words_it_leans_on(language: str, first: str, word: str, then: str) -> None:
    query = stand_alone(then, [first], language)
    # The other side answers the same question.
    assert then in query or query == first
    assert fold(word) in fold(query)


@pytest.mark.parametrize(("language", "question"), STANDING)
def test_a_question_that_stands_alone_stays_as_it_is(language: str, question: str) -> None:
    assert stand_alone(question, ["Who painted the old ship?"], language) == question


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["id"])
def test_no_question_of_the_sample_corpus_is_taken_for_a_follow_up(row: dict[str, str]) -> None:
    for language in (row["language"], detect_question_language(row["question"])):
        assert stand_alone(row["question"], ["Who painted the old ship?"], language) == row["question"]


def test_the_turns_the_rules_were_worked_on_are_told_apart() -> None:
    for case in CASES:
        if hashlib.sha256(case["id"].encode()).digest()[0] % 2 == 0:
            query = stand_alone(case["then"], [case["first"]], case["then_language"])
            assert (query == case["then"]) == (case["kind"] == "new-topic"), case["id"]


@pytest.mark.parametrize(("question", "language"), ASKED)
def test_the_language_an_answer_is_wanted_in_is_told(question: str, language: str | None) -> None:
    assert asked_language(question) == language


def test_a_wish_for_another_language_asks_the_last_question_again() -> None:
    first = "Who repaired the harbour crane?"
    assert stand_alone("In Urdu please", [first], "en") == first
    assert stand_alone("In Urdu please", [first, "and why?"], "en") == stand_alone("and why?", [first], "en")
    assert stand_alone("No, in Hindi", [first, "In Urdu please"], "en") == first
    assert stand_alone("انگریزی میں بتائیں", [first], "ur") == first


def test_a_chain_of_follow_ups_leans_on_the_latest_question_that_stands_alone() -> None:
    earlier = ["Where is the melon fair of Elbing?", "Who repaired the harbour crane?", "and when?", "why?"]
    query = stand_alone("How many workers?", earlier, "en")
    assert query == "How many workers? repaired harbour crane"


def test_a_follow_up_may_be_in_another_language_than_the_first_question() -> None:
    assert "harbour crane" in stand_alone("اور کب؟", ["Who repaired the harbour crane?"], "ur")
    assert "کشتی" in stand_alone("And when?", ["پرانی کشتی کس نے رنگی؟"], "en")


def test_a_follow_up_whose_language_is_not_known_is_told_all_the_same() -> None:
    assert stand_alone("Neden?", ["Kavun şenliği nerede yapılacak?"], "und") != "Neden?"


def test_a_question_in_a_language_without_words_stays_as_it_is() -> None:
    question = "Ce a cântat Lady Gaga?"
    assert stand_alone(question, ["Who repaired the harbour crane?"], "ro") == question


@given(text, st.lists(text, max_size=3), st.sampled_from(["en", "ur", "prs", "ar", "zh", "fr", "und", "xx", "zh-Hant"]))
def test_any_text_gives_a_query_that_has_the_question_or_an_earlier_one(
    question: str, earlier: list[str], language: str
) -> None:
    query = stand_alone(question, earlier, language)
    assert question in query or query in earlier
    asked_language(question)


@given(text, st.sampled_from(["en", "ps", "und"]))
def test_without_an_earlier_question_nothing_changes(question: str, language: str) -> None:
    assert stand_alone(question, [], language) == question
