"""What a sentence holds that a question may ask for: names, places, dates, numbers and reasons it gives."""

import functools
from dataclasses import dataclass

import regex

from rag.answering.questions import Kind
from rag.language import fold

_MONTHS_AND_DAYS = {
    "en": "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday century decade",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
    "lundi mardi mercredi jeudi vendredi samedi dimanche siècle décennie",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "lunes martes miércoles jueves viernes sábado domingo siglo década",
    "de": "januar februar märz april mai juni juli august september oktober november dezember "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag jahrhundert jahrhunderts jahrzehnt",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık pazartesi salı çarşamba perşembe "
    "cuma cumartesi pazar yüzyıl yüzyılda yüzyılın",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря январь февраль март апрель "
    "май июнь июль август сентябрь октябрь ноябрь декабрь январе феврале марте апреле мае июне июле августе сентябре "
    "октябре ноябре декабре понедельник вторник среду четверг пятницу субботу воскресенье век века веке",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر كانون شباط آذار نيسان أيار حزيران "
    "تموز آب أيلول تشرين محرم رمضان شوال الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد القرن",
    "hi": "जनवरी फरवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर नवंबर नवम्बर दिसंबर दिसम्बर "
    "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार शताब्दी सदी",
    "ur": "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر پیر منگل بدھ جمعرات جمعہ ہفتہ اتوار صدی "
    "محرم رمضان شوال",
    "ps": "جنوري فبروري مارچ اپرېل اپریل مې جون جولای اګست سپتمبر اکتوبر نومبر ډسمبر وری غویی غبرګولی چنګاښ زمری وږی تله "
    "لړم لیندۍ مرغومی سلواغه کب پېړۍ",
    "fa": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر فروردین اردیبهشت خرداد تیر مرداد شهریور "
    "مهر آبان آذر دی بهمن اسفند حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت قرن سده شنبه دوشنبه "
    "سه‌شنبه چهارشنبه پنجشنبه جمعه یکشنبه",
}  # fmt: skip
_NUMBER_WORDS = {
    "en": "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen half twice "
    "third quarter hundreds thousands millions",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante "
    "cinquante soixante cent cents mille million millions milliard milliards moitié tiers quart dizaine centaine",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta cuarenta "
    "cincuenta sesenta setenta ochenta noventa cien ciento mil millón millones mitad tercio cuarto",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn zwanzig dreißig vierzig "
    "fünfzig sechzig siebzig achtzig neunzig hundert tausend million millionen milliarden hälfte drittel viertel",
    "tr": "iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş seksen doksan yüz bin milyon milyar "
    "yarım yarısı üçte",
    "ru": "два две двух три трёх трех четыре четырёх четырех пять пяти шесть шести семь восемь девять десять десяти "
    "двадцать тридцать сорок пятьдесят сто тысяча тысяч тысячи миллион миллиона миллионов миллиардов половина "
    "треть четверть двое трое",
    "ar": "اثنان اثنين ثلاثة ثلاث أربعة أربع خمسة خمس ستة ست سبعة سبع ثمانية ثماني تسعة تسع عشرة عشر عشرون عشرين ثلاثون "
    "ثلاثين أربعين خمسين ستين سبعين ثمانين تسعين مائة مئة ألف آلاف مليون ملايين مليار نصف ثلث ربع",
    "hi": "दो तीन चार पाँच पांच छह छः सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस तीस चालीस पचास "
    "साठ सत्तर अस्सी नब्बे सौ हजार हज़ार लाख करोड़ मिलियन अरब आधा आधे तिहाई",
    "ur": "دو تین چار پانچ چھ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس بیس تیس چالیس پچاس ساٹھ ستر "
    "اسی نوے سو ہزار لاکھ کروڑ ملین ارب نصف آدھا تہائی",
    "ps": "دوه درې څلور پنځه شپږ اووه اوه اته نهه لس یوولس دولس شل دېرش څلوېښت پنځوس شپېته اویا اتیا نوي سل زره زر "
    "ملیون ملیونه میلیارده نیم",
    "fa": "دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده بیست سی چهل پنجاه شصت هفتاد هشتاد نود صد هزار "
    "میلیون میلیارد نیم نیمی سوم",
}  # fmt: skip
_REASONS = {
    "en": "because|due to|owing to|since|caused|cause of|causes|reason|as a result|result of|in order to|so that|led to|"
    "leads to|because of|thanks to|therefore|to avoid|to prevent|so as to|for fear",
    "fr": "parce que|parce qu|car|à cause|en raison|grâce à|puisque|afin de|afin que|pour que|provoqué|causé|raison|en effet",
    "es": "porque|debido|a causa|ya que|gracias a|puesto que|con el fin|para que|causó|causa|razón|por culpa|por ello",
    "de": "weil|da|denn|wegen|aufgrund|durch|damit|um zu|verursacht|grund|deshalb|daher|infolge|dank",
    "tr": "çünkü|nedeniyle|yüzünden|dolayı|sayesinde|sebebiyle|nedenle|için|sonucu|sonucunda|sebep|neden",
    "ru": "потому|так как|поскольку|из за|благодаря|вследствие|в результате|чтобы|причина|причиной|ибо|поэтому|ввиду",
    "ar": "لأن|لأنه|لأنها|بسبب|نتيجة|من أجل|لكي|حتى|نظرا|سبب|أدى|أدت|بفضل|إذ",
    "hi": "क्योंकि|कारण|वजह|इसलिए|ताकि|चलते|परिणाम|के लिए",
    "ur": "کیونکہ|وجہ|سبب|باعث|اس لیے|تاکہ|نتیجے|کے لیے",
    "ps": "ځکه|له امله|لامل|له کبله|ترڅو|په پایله",
    "fa": "زیرا|چون|به دلیل|به علت|به خاطر|به سبب|بنابراین|تا|ناشی|برای|از آنجا|باعث|سبب|در نتیجه",
    "zh": "因为|由于|因此|为了|所以|导致|原因|使得|以便|因|造成|以免",
}
_TITLES = {
    "ar": "الرئيس رئيس الوزير وزير الملك السيد الدكتور القائد الأمير الإمبراطور بن اللواء المتحدث الشيخ الجنرال",
    "hi": "राष्ट्रपति प्रधानमंत्री मंत्री राजा रानी सम्राट डॉ श्री श्रीमती जनरल सर प्रवक्ता द्वारा",
    "ur": "صدر وزیر وزیراعظم بادشاہ ملکہ ڈاکٹر جنرل سر شہنشاہ ترجمان نے",
    "ps": "ولسمشر وزیر صدراعظم پاچا ډاکټر جنرال ویاند امیر",
    "fa": "رئیس رئیس‌جمهور نخست‌وزیر وزیر شاه پادشاه دکتر ژنرال سخنگوی فرمانده امیر سلطان ملکه توسط",
    "zh": "总统 总理 部长 国王 女王 皇帝 博士 将军 先生 教授 发言人 · •",
}
_LOCATIVES = {
    "ar": "في مدينة دولة ولاية منطقة جنوب شمال شرق غرب مقاطعة بلدة",
    "hi": "में शहर देश राज्य क्षेत्र दक्षिण उत्तर पूर्व पश्चिम जिले गाँव",
    "ur": "میں شہر ملک ریاست علاقے جنوب شمال مشرق مغرب ضلع گاؤں",
    "ps": "کې ښار هېواد ولایت سیمه سیمې جنوب شمال ختیځ لوېدیځ ولسوالۍ",
    "fa": "در شهر کشور استان منطقه جنوب شمال شرق غرب روستای ولایت",
    "zh": "市 省 州 国 县 区 位于 南部 北部 东部 西部 城 村 岛",
}
_READ_AS = {"prs": "fa"}
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_DIGITS = regex.compile(r"\p{Nd}+(?:[.,٫٬]\p{Nd}+)*")
_HAN_NUMBER = regex.compile(
    r"[一二两三四五六七八九十百千万亿]{2,}|[一二两三四五六七八九十](?=[个名位次年月日天人种座万亿倍分成])"
)
_YEAR = regex.compile(r"(?<!\d)(?:1\d{3}|20\d{2}|[1-9]\d{2}(?=年))(?!\d)")
_HAN_TIME = regex.compile(r"[\d一二三四五六七八九十]\s*(?:年|月|日|世纪)|年代|时期|朝")
_NAME = regex.compile(r"\p{Lu}[\p{L}\p{M}’'\-]*(?:[\s.]{1,2}\p{Lu}[\p{L}\p{M}’'\-]*)*")
_CASED = regex.compile(r"\p{Lu}")


