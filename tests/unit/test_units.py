import pytest

from rag.answering.units import count_different_things, measures, miscounted, units_asked, units_of

PASSAGE = "Some 27,000 people left their homes. The survey found 23 leopards, up from 17 in 2021. It took five hours."


def wrong(sentence: str, language: str = "en") -> bool:
    return miscounted(measures(sentence, language), [measures(PASSAGE, "en")])


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("The flood destroyed 27,000 houses.", "en"),
        ("They were 23 percent of all.", "en"),
        ("The search lasted five days.", "en"),
        ("سیلاب سے ۲۷ ہزار مکان تباہ ہوئے۔", "ur"),
        ("دمر الفيضان 27 ألف منزل.", "ar"),
        ("The survey found 23 cubs.", "en"),
        ("洪水冲毁了2.7万座房屋。", "zh"),
        ("The survey found 17 leopards, down from 23 in 2021.", "en"),
        ("Учёные насчитали 17 барсов, тогда как в 2021 году их было 23.", "ru"),
    ],
)
def test_a_right_number_on_a_wrong_thing_or_year_is_told(sentence: str, language: str) -> None:
    assert wrong(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("27,000 residents fled.", "en"),
        ("27,000 have fled.", "en"),
        ("ستائیس ہزار لوگ نکل گئے۔", "ur"),
        ("2.7万人离开了。", "zh"),
        ("23 leopards were found, against 17 in 2021.", "en"),
        ("تعداد 23 نمرًا بعد أن كانت 17 في 2021.", "ar"),
        ("La recherche a duré cinq heures.", "fr"),
        ("Five of the 23 were seen at night.", "en"),
        ("۲۷ هزار تن رفتند.", "fa"),
    ],
)
def test_a_right_number_on_its_own_thing_passes(sentence: str, language: str) -> None:
    assert not wrong(sentence, language)


@pytest.mark.parametrize(
    ("language", "question", "units"),
    [
        ("en", "How many sheep died in the fire?", {"animal"}),
        ("en", "How many hectares burned?", {"area"}),
        ("ur", "کتنے ایکڑ فصل تباہ ہوئی؟", {"area"}),
        ("hi", "कितने लोग घायल हुए?", {"person"}),
        ("es", "¿Cuántas toneladas se perdieron?", {"weight"}),
        ("fr", "Combien de coureurs ont pris le départ ?", {"person"}),
        ("en", "How many wugs were seen?", set()),
        ("en", "When does the bridge open?", set()),
    ],
)
def test_a_question_says_what_is_to_be_counted(language: str, question: str, units: set[str]) -> None:
    assert units_asked(question, language) == units


def test_what_is_counted_is_told_by_number() -> None:
    assert units_of("The fire burned 40 hectares and cost £3,000.", "en") == {
        "40": frozenset({"area"}), "3000": frozenset({"money"}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("les dégâts à 2,3 millions d'euros", "fr", {"2.3e+06": {"money"}}),
        ("3 millions d’habitants", "fr", {"3e+06": {"person"}}),
        ("5 millones de euros", "es", {"5e+06": {"money"}}),
        ("40 milliards de dollars", "fr", {"4e+10": {"money"}}),
    ],
)
def test_what_is_counted_may_stand_behind_of(text: str, language: str, units: dict[str, set[str]]) -> None:
    assert units_of(text, language) == units


def test_only_what_is_known_of_both_counts_different_things() -> None:
    sheep, people, unknown = frozenset({"animal"}), frozenset({"person"}), frozenset({""})
    assert count_different_things(sheep, people)
    assert not count_different_things(sheep, sheep | people)
    assert not count_different_things(sheep, unknown)
    assert not count_different_things(sheep, frozenset())
    assert not count_different_things(frozenset({"family"}), frozenset({"building"}))
