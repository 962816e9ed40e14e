"""Periods are read in every language of the page, and a fact's own year is left alone."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from rag.retrieval.periods import Period, prefer, read_period

XQUAD = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "eval" / "xquad"
TODAY = date(2031, 8, 13)  # a Wednesday
MAY, NINTH = ("2031-05-01", "2031-05-31"), ("2031-06-09", "2031-06-09")
LAST_WEEK = ("2031-08-04", "2031-08-10")

FILTERS = [
    ("en", "reports from May 2031", MAY),
    ("en", "What did the ministry say last week about the bridge?", LAST_WEEK),
    ("en", "news of 9 June", NINTH),
    ("en", "articles published since 1 June 2031", ("2031-06-01", None)),
    ("en", "reports between 1 May 2031 and 9 June 2031", ("2031-05-01", "2031-06-09")),
    ("ur", "مئی ۲۰۳۱ کی خبریں کیا ہیں؟", MAY),
    ("ur", "وزارت نے گزشتہ ہفتے کیا کہا؟", LAST_WEEK),
    ("ps", "د جون ۹ ۲۰۳۱ خبرونه", NINTH),
    ("fa", "گزارش‌های خرداد ۱۴۱۰ دربارهٔ پل", ("2031-05-22", "2031-06-21")),
    ("fa", "اخبار ۹ ژوئن ۲۰۳۱", NINTH),
    ("prs", "خبرهای ۱۹ جوزا ۱۴۱۰ چه بود؟", NINTH),
    ("ar", "أخبار أيار 2031", MAY),
    ("ar", "تقارير 9 جوان 2031", NINTH),
    ("ar", "الأخبار منذ كانون الثاني 2031", ("2031-01-01", None)),
    ("hi", "मई 2031 की खबरें", MAY),
    ("hi", "मंत्री ने पिछले हफ्ते क्या कहा?", LAST_WEEK),
    ("fr", "articles publiés depuis le 1er juin 2031", ("2031-06-01", None)),
    ("es", "noticias del 9 de junio de 2031", NINTH),
    ("de", "Berichte vom 9. Juni 2031", NINTH),
    ("de", "Meldungen vor Mai 2031", (None, "2031-04-30")),
    ("tr", "Mayıs 2031 haberleri", MAY),
    ("tr", "1 Haziran 2031'den sonra yayımlanan haberler", ("2031-06-02", None)),
    ("ru", "новости за 9 июня 2031 года", NINTH),
    ("ru", "сообщения в мае 2031", MAY),
    ("zh", "2031年5月的新闻", MAY),
    ("zh", "2031年6月9日之后的报道", ("2031-06-10", None)),
]
RECENT = [
    ("en", "What is the latest on the bridge?"), ("ur", "پل اب کب کھلے گا؟"), ("ps", "پل اوس کله پرانیستل کېږي؟"),
    ("fa", "پل اکنون باز است؟"), ("prs", "تازه‌ترین خبر پل چیست؟"), ("ar", "ما أحدث موعد لافتتاح الجسر؟"),
    ("hi", "पुल अब कब खुलेगा?"), ("fr", "Quand ouvre le pont maintenant ?"), ("es", "¿Cuándo abre ahora el puente?"),
    ("de", "Was ist der aktuelle Termin?"), ("tr", "Köprü şimdi ne zaman açılıyor?"), ("ru", "Когда теперь откроют мост?"),
    ("zh", "现在桥什么时候开放？"),
]  # fmt: skip
NOTHING = [
    ("en", "Who won the 2014 election?"), ("en", "What may the ministry close?"), ("en", "How many books has she written?"),
    ("en", "What fell in 1521?"), ("fa", "می‌تواند پل را باز کند؟"), ("ar", "كم تنتج المحطة من المياه في اليوم؟"),
    ("zh", "2014年谁当选？"), ("und", "2014?"), ("ta", "பாலம் எப்போது திறக்கும்?"), ("en", "report of 31 February 2031"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "question", "days"), FILTERS)
def test_a_question_for_what_was_reported_then_is_a_filter(
    language: str, question: str, days: tuple[str | None, str | None]
) -> None:
    period = read_period(question, language, TODAY)
    assert period is not None
    assert (period.kind, period.days()) == ("filter", days)


@pytest.mark.parametrize(("language", "question"), RECENT)
def test_words_for_now_ask_for_the_newest(language: str, question: str) -> None:
    assert read_period(question, language, TODAY) == Period("recent")


@pytest.mark.parametrize(("language", "question"), NOTHING)
def test_a_year_that_is_part_of_the_fact_says_nothing(language: str, question: str) -> None:
    assert read_period(question, language, TODAY) is None


def test_a_month_without_a_word_for_reports_is_a_preference() -> None:
    period = read_period("What opening date was given in May 2031?", "en", TODAY)
    assert period == Period("preference", date(2031, 5, 1), date(2031, 5, 31))


@pytest.mark.parametrize(
    ("solar", "day"),
    [("۱ فروردین ۱۴۰۰", "2021-03-21"), ("۳۰ اسفند ۱۳۹۹", "2021-03-20"), ("۱ حمل ۱۴۰۴", "2025-03-21")],
)
def test_solar_hijri_dates_are_converted(solar: str, day: str) -> None:
    period = read_period(f"خبرهای {solar}", "fa", TODAY)
    assert period is not None
    assert period.days() == (day, day)


def test_the_newer_of_two_reports_of_the_same_matter_comes_first() -> None:
    fused = [("old", 0.90), ("new", 0.88), ("undated", 0.87), ("elsewhere", 0.40)]
    days = {"old": "2031-01-01", "new": "2031-06-01T10:00:00Z", "undated": None, "elsewhere": "2031-08-01"}
    moved = prefer(fused, days, Period("recent"), weight=0.05)
    assert [key for key, _ in moved] == ["new", "old", "undated", "elsewhere"]
    assert dict(moved)["undated"] == 0.87
    assert dict(moved)["elsewhere"] == 0.40
    assert prefer(fused, days, Period("recent"), weight=0) == fused
    january = Period("preference", date(2031, 1, 1), date(2031, 1, 31))
    assert prefer(fused, days, january, weight=0.05)[0][0] == "old"


@pytest.mark.eval
@pytest.mark.skipif(not XQUAD.is_dir(), reason=f"{XQUAD} is absent")
def test_questions_about_facts_are_hardly_ever_filtered() -> None:
    asked, filtered = Counter[str](), Counter[str]()
    for line in (XQUAD / "queries.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        period = read_period(row["question"], row["lang"], TODAY)
        asked[row["lang"]] += 1
        filtered[row["lang"]] += period is not None and period.kind == "filter"
    assert len(asked) >= 12
    assert sum(filtered.values()) <= 0.0005 * sum(asked.values()), filtered
