import pytest

from rag.answering.name_index import index_names, joined
from rag.answering.proper_names import unsupported_names
from rag.language import fold
from rag.schema import ArticleId, Hit, PassageId

ENGLISH = "Samina Darwesh told the Northern Lights Office in Pakistan about Sangpur. The TTP was named. Qatar helped."
URDU = "ثمینہ درویش نے کہا کہ سنگ پور میں ٹی ٹی پی کا ذکر ہوا۔ قطر نے مدد دی اور پاکستان خاموش رہا۔"


def hit(text: str, language: str) -> Hit:
    return Hit(1, 1.0, ArticleId("a"), PassageId("p"), language, "", None, None, None, 0, len(text), text)


def missing(sentence: str, language: str, text: str, text_language: str) -> list[str]:
    return unsupported_names(sentence, language, joined([index_names(hit(text, text_language))]))


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Samina Darwesh spoke about Sangpur.", "en"),
        ("Officials of Pakistan spoke, and Qatar helped.", "en"),
        ("Les autorités ont nommé Darwesh et le Qatar.", "fr"),
        ("Самина Дарвеш говорила о Пакистане.", "ru"),
        ("Darweş'in Pakistan'da konuştuğu bildirildi.", "tr"),
        ("قالت درويش إن باكستان صامتة.", "ar"),
        ("समीना दरवेश ने पाकिस्तान का नाम लिया।", "hi"),
        ("卡塔尔提供了帮助，巴基斯坦保持沉默。", "zh"),
        ("The group TTP was named.", "en"),
        ("A Pakistani official spoke.", "en"),
        ("صوبے کے رضاکاروں نے وادی میں سروے کیا۔", "ur"),
        ("आपदा में घाटी के लोगों ने मदद की।", "hi"),
    ],
)
def test_names_are_found_across_scripts_and_inflections(sentence: str, language: str) -> None:
    assert missing(sentence, language, ENGLISH, "en") == []


@pytest.mark.parametrize(
    ("sentence", "language", "name"),
    [
        ("Garrick Holloway spoke.", "en", "Holloway"),
        ("The truce was agreed in Switzerland.", "en", "Switzerland"),
        ("Le ministre Holloway a parlé.", "fr", "Holloway"),
        ("Министр Холлоуэй говорил.", "ru", "Холлоуэй"),
        ("وزیر گیرک ہالووے نے کہا کہ معاہدہ ہو گیا۔", "ur", "ہالووے"),
        ("قال الوزير غاريك هولواي إن الاتفاق تم.", "ar", "هولواي"),
        ("मंत्री गैरिक हॉलोवे ने कहा कि समझौता हुआ।", "hi", "हॉलोवे"),
        ("وزیر گریک هالووی گفت که توافق شد.", "fa", "هالووی"),
        ("霍洛韦请求双方停火。", "zh", "霍洛韦"),
        ("جنگ بندی سوئٹزر لینڈ میں ہوئی۔", "ur", "سوئٹزر لینڈ"),
        ("در ولایت کاستریل خانه‌ها خالی شد.", "fa", "کاستریل"),
        ("قالت عالمة الأحياء نادية البرغوثي ذلك.", "ar", "البرغوثي"),
        ("कास्ट्रेल में लोग घर छोड़ चुके हैं।", "hi", "कास्ट्रेल"),
        ("生物学家阿黛拉·芬威克这样说。", "zh", "芬威克"),
    ],
)
@pytest.mark.parametrize(("text", "text_language"), [(ENGLISH, "en"), (URDU, "ur")])
def test_a_name_that_no_passage_holds_is_told(
    sentence: str, language: str, name: str, text: str, text_language: str
) -> None:
    found = missing(sentence, language, text, text_language)
    assert any(fold(name) in fold(each) or fold(each) in fold(name) for each in found)


def test_a_name_spelt_short_is_held_beside_the_other_part_of_it() -> None:
    hindi = "ओपन पाम के याकूब लेन ने कहा कि परिवार ठहरे हैं।"
    assert missing("Yaqub Lane of Open Palm spoke.", "en", hindi, "hi") == []
    assert missing("Yaqub Holm of Open Palm spoke.", "en", hindi, "hi") == ["Holm"]


def test_a_run_of_chinese_characters_is_cut_into_the_names_it_is_made_of() -> None:
    assert missing("停火是阿富汗塔利班请求的。", "zh", "The Afghan Taliban asked.", "en") == []
    assert missing("The Taliban asked.", "en", "停火是阿富汗塔利班请求的。", "zh") == []


def test_niger_is_not_nigeria() -> None:
    assert missing("He flew to Niger.", "en", "He flew to Nigeria.", "en") == ["Niger"]
    assert missing("He flew to Nigeria.", "en", "He flew to Niger.", "en") == ["Nigeria"]


def test_urdu_letters_of_an_acronym_are_the_acronym() -> None:
    assert missing("The TTP was named.", "en", URDU, "ur") == []
