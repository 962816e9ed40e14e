import pytest

from rag.answering.figures import days_named, figures
from rag.answering.slots import dates


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("forty-eight hours", "en", {48}),
        ("۴۸ گھنٹے", "ur", {48}),
        ("quarante-huit heures", "fr", {48}),
        ("сорок восемь часов", "ru", {48}),
        ("ثمان وأربعون ساعة", "ar", {48}),
        ("四十八小时", "zh", {48}),
        ("चालीस घंटे", "hi", {40}),
        ("two thousand five hundred people", "en", {2500}),
        ("2.7万人", "zh", {27000}),
        ("27 हज़ार लोग", "hi", {27000}),
        ("18,400 and 18 400 and 18.400", "en", {18400}),
        ("not 40,000 but 20,000", "en", {40000, 20000}),
        ("both of the two sides", "en", set()),
        ("hundreds of thousands", "en", set()),
        ("in 2025", "en", {2025}),
        ("سی‌وپنج هزار نفر", "fa", {35000}),
        ("पैंतीस हज़ार लोग", "hi", {35000}),
        ("چودہ کروڑ سے سولہ کروڑ", "ur", {140_000_000, 160_000_000}),
        ("quatre-vingt-dix-sept blessés", "fr", {97}),
        ("اسی دن", "ur", set()),
    ],
)
def test_a_number_is_the_same_in_digits_and_words_of_any_language(text: str, language: str, found: set[float]) -> None:
    assert figures(text, language) == found


def test_a_day_is_the_same_in_every_language() -> None:
    assert days_named("on 9 June") == days_named("۹ جون کو") == days_named("6月9日") == {"6-9"}
    assert days_named("on Tuesday") == days_named("منگل کو") == days_named("во вторник") == days_named("于周二晚间")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("خط سه در ۸ دی به بهره‌برداری می‌رسد.", {"22-8"}),
        ("از ۱۵ آبان تا ۳ دی", {"20-15", "22-3"}),
        ("۱۵ دی‌ماه", {"22-15"}),
        ("۱۵ دی ۱۴۰۹", {"22-15"}),
        ("۱۵ کسان ټپیان دي، ۲۰ دي.", set()),
        ("عدالت نے 3 دی تھیں۔", set()),
    ],
)
def test_the_persian_month_that_is_a_verb_elsewhere(text: str, days: set[str]) -> None:
    assert dates(text) == days
