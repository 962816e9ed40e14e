"""What is no question to the collection: greetings, thanks, instructions to the system, and what has no words.

Each gets a reply in the asker's language, never a citation. A question that merely begins with a greeting is a question.
"""

import functools
from typing import NamedTuple

import regex

from rag.answering.phrases import Phrase
from rag.language import fold
from rag.schema import UNDETERMINED

# Whole messages, or what a question may begin with. A language earlier in the table wins where two share a greeting.
_GREETINGS = {
    "en": "hello|hi|hey|hello there|hi there|good morning|good afternoon|good evening|good day|greetings|howdy|"
    "how are you|how are you doing|goodbye|bye|good night|what's up|who are you|what can you do|what are you|help",
    "ur": "السلام علیکم|اسلام علیکم|السلام و علیکم|وعلیکم السلام|آداب|ہیلو|خدا حافظ|آپ کیسے ہیں|کیا حال ہے|صبح بخیر|"
    "شب بخیر|آپ کون ہیں|کیا حال ہیں|اللہ حافظ",
    "ps": "سلامونه|څنګه یې|څنګه یاست|ستړی مه شې|ستړي مه شئ|په خیر راغلې|د خدای پامان|ته څوک یې|سهار مو په خیر|پخیر",
    "fa": "سلام|درود|سلام علیکم|روز بخیر|صبح بخیر|شب بخیر|وقت بخیر|حالت چطور است|حال شما چطور است|خوبی|خداحافظ|"
    "تو کیستی|چطوری|شما کی هستید|خسته نباشید",
    "ar": "السلام عليكم|السلام عليكم ورحمة الله وبركاته|مرحبا|مرحبا بك|أهلا|أهلا وسهلا|صباح الخير|مساء الخير|كيف حالك|"
    "كيف الحال|مع السلامة|وداعا|تحياتي|من أنت|هلا|إلى اللقاء",
    "hi": "नमस्ते|नमस्कार|प्रणाम|हैलो|हेलो|सुप्रभात|शुभ संध्या|शुभ रात्रि|आप कैसे हैं|कैसे हो|क्या हाल है|अलविदा|आप कौन हैं|राम राम",
    "fr": "bonjour|salut|bonsoir|coucou|bonne nuit|bonne journée|au revoir|ça va|comment ça va|comment allez-vous|"
    "comment vas-tu|qui es-tu|qui êtes-vous|allô|à bientôt",
    "es": "hola|buenos días|buenas tardes|buenas noches|buenas|qué tal|cómo estás|cómo está usted|adiós|hasta luego|"
    "saludos|quién eres|hola qué tal",
    "de": "hallo|guten tag|guten morgen|guten abend|gute nacht|servus|moin|grüß gott|wie geht es dir|wie geht's|"
    "wie geht es ihnen|tschüss|auf wiedersehen|wer bist du|hallo zusammen",
    "tr": "merhaba|merhabalar|selam|selamlar|günaydın|iyi günler|iyi akşamlar|iyi geceler|nasılsın|nasılsınız|"
    "hoşça kal|güle güle|sen kimsin|selamün aleyküm|aleyküm selam|naber",
    "ru": "привет|здравствуйте|здравствуй|добрый день|доброе утро|добрый вечер|доброй ночи|как дела|как поживаете|"
    "до свидания|пока|кто ты|приветствую|спокойной ночи|как ты",
    "zh": "你好|您好|你好吗|大家好|早上好|早安|下午好|晚上好|晚安|嗨|哈喽|再见|你是谁|你好啊|最近怎么样|在吗",
}
_THANKS = {
    "en": "thanks|thank you|thanks a lot|thank you very much|thank you so much|many thanks|thx|ok thanks|great thanks|"
    "much appreciated|cheers|ok|okay|great|perfect|well done",
    "ur": "شکریہ|بہت شکریہ|بہت بہت شکریہ|مہربانی|آپ کا شکریہ|جزاک اللہ|بہت خوب|ٹھیک ہے شکریہ|ٹھیک ہے",
    "ps": "مننه|ډېره مننه|ډیره مننه|مننه کوم|کور دې ودان|کور مو ودان|ستاسو مننه|ډېره مننه کوم",
    "fa": "ممنون|ممنونم|متشکرم|مرسی|سپاس|سپاسگزارم|خیلی ممنون|تشکر|دستت درد نکند|با تشکر|بسیار سپاسگزارم|تشکر از شما",
    "ar": "شكرا|شكرا لك|شكرا جزيلا|شكرا لكم|ألف شكر|مشكور|أشكرك|بارك الله فيك|ممتاز شكرا|تسلم",
    "hi": "धन्यवाद|शुक्रिया|बहुत धन्यवाद|आपका धन्यवाद|बहुत बहुत धन्यवाद|बहुत शुक्रिया|ठीक है|आभार",
    "fr": "merci|merci beaucoup|merci bien|un grand merci|je vous remercie|je te remercie|merci à vous|super merci|d'accord merci",
    "es": "gracias|muchas gracias|mil gracias|te lo agradezco|se lo agradezco|vale gracias|gracias por todo|muy amable",
    "de": "danke|danke schön|dankeschön|vielen dank|besten dank|danke sehr|herzlichen dank|danke dir|ok danke|super danke",
    "tr": "teşekkürler|teşekkür ederim|çok teşekkürler|sağ ol|sağ olun|sağol|çok teşekkür ederim|eyvallah|tamam teşekkürler",
    "ru": "спасибо|большое спасибо|спасибо большое|благодарю|благодарю вас|огромное спасибо|спасибо вам|ок спасибо",
    "zh": "谢谢|谢谢你|谢谢您|多谢|非常感谢|感谢|十分感谢|谢了|好的谢谢|好的",
}
# Orders to the system: "…" stands for up to four words. Each has to begin a sentence, or, where the verb comes last
# (ur, ps, hi, tr) or nothing marks words (zh), may stand anywhere.
_ORDERS = {
    "en": "ignore … instructions|ignore … prompt|ignore … rules|ignore everything|disregard … instructions|"
    "disregard … rules|forget … instructions|forget everything|act as|act like|pretend|you are now|from now on you|"
    "roleplay|role play|write me|write a|write an|write … poem|write … story|write … code|write … essay|compose|"
    "tell me a joke|tell me a story|sing|rap|translate|summarize this|repeat after me|repeat … prompt|"
    "reveal … prompt|reveal … instructions|print … prompt|show … system prompt|show … your instructions|"
    "what is your system prompt|what are your instructions|override|enable developer mode|generate … code|"
    "generate a|make up a|draw|imagine you|respond only|reply only|answer only with|say|output",
    "fr": "ignore … instructions|ignorez … instructions|ignore … consignes|ignorez … consignes|oublie … instructions|"
    "oubliez … instructions|oublie tout|agis comme|agissez comme|comporte-toi comme|fais semblant|"
    "tu es maintenant|vous êtes maintenant|écris-moi|écrivez-moi|écris un|écris une|écrivez un|écrivez une|rédige|rédigez|"
    "compose|raconte-moi|racontez-moi|traduis|traduisez|révèle|affiche … instructions|chante|imagine que tu|joue le rôle",
    "es": "ignora … instrucciones|ignore … instrucciones|olvida … instrucciones|olvida todo|actúa como|actúe como|"
    "finge|haz como|ahora eres|escríbeme|escribe un|escribe una|escriba un|escriba una|redacta|compón|cuéntame un|"
    "cuéntame una|traduce|muestra … instrucciones|muéstrame tu|revela|repite después|canta|imagina que eres|desde ahora eres",
    "de": "ignoriere … anweisungen|ignorieren sie … anweisungen|vergiss … anweisungen|vergiss alles|ignoriere alles|"
    "ignoriere … regeln|tu so|verhalte dich|handle als|agiere als|spiele die rolle|spiel die rolle|du bist jetzt|"
    "du bist ab jetzt|schreib mir|schreibe mir|schreib ein|schreib eine|schreib einen|schreibe ein|schreibe eine|"
    "schreibe einen|verfasse|dichte|erzähl mir|erzähle mir|übersetze|zeige … anweisungen|zeig … anweisungen|sing|"
    "stell dir vor|wiederhole deine|gib deinen systemprompt|zeige deinen",
    "ru": "игнорируй|игнорируйте|проигнорируй … инструкции|забудь … инструкции|забудь всё|забудь все|"
    "действуй как|веди себя как|притворись|представь себя|представь что ты|ты теперь|теперь ты|напиши|напишите|"
    "сочини|сочините|расскажи анекдот|расскажи шутку|расскажи сказку|переведи|переведите|покажи … инструкции|"
    "покажи … промпт|раскрой|спой|сыграй роль",
    "ar": "تجاهل … التعليمات|تجاهل جميع|تجاهل كل|انس … التعليمات|انس كل|تصرف كأنك|تصرف كما|تصرف مثل|تظاهر|أنت الآن|"
    "من الآن أنت|اكتب لي|اكتب قصيدة|اكتب قصة|اكتب مقالا|اكتب شعرا|اكتب كودا|ألف قصيدة|احك لي|احكي لي|ترجم|"
    "اعرض تعليماتك|اكشف عن|غن لي|العب دور|قل لي نكتة|أكتب لي",
    "fa": "دستورهای قبلی … نادیده|دستورات قبلی … نادیده|دستورات قبلی را فراموش|همه دستورها را نادیده|دستورالعمل‌های … نادیده|"
    "نقش … بازی کن|وانمود کن|تظاهر کن|تو اکنون|تو حالا|از حالا تو|شعری بنویس|یک شعر بنویس|یک شعر بگو|شعر بگو|داستانی بنویس|"
    "یک داستان بنویس|برایم … بنویس|برای من … بنویس|برایم بنویس|جوک بگو|ترجمه کن|لطیفه بگو|دستورهای خودت را نشان|مثل یک … رفتار کن|"
    "کد … بنویس|برایم … بنویسید",
    "ur": "ہدایات … نظر انداز|ہدایات نظر انداز|ہدایات کو بھول|ہدایات بھول|کردار ادا کرو|کردار ادا کریں|بن جاؤ|بن جائیں|"
    "کی طرح … برتاؤ|نظم لکھو|نظم لکھیں|نظم لکھ دو|نظم لکھ دیں|شعر لکھو|شعر سناؤ|کہانی لکھو|کہانی لکھیں|کہانی سناؤ|لطیفہ سناؤ|"
    "لطیفہ سنائیں|مضمون لکھو|مضمون لکھیں|ترجمہ کرو|ترجمہ کریں|کوڈ لکھو|اپنی ہدایات دکھاؤ|فرض کرو کہ تم|گانا گاؤ",
    "ps": "لارښوونې … له پامه|لارښوونې هېرې|لارښوونې هیرې|لارښوونې … هېرې|شعر ولیکه|شعر ولیکئ|شعر راته ولیکه|کیسه ولیکه|کیسه ووایه|"
    "کیسه راته وکړه|ټوکه ووایه|ژباړه وکړه|وژباړه|رول ولوبوه|په څېر عمل وکړه|ته اوس|کوډ ولیکه|مقاله ولیکه",
    "hi": "निर्देशों को … अनदेखा|निर्देशों को अनदेखा|निर्देशों को नज़रअंदाज़|निर्देश भूल|निर्देशों को भूल|अनदेखा करो|कविता लिखो|कविता लिखिए|"
    "कविता लिखें|कविता सुनाओ|कहानी लिखो|कहानी लिखिए|कहानी सुनाओ|निबंध लिखो|निबंध लिखिए|चुटकुला सुनाओ|चुटकुला सुनाइए|अनुवाद करो|"
    "अनुवाद करें|की तरह व्यवहार करो|का अभिनय करो|की भूमिका निभाओ|अब तुम एक|कोड लिखो|गाना गाओ|मान लो कि तुम",
    "tr": "talimatları … yok say|talimatları unut|talimatlarını … yok say|talimatları görmezden gel|talimatları dikkate alma|gibi davran|"
    "rolünü oyna|rolüne gir|rol yap|artık sen|şiir yaz|şiir yazar mısın|hikaye yaz|hikâye yaz|masal anlat|fıkra anlat|şaka yap|"
    "kod yaz|makale yaz|deneme yaz|çevir bunu|şunu çevir|tercüme et|talimatlarını göster|sistem mesajını göster|şarkı söyle",
    "zh": "忽略以上|忽略之前|忽略所有|忽略前面|无视之前|无视以上|无视所有|忘记之前|忘记以上|忘掉之前|请扮演|你扮演|请你扮演|你来扮演|假装你|假设你是|你现在是|从现在起你|"
    "写一首|写首诗|帮我写|给我写|写一篇|写一个故事|写一段代码|讲个笑话|讲个故事|翻译下面|请翻译|帮我翻译|系统提示词|显示你的指令|唱首歌",
}
_ANYWHERE = frozenset(("ur", "ps", "hi", "tr", "zh", "fa"))
_POLITE = (
    "please|kindly|could you|can you|now|s'il te plaît|s'il vous plaît|peux-tu|por favor|puedes|bitte|kannst du|пожалуйста|"
    "من فضلك|رجاء|لطفا|lütfen|plz|just|then|and|also"
)
_KEYBOARDS = "qwertyuiop asdfghjkl zxcvbnm йцукенгшщзхъ фывапролджэ ячсмитьбю ضصثقفغعهخحجچ شسیبلاتنمکگ ظطزرذدپو"
_MASHED_LETTERS = 4
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}']+")
_BREAKS = r"(?:^|[.!?…。！？؟۔।:;,،，\n\"“«]\s*)"


