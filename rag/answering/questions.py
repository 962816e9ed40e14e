"""The kind of answer that a question word asks for: who, where, when, how many, why, how, or some thing."""

import functools
from typing import Literal

import regex

from rag.language import fold

Kind = Literal["person", "place", "time", "number", "reason", "manner", "thing"]

# Where a cue ends in "*" any ending may follow. Of the cues in a question the first one counts, the longest where
# several begin together, so that "what year" is not "what".
_CUES: dict[Kind, dict[str, str]] = {
    "person": {
        "en": "who|whom|whose|which person|which people|which president|which king|which queen|which author",
        "fr": "qui|à qui|de qui|par qui|quelle personne",
        "es": "quién|quiénes|qué persona|cuál persona",
        "de": "wer|wen|wem|wessen|welche person",
        "tr": "kim|kimdi|kimleri|kimlere|kimin|kimi|kime|kimler|kimlerin|kimden|kimdir|kiminle",
        "ru": "кто|как зовут|как звали|кого|кому|кем|чей|чья|чьё|чьи|чью|чьей|какой человек",
        "ar": "من|لمن|بمن|من هو|من هي|من الذي|من التي|من هم|ما اسم الشخص",
        "hi": "कौन|किसने|किसे|किसको|किसका|किसकी|किसके|किनके|किन लोगों|किन्होंने",
        "ur": "کون|کس نے|کسے|کس کو|کس کا|کس کی|کس کے|کن لوگوں|کنہوں",
        "ps": "څوک|چا|د چا",
        "fa": "چه کسی|چه کسانی|کدام شخص|کیست|کیستند|که بود|کی بود|چه کس",
        "zh": "谁|哪位|什么人|何人|哪个人|哪些人|哪一位|哪名",
    },
    "place": {
        "en": "where|what city|which city|what country|which country|what state|which state|what place|which place|"
        "what town|which town|what location|which location|what continent|which continent|what region|which region|"
        "what river|which river|what county|which countries|what countries",
        "fr": "où|d'où|quelle ville|quel pays|quel endroit|quel lieu|quelle région|quel continent|quels pays",
        "es": "dónde|adónde|de dónde|qué ciudad|qué país|qué lugar|qué región|qué estado|qué países|qué continente",
        "de": "wo|woher|wohin|welche stadt|welcher stadt|welches land|welchem land|welchem ort|welcher ort|"
        "welcher region|welche region|welchem bundesstaat|welchen ländern|welche länder",
        "tr": "nerede|nereye|nereden|neresi|nerededir|neredeydi|nerelerde|hangi şehir*|hangi ülke*|hangi il|"
        "hangi yer*|hangi bölge*|hangi kent*",
        "ru": "где|куда|откуда|каком городе|какой город|какой стране|какая страна|каких странах|каком месте|"
        "каком штате|каком регионе|какие страны",
        "ar": "أين|من أين|أي مدينة|أي بلد|أي دولة|أي مكان|أي منطقة|أي ولاية|أي قارة|ما المدينة|ما هي المدينة|"
        "ما هي الدولة|ما الدولة",
        "hi": "कहाँ|कहां|किधर|किस शहर|किस देश|किस स्थान|किस जगह|किस राज्य|कौन से शहर|कौन सा शहर|कौन सा देश|कौन से देश",
        "ur": "کہاں|کدھر|کس شہر|کس ملک|کس جگہ|کس مقام|کس ریاست|کون سا شہر|کون سے شہر|کون سا ملک|کس علاقے|کن علاقوں",
        "ps": "چېرته|چیرته|چېرې|چیرې|کوم ښار|کوم هېواد|کوم ځای|کومه سیمه|کومو سیمو",
        "fa": "کجا|کجاست|کجای|کدام شهر|کدام کشور|کدام منطقه|کدام استان|کدام مکان|چه شهری|چه کشوری|چه مکانی|چه جایی",
        "zh": "哪里|哪儿|何处|何地|哪个国家|哪个城市|哪座城市|哪国|什么地方|哪个地方|哪个州|哪个省|哪个地区|哪些国家|什么国家|什么城市",
    },
    "time": {
        "en": "when|what year|which year|what date|which date|what day|which day|what month|which month|what century|"
        "which century|what decade|which decade|what time|how long ago|since when|until when|what years|by what year",
        "fr": "quand|depuis quand|quelle année|quelle date|quel jour|quel mois|quel siècle|quelle heure|quelle époque|"
        "quelles années|quelle décennie",
        "es": "cuándo|desde cuándo|hasta cuándo|qué año|qué fecha|qué día|qué mes|qué siglo|qué hora|qué época|"
        "qué años|qué década|cuál fue el año|cuál es la fecha",
        "de": "wann|seit wann|bis wann|welchem jahr|welches jahr|welchem datum|welchem tag|welchem monat|"
        "welchem jahrhundert|welchen jahren|welcher zeit|um wie viel uhr|welchem jahrzehnt",
        "tr": "ne zaman*|ne zamandan|hangi yıl*|hangi tarih*|hangi gün*|hangi ay*|hangi yüzyıl*|kaç yılında|"
        "hangi dönem*|hangi sene*|saat kaçta|hangi on yıl*",
        "ru": "когда|с каких пор|каком году|какой год|какого числа|какая дата|какой день|каком месяце|каком веке|"
        "какого года|какие годы|каких годах|какое время|каком десятилетии",
        "ar": "متى|منذ متى|أي عام|أي سنة|أي تاريخ|أي يوم|أي شهر|أي قرن|أي وقت|أي عقد|ما تاريخ|ما هو تاريخ|ما هو العام|"
        "ما الموعد|ما هي السنة|ما العام",
        "hi": "कब|कब से|कब तक|किस वर्ष|किस साल|किस तारीख|किस तारीख़|किस दिन|किस सन|किस महीने|किस शताब्दी|किस सदी|किस समय|"
        "किस दशक|कौन से वर्ष|कौन से साल",
        "ur": "کب|کب سے|کب تک|کس سال|کس تاریخ|کس دن|کس سن|کس مہینے|کس صدی|کس وقت|کون سے سال|کیا تاریخ|کس دہائی|کون سی تاریخ",
        "ps": "کله|له کله|تر کله|کوم کال|کومه نېټه|کومې نېټې|کومه ورځ|څه وخت|کوم وخت|کومه پېړۍ|په کومه نیټه",
        "fa": "چه زمانی|چه سالی|چه وقت|چه تاریخی|چه روزی|چه ماهی|چه قرنی|چه دوره|کدام سال|کدام تاریخ|کدام روز|کدام ماه|"
        "کدام قرن|از کی|تا کی|چه موقع|تا چه زمانی|چه هنگام|چه دهه",
        "zh": "什么时候|何时|哪年|哪一年|几年|何年|几月|哪天|哪一天|什么时间|哪个世纪|什么年代|哪个年代|几点|什么日期|哪个月|哪几年|什么年份",
    },
    "number": {
        "en": "how many|how much|how long|how tall|how high|how old|how far|how big|how large|how often|how deep|how wide|"
        "how fast|how heavy|what percent*|what number|what fraction|what proportion|what is the number|"
        "what was the number|what is the population|what was the population|what age|what is the length|"
        "what share|what is the size",
        "fr": "combien|quel pourcentage|quel nombre|quelle proportion|quel âge|quelle température|quelle longueur|"
        "quelle part|quelle quantité|quelle distance|quelle hauteur|quelle est la population",
        "es": "cuánto|cuántos|cuánta|cuántas|qué porcentaje|qué número|qué proporción|qué edad|qué cantidad|"
        "cuál es el número|cuál fue el número|cuál es la población|qué distancia|qué altura|qué longitud",
        "de": "wie viel|wie viele|wie vielen|wieviel|wieviele|wie lange|wie hoch|wie groß|wie alt|wie weit|wie oft|wie tief|"
        "wie schnell|wie lang|wie schwer|welcher prozentsatz|welchen prozentsatz|welcher anteil|welche anzahl",
        "tr": "kaç|kaçı|kaçını|kaçında|kaça|kaçıncı|ne kadar|ne kadarı|ne kadardır|ne kadarlık|yüzde kaç*|kaçtır|kaçtı|"
        "ne kadardı|hangi oran*|hangi rakam*|nüfusu nedir",
        "ru": "сколько|скольких|скольким|сколькими|какой процент|какая доля|какое количество|как долго|как много|как часто|"
        "как далеко|какой возраст|какова численность|какой длины|какой высоты|какова длина|каково население",
        "ar": "كم|بكم|كم عدد|ما عدد|ما هو عدد|ما نسبة|ما هي نسبة|ما هي النسبة|ما النسبة|ما مقدار|ما طول|ما مساحة|"
        "ما هي مساحة|كم تبلغ|كم يبلغ|ما المدة|ما هي المدة",
        "hi": "कितना|कितने|कितनी|कितनों|कितने प्रतिशत|कितनी बार|क्या संख्या|कितनवां|कितनेवें",
        "ur": "کتنا|کتنے|کتنی|کتنوں|کتنے فیصد|کتنی بار|کیا تعداد|کل کتنا",
        "ps": "څومره|څو|څوم|څو سلنه|شمېر څومره",
        "fa": "چند|چندمین|چندم|چقدر|چه قدر|چند درصد|چه تعداد|چه تعدادی|چه مقدار|چه میزان|چه درصدی|چه مدت|تعداد",
        "zh": "多少|几|多大|多长|多高|多久|百分之几|多远|多重|多深|多宽|多快|几个|几名|第几|多大比例|什么比例|多大年纪",
    },
    "reason": {
        "en": "why|what reason|what reasons|for what reason|what caused|what causes|what is the reason|what was the reason|"
        "what is the cause|what was the cause|how come|what led to|what prompted",
        "fr": "pourquoi|quelle raison|quelles raisons|quelle est la cause|quelle est la raison|quelle cause|quel motif",
        "es": "por qué|cuál es la razón|cuál fue la razón|qué razón|qué motivo|cuál es la causa|cuál fue la causa|qué causó",
        "de": "warum|wieso|weshalb|weswegen|welchem grund|welcher grund|welchen grund|was war der grund|aus welchem grund|"
        "was verursachte|was ist die ursache|was ist der grund",
        "tr": "neden|niçin|niye|nedeni nedir|hangi nedenle|hangi sebeple|ne sebeple|sebebi nedir",
        "ru": "почему|зачем|отчего|по какой причине|какова причина|в чём причина|какая причина|что стало причиной",
        "ar": "لماذا|لم|ما سبب|ما هو سبب|ما السبب|ما هو السبب|ما أسباب|ما هي أسباب|لأي سبب",
        "hi": "क्यों|किस कारण|किस वजह|क्या कारण|का कारण क्या",
        "ur": "کیوں|کس وجہ|کس سبب|کیا وجہ|کس لیے|کس بنا",
        "ps": "ولې|ولی|د څه له امله|څه لامل|په کوم دلیل",
        "fa": "چرا|چه دلیل|چه دلیلی|چه علت|چه علتی|علت چیست|دلیل چیست|کدام دلیل",
        "zh": "为什么|为何|何以|什么原因|原因是什么|为啥|何故|什么理由",
    },
    "manner": {
        "en": "how",
        "fr": "comment|de quelle manière|de quelle façon",
        "es": "cómo|de qué manera|de qué forma",
        "de": "wie|auf welche weise",
        "tr": "nasıl|ne şekilde",
        "ru": "как|каким образом",
        "ar": "كيف",
        "hi": "कैसे|किस प्रकार|किस तरह",
        "ur": "کیسے|کس طرح|کیسا|کیسی",
        "ps": "څنګه|څرنګه",
        "fa": "چگونه|چطور|چه طور|به چه صورت",
        "zh": "怎么|如何|怎样|怎么样",
    },
    "thing": {
        "en": "what|which",
        "fr": "comment s'appelle|comment s'appelait|comment se nomme|quel|quelle|quels|quelles|que|qu'est-ce|quoi|lequel|laquelle|lesquels",
        "es": "qué|cuál|cuáles|cómo se llama|cómo se llamaba|cómo se llamó|cómo se llaman|cómo se denomina",
        "de": "was|wie heißt|wie heißen|wie hieß|wie nennt man|wozu|woraus|woran|wovon|welche|welcher|welches|welchen|welchem|worin|womit|wofür|worauf|wodurch",
        "tr": "ne|neyin|neye|neyle|nelerden|neyden|nedir|neydi|neyi|nelerdir|neler|hangi|hangisi|hangisidir|hangileri",
        "ru": "что|чего|чем|чему|какому|как называется|как называлась|как называлось|как назывался|как называются|как назвали|как называют|как называли|какой|какая|какое|какие|каком|каким|каких|какую|какого|каков|какова|каково|каковы",
        "ar": "ما|ماذا|أي|أية|بماذا|ما هو|ما هي|ما اسم|ما الذي|ما هما",
        "hi": "क्या|कौन सा|कौन सी|कौन से|कौनसा|कौनसी|कौनसे|किस|किन",
        "ur": "کیا|کون سا|کون سی|کون سے|کونسا|کونسی|کونسے|کس|کن",
        "ps": "څه|کوم|کومه|کومې|کومو|څه شی",
        "fa": "چه|چیست|کدام|چه چیزی|چه چیز|چیستند|کدامند|نام|اسم",
        "zh": "什么|哪|何种|哪项|何|哪个|哪些|哪种",
    },
}  # fmt: skip

