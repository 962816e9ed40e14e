"""What the service itself says, in the languages of its interface."""

from typing import Literal

Phrase = Literal["not_in_collection", "empty_question", "no_language", "too_long", "empty_collection"]

PHRASES: dict[Phrase, dict[str, str]] = {
    "not_in_collection": {
        "en": "The collection does not hold the answer to this question.",
        "ur": "اس سوال کا جواب اس مجموعے میں موجود نہیں ہے۔",
        "ps": "د دې پوښتنې ځواب په دې ټولګه کې نشته.",
        "fa": "پاسخ این پرسش در این مجموعه نیست.",
        "prs": "پاسخ این پرسش در این مجموعه نیست.",
        "ar": "لا تتضمن هذه المجموعة جوابًا عن هذا السؤال.",
        "hi": "इस संग्रह में इस प्रश्न का उत्तर नहीं है।",
        "fr": "La collection ne contient pas la réponse à cette question.",
        "es": "La colección no contiene la respuesta a esta pregunta.",
        "de": "Die Sammlung enthält keine Antwort auf diese Frage.",
        "tr": "Bu sorunun yanıtı bu koleksiyonda yok.",
        "ru": "В этой коллекции нет ответа на этот вопрос.",
        "zh": "本资料库中没有这个问题的答案。",
    },
    "empty_question": {
        "en": "Please type a question.",
        "ur": "براہِ کرم کوئی سوال لکھیں۔",
        "ps": "مهرباني وکړئ یوه پوښتنه ولیکئ.",
        "fa": "لطفاً پرسشی بنویسید.",
        "prs": "لطفاً پرسشی بنویسید.",
        "ar": "يُرجى كتابة سؤال.",
        "hi": "कृपया कोई प्रश्न लिखें।",
        "fr": "Veuillez saisir une question.",
        "es": "Escriba una pregunta, por favor.",
        "de": "Bitte geben Sie eine Frage ein.",
        "tr": "Lütfen bir soru yazın.",
        "ru": "Пожалуйста, введите вопрос.",
        "zh": "请输入一个问题。",
    },
    "no_language": {"en": "There are no words in this question. Please ask it in any language."},
    "too_long": {
        "en": "This question is too long to search with. Please ask it in fewer words.",
        "ur": "یہ سوال تلاش کے لیے بہت لمبا ہے۔ براہِ کرم اسے مختصر لکھیں۔",
        "ps": "دا پوښتنه د لټون لپاره ډېره اوږده ده. مهرباني وکړئ لنډه یې کړئ.",
        "fa": "این پرسش برای جست‌وجو بیش از حد بلند است. لطفاً آن را کوتاه‌تر بنویسید.",
        "prs": "این پرسش برای جست‌وجو بسیار دراز است. لطفاً آن را کوتاه‌تر بنویسید.",
        "ar": "هذا السؤال أطول من أن يُبحث به. يُرجى كتابته بكلمات أقل.",
        "hi": "यह प्रश्न खोज के लिए बहुत लंबा है। कृपया इसे कम शब्दों में पूछें।",
        "fr": "Cette question est trop longue pour une recherche. Veuillez la raccourcir.",
        "es": "La pregunta es demasiado larga para buscar con ella. Hágala con menos palabras.",
        "de": "Diese Frage ist zu lang für eine Suche. Bitte fassen Sie sie kürzer.",
        "tr": "Bu soru arama için çok uzun. Lütfen daha az sözcükle sorun.",
        "ru": "Этот вопрос слишком длинный для поиска. Пожалуйста, сократите его.",
        "zh": "这个问题太长，无法检索。请用更少的文字提问。",
    },
    "empty_collection": {
        "en": "The collection is empty. Add documents with: python -m ingest add FOLDER",
    },
}


def phrase(name: Phrase, language: str) -> str:
    """The service's own words in a language, in English where it has none."""
    words = PHRASES[name]
    return words.get(language) or words.get(language.split("-")[0]) or words["en"]
