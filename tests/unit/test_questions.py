"""What a question asks for, what a sentence holds, and which sentences cannot stand alone."""

import pytest

from rag.answering.heads import is_headless
from rag.answering.holdings import holdings
from rag.answering.questions import LANGUAGES, asked_kind

ASKED = [
    ("en", "Who repaired the bridge?", "person"),
    ("en", "In what year did the mill burn?", "time"),
    ("en", "How many goats were counted?", "number"),
    ("en", "What is the name of the man who waited?", "thing"),
    ("ur", "پل کس نے بنایا؟", "person"),
    ("ur", "میلہ کہاں لگے گا؟", "place"),
    ("ur", "دکان کب کھلے گی؟", "time"),
    ("ur", "کتنے لوگ آئے؟", "number"),
    ("ur", "بازار کیوں بند ہے؟", "reason"),
    ("ur", "کون سا راستہ بند ہے؟", "thing"),
    ("ps", "پل چا جوړ کړ؟", "person"),
    ("ps", "مېله چېرته ده؟", "place"),
    ("ps", "لاره کله خلاصېږي؟", "time"),
    ("ps", "څو کسان راغلل؟", "number"),
    ("ps", "بازار ولې بند دی؟", "reason"),
    ("fa", "پل را چه کسی ساخت؟", "person"),
    ("fa", "جشن کجا برگزار شد؟", "place"),
    ("fa", "راه چه زمانی باز می‌شود؟", "time"),
    ("fa", "چند نفر آمدند؟", "number"),
    ("fa", "چرا بازار بسته است؟", "reason"),
    ("prs", "چرا مکتب بسته است؟", "reason"),
    ("ar", "من بنى الجسر؟", "person"),
    ("ar", "أين يقام المهرجان؟", "place"),
    ("ar", "متى يفتح الطريق؟", "time"),
    ("ar", "كم شخصا حضر؟", "number"),
    ("ar", "لماذا أغلق السوق؟", "reason"),
    ("hi", "पुल किसने बनाया?", "person"),
    ("hi", "मेला कहाँ लगेगा?", "place"),
    ("hi", "रास्ता कब खुलेगा?", "time"),
    ("hi", "कितने लोग आए?", "number"),
    ("hi", "बाज़ार क्यों बंद है?", "reason"),
    ("fr", "Qui a réparé le pont ?", "person"),
    ("fr", "Où se tient la fête ?", "place"),
    ("fr", "Quand rouvre la route ?", "time"),
    ("fr", "Combien de chèvres a-t-on comptées ?", "number"),
    ("fr", "Pourquoi le marché est-il fermé ?", "reason"),
    ("es", "¿Quién reparó el puente?", "person"),
    ("es", "¿Dónde es la fiesta?", "place"),
    ("es", "¿Cuándo abre la carretera?", "time"),
    ("es", "¿Cuántas cabras contaron?", "number"),
    ("es", "¿Por qué está cerrado el mercado?", "reason"),
    ("de", "Wer hat die Brücke repariert?", "person"),
    ("de", "Wo findet das Fest statt?", "place"),
    ("de", "In welchem Jahr brannte die Mühle?", "time"),
    ("de", "Wie viele Ziegen wurden gezählt?", "number"),
    ("de", "Warum ist der Markt zu?", "reason"),
    ("tr", "Köprüyü kim onardı?", "person"),
    ("tr", "Şenlik nerede yapılacak?", "place"),
    ("tr", "Yol ne zaman açılacak?", "time"),
    ("tr", "Kaç keçi sayıldı?", "number"),
    ("tr", "Pazar niçin kapalı?", "reason"),
    ("ru", "Кто починил мост?", "person"),
    ("ru", "Где пройдёт праздник?", "place"),
    ("ru", "Когда откроют дорогу?", "time"),
    ("ru", "Сколько коз насчитали?", "number"),
    ("ru", "Почему закрыт рынок?", "reason"),
    ("zh", "谁修了桥？", "person"),
    ("zh", "庙会在哪里举行？", "place"),
    ("zh", "道路什么时候开放？", "time"),
    ("zh", "一共数了多少只羊？", "number"),
    ("zh", "市场为什么关门？", "reason"),
]