class Reply(NamedTuple):
    """What to say, and the language to say it in."""

    phrase: Phrase
    language: str


def fitting_reply(question: str, language: str, *, longest: int, stated: bool = False) -> Reply | None:
    """The reply to what is no question to the collection.

    Args:
        question: As typed, without white space around it.
        language: The asker's, or ``und``; a greeting tells its own.
        longest: Most code points of a question that is searched with.
        stated: Whether the asker named the language, rather than its having been detected.

    Returns:
        The reply, or none for a question.

    >>> fitting_reply("Hola, buenos días", "und", longest=2000)
    Reply(phrase='greeting', language='es')
    >>> fitting_reply("Hello, who asked for the truce?", "en", longest=2000) is None
    True
    """
    if not question:
        return Reply("empty_question", language)
    if len(question) > longest:
        return Reply("too_long", language)
    words = _WORDS.findall(fold(question))
    if not any(character.isalpha() for word in words for character in word) or all(map(_is_mashed, words)):
        # What a detector makes of keys struck at random is chance.
        return Reply("no_language", language if stated else UNDETERMINED)
    kinds: tuple[tuple[Phrase, str], ...] = (("thanks", "thanks"), ("greeting", "greetings"))
    for phrase, table in kinds:
        spoken = _greeted(" ".join(words), table, language)
        if spoken:
            return Reply(phrase, spoken)
    folded = " ".join(fold(question).split())
    ordered = [spoken for spoken, pattern in _orders().items() if pattern.search(folded)]
    return Reply("instruction", _spoken(ordered, language)) if ordered else None