LANGUAGES = tuple(_CUES["thing"])
"""Languages whose question words are known; Dari is read as Persian."""

_UNSPACED = ("zh",)
_JOINED = ("fa", "ur", "ps")
_READ_AS = {"prs": "fa"}
_WORD = r"[\p{L}\p{M}\p{N}]"


@functools.cache
def _pattern(language: str) -> "tuple[regex.Pattern[str], dict[str, Kind]]":
    """The cues of one language as a pattern that takes the longest, and the kind of each."""
    kinds: dict[str, Kind] = {}
    for kind, cues in _CUES.items():
        for cue in cues.get(language, "").split("|"):
            # "kaç" and "kaç yılında": whichever kind is listed first keeps a cue that two share.
            kinds.setdefault(" ".join(fold(cue.rstrip("*")).split()) + "*" * cue.endswith("*"), kind)
    ordered = sorted(kinds, key=lambda cue: (-len(cue), cue))
    parts = []
    for number, cue in enumerate(ordered):
        # A joiner between two words of one cue is folded away.
        words = (r"[\s\-]*" if language in _JOINED else r"[\s\-]+").join(map(regex.escape, cue.rstrip("*").split()))
        parts.append(f"(?P<c{number}>{words}{_WORD + '*' if cue.endswith('*') else ''})")
    joined = "|".join(parts)
    edged = joined if language in _UNSPACED else rf"(?<!{_WORD})(?:{joined})(?!{_WORD})"
    return regex.compile(edged), {f"c{number}": kinds[cue] for number, cue in enumerate(ordered)}


def asked_kind(question: str, language: str) -> Kind | None:
    """What a question asks for.

    Args:
        question: As typed; folded here.
        language: Its BCP 47 tag; for a language without question words, or ``und``, nothing is known.

    Returns:
        The kind, or none when no question word is found.

    >>> asked_kind("In what year did the bridge open?", "en"), asked_kind("پل کب کھلے گا؟", "ur")
    ('time', 'time')
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    if base not in LANGUAGES:
        return None
    pattern, kinds = _pattern(base)
    match = pattern.search(fold(question))
    return kinds[match.lastgroup or ""] if match else None


def question_cues(language: str) -> tuple[str, ...]:
    """The question words of one of ``LANGUAGES``, as they are written; what ends in "*" takes any ending."""
    return tuple(cue for cues in _CUES.values() for cue in cues.get(language, "").split("|") if cue)
