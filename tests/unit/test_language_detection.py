"""Language detection: known where it can be known, undetermined where not."""

import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.detection import detect_language, detect_question_language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        pytest.param("Who signed the agreement?", "en", id="en"),
        pytest.param("WHO SIGNED IT", "en", id="en-capitals"),
        pytest.param("Wer hat das Abkommen unterzeichnet?", "de", id="de"),
        pytest.param("Qui a signé l'accord ?", "fr", id="fr"),
        pytest.param("¿Quién firmó el acuerdo?", "es", id="es"),
        pytest.param("Cine a semnat acordul și când?", "ro", id="ro"),
        pytest.param("Anlaşmayı kim imzaladı?", "tr", id="tr"),
        pytest.param("Ai đã ký thỏa thuận này?", "vi", id="vi"),
        pytest.param("Кто подписал соглашение?", "ru", id="ru"),
        pytest.param("Хто підписав угоду?", "uk", id="uk"),
        pytest.param("Ποιος υπέγραψε τη συμφωνία;", "el", id="el"),
        pytest.param("من وقع الاتفاقية؟", "ar", id="ar"),
        pytest.param("چه کسی توافق را امضا کرد؟", "fa", id="fa"),
        pytest.param("چه كسي توافق را امضا كرد؟", "fa", id="fa-on-an-arabic-keyboard"),
        pytest.param("معاہدے پر کس نے دستخط کیے؟", "ur", id="ur"),
        pytest.param("پاکستان کا دارالحکومت", "ur", id="ur-without-its-own-letters"),
        pytest.param("تړون چا لاسلیک کړ؟", "ps", id="ps"),
        pytest.param("د افغانستان پلازمینه چیرته ده؟", "ps", id="ps-without-its-own-letters"),
        pytest.param("समझौते पर किसने हस्ताक्षर किए?", "hi", id="hi"),
        pytest.param("চুক্তিতে কে স্বাক্ষর করেছেন?", "bn", id="bn"),
        pytest.param("谁签署了协议？", "zh", id="zh"),
        pytest.param("Cam Newton 效力于哪支球队？", "zh", id="zh-with-latin-name"),
        pytest.param("誰が協定に署名しましたか？", "ja", id="ja"),
        pytest.param("누가 협정에 서명했습니까?", "ko", id="ko"),
        pytest.param("ใครลงนามในข้อตกลง", "th", id="th"),
        pytest.param("מי חתם על ההסכם?", "he", id="he"),
        pytest.param("Who is Nguyễn Phú Trọng?", "en", id="en-with-vietnamese-name"),
    ],
)
def test_the_language_of_a_question_is_found(question: str, language: str) -> None:
    assert detect_question_language(question) == language


@pytest.mark.parametrize(
    "text",
    ["", "12345", "?!", "OK", "qwrt zxcv plkj mnbv", "سندس", "https://"],
    ids=["empty", "digits", "marks", "short", "gibberish", "one-word", "address"],
)
def test_what_cannot_be_known_is_undetermined(text: str) -> None:
    assert detect_question_language(text) == "und"
    assert detect_language(text) == "und"


@pytest.mark.parametrize(
    ("body", "language"),
    [
        pytest.param("The ministry said on Monday that the bridge would stay closed for three weeks.", "en", id="en"),
        pytest.param("وزارت خارجہ کے ترجمان نے کہا ہے کہ مذاکرات اگلے ہفتے دوبارہ شروع ہوں گے۔", "ur", id="ur"),
        pytest.param("د بهرنیو چارو وزارت ویاند وویل چې خبرې به راتلونکې اونۍ بیا پیل شي.", "ps", id="ps"),
        pytest.param("سخنگوی وزارت خارجه گفت که گفتگوها هفته آینده از سر گرفته می‌شود.", "fa", id="fa"),
        pytest.param("قال المتحدث باسم وزارة الخارجية إن المحادثات ستستأنف الأسبوع المقبل.", "ar", id="ar"),
        pytest.param(
            "قال المتحدث باسم القصر (بالفارسية: خاندان پهلوی) إن المعرض سيفتح أبوابه للزوار الأسبوع المقبل في العاصمة.",
            "ar",
            id="ar-quoting-persian",
        ),
        pytest.param("विदेश मंत्रालय के प्रवक्ता ने कहा कि बातचीत अगले सप्ताह फिर शुरू होगी।", "hi", id="hi"),
    ],
)
def test_the_language_of_a_body_is_found(body: str, language: str) -> None:
    assert detect_language(body) == language
    assert detect_language(f"{body}\n\n" * 50) == language


def test_foreign_boilerplate_at_the_top_does_not_decide() -> None:
    body = "وزارت خارجہ کے ترجمان نے کہا ہے کہ مذاکرات اگلے ہفتے دوبارہ شروع ہوں گے۔ " * 40
    assert detect_language("Share this article. Subscribe to our newsletter. " * 10 + body) == "ur"


@given(st.text())
def test_any_text_has_a_tag(text: str) -> None:
    for tag in (detect_language(text), detect_question_language(text)):
        assert tag.isalpha()
        assert 2 <= len(tag) <= 3


def test_the_model_is_the_one_in_the_wheel(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    cache = Path(tempfile.gettempdir()) / "fasttext-langdetect"
    had_cache = cache.exists()
    with caplog.at_level(logging.INFO):
        detect_language("A long text in English that the model has to look at. " * 100)
    assert cache.exists() == had_cache
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