def _is_mashed(word: str) -> bool:
    """Whether a word is one letter again and again, or keys side by side: "aaaa", "asdf", "asdfasdf"."""
    if len(word) < _MASHED_LETTERS or word.isdecimal():
        return False
    period = (word + word).find(word, 1)
    if period == 1:
        return True
    word = word[:period] if period > 2 else word
    rows = [row for keys in _KEYBOARDS.split() for row in (keys, keys[::-1])]
    return all(any(word[at : at + 3] in row for row in rows) for at in range(max(1, len(word) - 2)))


@functools.cache
def _greetings(table: str) -> "dict[str, regex.Pattern[str]]":
    tables = {"greetings": (_GREETINGS, _THANKS), "thanks": (_THANKS, {})}
    own, beside = tables[table]
    patterns = {}
    for language, phrases in own.items():
        known = [" ".join(_WORDS.findall(fold(phrase))) for phrase in phrases.split("|")]
        joined = "|".join(sorted(map(regex.escape, known), key=len, reverse=True))
        extra = [" ".join(_WORDS.findall(fold(phrase))) for phrase in beside.get(language, "").split("|") if phrase]
        also = "|".join(sorted(map(regex.escape, [*known, *extra]), key=len, reverse=True))
        gap = r"\s*" if language == "zh" else r"\s+"
        patterns[language] = regex.compile(rf"(?:{joined})(?:{gap}(?:{also}))*")
    return patterns


