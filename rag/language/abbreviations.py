"""Words before a full stop that does not end a sentence. Compared in case-folded form, without the last stop."""

# Titles and the like: a name or a number follows, so the stop never ends a sentence.
NEVER_FINAL = frozenset(
    # English
    "mr mrs ms dr prof rev hon gen col lt capt cpt sgt maj cmdr gov sen rep pres supt fr st mt ft vs messrs mme "
    "fig figs eq approx ca cf viz al dept est assn univ jan feb mar apr jun jul aug sept sep oct nov dec "
    "adm brig cllr sr dra sra srta drs pp vol vols ed eds op "
    # German
    "bzw ca dipl ing geb gest evtl ggf hr fr frl inkl exkl nr tel vgl str abs art bd hrsg jh jhd mio mrd st sog "
    "zzgl bspw okt dez mär jän präs abt "
    # French
    "mlle mlles mm mgr me vve cie env chap réf éd av apr janv févr juil déc "
    # Spanish, Portuguese and Italian
    "d dña ud uds vd núm pág págs art avda pdte gral lic arq sto sta exmo excmo ilmo sig dott ing avv on "
    # Turkish
    "doç yrd av müh alb yzb uzm öğr gör bkz mah cad sok apt şti örn yy hz ord op "
    # Russian, Ukrainian and Bulgarian
    "г-н г-жа гр д-р проф акад ул пр пер пл наб кв корп стр рис табл см ср напр тов им св о оз р д с п т "
    "ген полк кап лейт сер янв фев мар апр июн июл авг сен сент окт ноя дек доц канд инж гл "
    # Dutch, Nordic, Polish and Czech
    "dhr mevr drs ir mej bijv bv blz nl hr fru kap nr ul al gen płk kpt mgr inż tzw "
    # Indonesian and Malay
    "no jl hj drg tgl "
    # Hindi
    "डॉ प्रो पं श्री मो स्व कु सं "
    # Arabic and Persian
    "د أ م ".split()
)

# These may end a sentence; they do when a word that opens sentences, or for some any capital, follows.
MAY_BE_FINAL = frozenset(
    [
        "etc",
        "inc",
        "co",
        "corp",
        "ltd",
        "jr",
        "sr",
        "bros",
        "plc",
        "usw",
        "etc.a",
        "vb",
        "vs.",
        "vd",
        "др",
        "пр",
        "тыс",
        "млн",
        "млрд",
        "руб",
        "коп",
        "г",
        "гг",
        "в",
        "вв",
        "л",
        "ч",
        "мин",
        "сек",
        "u.s",
        "u.k",
        "u.n",
        "e.u",
        "d.c",
        "a.m",
        "p.m",
        "b.c",
        "a.d",
        "ph.d",
        "m.d",
        "b.a",
        "m.a",
        "ee.uu",
        "s.a",
        "т.д",
        "т.п",
        "т.ч",
        "н.э",
    ]
)

# A number follows: "No. 5", "p. 12", "Art. 3".
BEFORE_NUMBER = frozenset(
    [
        "no",
        "nos",
        "nr",
        "num",
        "núm",
        "art",
        "p",
        "pp",
        "s",
        "fig",
        "vol",
        "ch",
        "§",
        "ст",
        "п",
        "рис",
        "с",
        "стр",
        "№",
        "md",
    ]
)

SENTENCE_OPENERS = frozenset(
    [
        "the",
        "a",
        "an",
        "he",
        "she",
        "it",
        "they",
        "we",
        "you",
        "i",
        "in",
        "on",
        "at",
        "this",
        "that",
        "these",
        "those",
        "there",
        "but",
        "and",
        "however",
        "its",
        "his",
        "her",
        "their",
        "as",
        "when",
        "while",
        "after",
        "if",
        "for",
        "with",
        "what",
        "who",
        "why",
        "how",
        "er",
        "sie",
        "es",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "in",
        "im",
        "am",
        "und",
        "aber",
        "le",
        "la",
        "les",
        "il",
        "elle",
        "ils",
        "un",
        "une",
        "ce",
        "cette",
        "mais",
        "el",
        "los",
        "las",
        "en",
        "pero",
        "y",
        "он",
        "она",
        "они",
        "это",
        "но",
        "и",
        "в",
        "на",
        "по",
        "bu",
        "o",
        "ve",
        "ancak",
    ]
)

MONTHS = frozenset(
    [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
        "jänner",
        "january",
        "february",
        "march",
        "june",
        "july",
        "october",
        "december",
        "ocak",
        "şubat",
        "mart",
        "nisan",
        "mayıs",
        "haziran",
        "temmuz",
        "ağustos",
        "eylül",
        "ekim",
        "kasım",
        "aralık",
        "marts",
        "maj",
        "januari",
        "februari",
        "mars",
        "maart",
        "augustus",
    ]
)

GERMAN_WORDS = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "ist",
        "nicht",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "mit",
        "auf",
        "für",
        "wurde",
        "werden",
    ]
)
