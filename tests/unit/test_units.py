import pytest

from rag.answering.units import measures, miscounted

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
    ],
)
def test_a_right_number_on_its_own_thing_passes(sentence: str, language: str) -> None:
    assert not wrong(sentence, language)
