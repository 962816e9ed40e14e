import pytest

from rag.answering.polarity import negates


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The harbour did not close.", "en"),
        ("The mayor denied that the harbour had closed.", "en"),
        ("بندرگاہ بند نہیں ہوئی۔", "ur"),
        ("بندر ونه تړل شو او هیڅ بېړۍ ونه درېده، دا خبره سمه نه ده.", "ps"),
        ("بندر بسته نشد.", "fa"),
        ("بندر بسته نشد.", "prs"),
        ("لم يغلق الميناء.", "ar"),
        ("बंदरगाह बंद नहीं हुआ।", "hi"),
        ("Le port n'a pas fermé.", "fr"),
        ("El puerto no cerró.", "es"),
        ("Der Hafen wurde nicht geschlossen.", "de"),
        ("Liman kapanmadı.", "tr"),
        ("Порт не закрыли.", "ru"),
        ("港口没有关闭。", "zh"),
    ],
)
def test_a_denial_is_heard(text: str, language: str) -> None:
    assert negates(text, language) is True


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The harbour closed, and not only for ferries.", "en"),
        ("No fewer than 40 ferries waited at the harbour.", "en"),
        ("بندرگاہ نہ صرف کشتیوں کے لیے بند ہوئی۔", "ur"),
        ("Le port a fermé à midi.", "fr"),
        ("Nicht nur der Hafen wurde geschlossen.", "de"),
        ("Не только порт закрыли.", "ru"),
        ("不仅港口关闭了。", "zh"),
    ],
)
def test_what_only_looks_like_a_denial_is_none(text: str, language: str) -> None:
    assert negates(text, language) is False


def test_a_language_without_a_list_is_not_judged() -> None:
    assert negates("La pordo ne fermiĝis.", "eo") is None