def _greeted(words: str, table: str, language: str) -> str:
    """The language in which a message is greetings and nothing else; empty when it is not."""
    found = [spoken for spoken, pattern in _greetings(table).items() if pattern.fullmatch(words)]
    return _spoken(found, language) if found else ""


def _spoken(found: list[str], language: str) -> str:
    """The asker's language where it is one of those found; Dari is written as Persian is."""
    base = language.split("-")[0]
    return language if ("fa" if base == "prs" else base) in found else found[0]


@functools.cache
def _orders() -> "dict[str, regex.Pattern[str]]":
    patterns = {}
    polite = "|".join(regex.escape(fold(word)) for word in _POLITE.split("|"))
    for language, phrases in _ORDERS.items():
        parts = []
        for phrase in phrases.split("|"):
            pieces = [regex.escape(fold(piece.strip())) for piece in phrase.split("…")]
            parts.append(r"(?:\s+\S+){0,4}?\s+".join(pieces))
        joined = "|".join(parts)
        if language == "zh":
            patterns[language] = regex.compile(joined)
        elif language in _ANYWHERE:
            patterns[language] = regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{joined})(?![\p{{L}}\p{{M}}])")
        else:
            patterns[language] = regex.compile(rf"{_BREAKS}(?:(?:{polite})\s+)*(?:{joined})(?![\p{{L}}\p{{M}}])")
    return patterns