@pytest.mark.parametrize(("language", "question", "kind"), ASKED)
def test_the_question_word_tells_what_is_asked_for(language: str, question: str, kind: str) -> None:
    assert asked_kind(question, language) == kind


def test_twelve_languages_are_known_and_of_others_nothing_is() -> None:
    assert len(LANGUAGES) == 12
    assert asked_kind("Kto naprawił most?", "pl") is None
    assert asked_kind("Who?", "und") is None
    assert asked_kind("Describe the bridge", "en") is None


@pytest.mark.parametrize(
    ("language", "kind", "holding", "lacking"),
    [
        ("en", "person", "The bridge was repaired by Mara Ilves.", "The bridge was repaired last."),
        ("ru", "person", "Мост починила Мара Ильвес.", "Мост починили быстро."),
        ("ur", "person", "پل کی مرمت وزیر نے کی۔", "پل کی مرمت ہو گئی۔"),
        ("zh", "place", "节日在北部城市举行。", "节日很热闹。"),
        ("en", "time", "It burned in 1931.", "It burned quickly."),
        ("fa", "time", "راه در خرداد باز می‌شود.", "راه باز می‌شود."),
        ("zh", "time", "道路五月开放。", "道路开放了。"),
        ("ar", "number", "حضر ثلاثون شخصا.", "حضر الناس."),
        ("hi", "number", "१२ लोग आए।", "लोग आए।"),
        ("tr", "number", "Kırk keçi sayıldı.", "Keçiler sayıldı."),
        ("de", "reason", "Der Markt blieb zu, weil es regnete.", "Der Markt blieb zu."),
        ("ps", "reason", "بازار د باران له امله بند و.", "بازار بند و."),
        ("es", "reason", "Cerró debido a la lluvia.", "Cerró el martes."),
        ("fr", "reason", "Il a fermé parce qu'il pleuvait.", "Il a fermé mardi."),
    ],
)
def test_a_sentence_that_holds_what_is_asked_for_says_more(
    language: str, kind: str, holding: str, lacking: str
) -> None:
    nothing: frozenset[str] = frozenset()
    assert holdings(holding, language, nothing).answers(kind) > holdings(lacking, language, nothing).answers(kind)


def test_what_the_question_says_itself_is_no_answer() -> None:
    held = holdings("In 1931 Mara Ilves rebuilt it.", "en", frozenset({"1931", "mara", "ilves"}))
    assert (held.times, held.numbers, held.names) == (0, 0, 0)


HEADLESS = {
    "en": ("But he denied it.", "The minister denied it."),
    "fr": ("Elle a démissionné.", "La ministre a démissionné."),
    "es": ("Este acuerdo duró poco.", "El acuerdo duró poco."),
    "de": ("Dieser Streit endete.", "Der Streit endete."),
    "tr": ("Bu karar bozuldu.", "Mahkeme kararı bozdu."),
    "ru": ("Он ушёл.", "Министр ушёл."),
    "ar": ("وهو أول جسر.", "الجسر قديم."),
    "hi": ("उन्होंने मना किया।", "मंत्री ने मना किया।"),
    "ur": ("انہوں نے انکار کیا۔", "وزیر نے انکار کیا۔"),
    "ps": ("هغه ومنله.", "وزیر ومنله."),
    "fa": ("او رفت.", "وزیر رفت."),
    "zh": ("但他否认了。", "部长否认了。"),
}


@pytest.mark.parametrize("language", HEADLESS)
def test_a_sentence_that_begins_with_a_pronoun_leans_on_the_one_before(language: str) -> None:
    leaning, standing = HEADLESS[language]
    assert is_headless(leaning, language)
    assert not is_headless(standing, language)