@functools.cache
def _words(table: str, language: str) -> frozenset[str]:
    tables = {"time": _MONTHS_AND_DAYS, "number": _NUMBER_WORDS, "title": _TITLES, "place": _LOCATIVES}
    return frozenset(fold(tables[table].get(language, "")).split())


def title_words(language: str) -> frozenset[str]:
    """Folded words that stand beside a person's name in a script without capitals; empty where none are known."""
    return _words("title", _READ_AS.get(language, language))


@functools.cache
def _reasons(language: str) -> "regex.Pattern[str] | None":
    cues = _REASONS.get(language)
    if cues is None:
        return None
    joined = "|".join(regex.escape(fold(cue)) for cue in cues.split("|"))
    return regex.compile(joined if language == "zh" else rf"(?<![\p{{L}}\p{{M}}])(?:{joined})(?![\p{{L}}\p{{M}}])")


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many things of each kind a sentence holds that the question does not."""

    names: int
    titles: int
    places: int
    times: int
    numbers: int
    reasons: int

    def answers(self, kind: Kind | None) -> float:
        """Whether something of the kind asked for is there, in [0, 1]; 0.5 where every sentence may hold it."""
        match kind:
            case "person":
                return min(1.0, 0.5 * self.names + 0.5 * self.titles)
            case "place":
                return min(1.0, 0.5 * self.names + 0.5 * self.places)
            case "time":
                return min(1.0, float(self.times))
            case "number":
                return min(1.0, float(self.numbers))
            case "reason":
                return min(1.0, float(self.reasons))
            case _:
                return 0.5


def holdings(text: str, language: str, question: frozenset[str]) -> Holdings:
    """Count what a sentence holds.

    Args:
        text: One sentence as it stands in the article.
        language: Of the article; numbers in digits and names in capitals are found in any.
        question: Folded words of the question; what it says itself is no answer to it.
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    folded = fold(text)
    words = [word for word in _WORD.findall(folded) if word not in question]
    digits = [found for found in _DIGITS.findall(folded) if found not in question]
    han = base == "zh"
    years = [found for found in _YEAR.findall(folded) if found not in question]
    spoken = sum(word in _words("number", base) for word in words)
    months = sum(word in _words("time", base) for word in words)
    titles, places = _words("title", base), _words("place", base)
    reasons = _reasons(base)
    return Holdings(
        names=_names(text, question),
        titles=sum(folded.count(cue) for cue in titles) if han else sum(word in titles for word in words),
        places=sum(folded.count(cue) for cue in places) if han else sum(word in places for word in words),
        times=len(years) + months + (len(_HAN_TIME.findall(folded)) if han else 0),
        numbers=len(digits) + spoken + (len(_HAN_NUMBER.findall(folded)) if han else 0),
        reasons=len(reasons.findall(folded)) if reasons else 0,
    )


def _names(text: str, question: frozenset[str]) -> int:
    """Runs of capitalised words that say something the question does not; the sentence's first word needs company."""
    if not _CASED.search(text):
        return 0
    count = 0
    for match in _NAME.finditer(text):
        words = _WORD.findall(fold(match.group()))
        if match.start() <= 1:
            words = words[1:]
        count += any(word not in question for word in words)
    return count
