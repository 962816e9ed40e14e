"""Words before a full stop that does not end a sentence. Compared in case-folded form, without the last stop."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Titles and the like: a name or a number follows.
NEVER_FINAL = _words(
    # English
    "mr mrs ms dr prof rev hon gen col lt capt cpt sgt maj cmdr gov sen rep pres supt fr st mt ft vs messrs mme "
    "fig figs eq approx ca cf viz al dept est assn univ jan feb mar apr jun jul aug sept sep oct nov dec "
    "adm brig cllr dra sra srta drs pp vol vols ed eds op "
    # German
    "bzw dipl ing geb gest evtl ggf hr frl inkl exkl nr tel vgl str abs art bd hrsg jh jhd mio mrd sog med phil jur "
    "rer nat habil zzgl bspw okt dez mär jän präs abt "
    # French
    "mlle mlles mm mgr me vve cie env chap réf éd av janv févr juil déc "
    # Spanish, Portuguese and Italian
    "dña ud uds vd núm pág págs avda pdte gral lic arq sto sta exmo excmo ilmo sig dott avv ee "
    # Turkish
    "doç yrd müh alb yzb uzm öğr gör bkz mah cad sok apt şti örn yy hz ord "
    # Russian, Ukrainian and Bulgarian
    "г-н г-жа гр д-р проф акад ул пер пл наб кв корп стр рис табл см ср напр тов им св оз "
    "ген полк кап лейт сер янв фев мар апр июн июл авг сен сент окт ноя дек доц канд инж гл "
    # Dutch, Nordic, Polish and Czech
    "dhr mevr ir mej bijv bv blz nl fru kap ul płk kpt mgr inż tzw "
    # Indonesian and Malay
    "jl hj drg tgl "
    # Hindi, Bengali and Thai
    "डॉ प्रो पं श्री मो स्व कु सं ড ডা মো ดร รศ ผศ นพ"
)

# A sentence may end here; it does when a word follows that opens sentences.
MAY_BE_FINAL = _words(
    "inc co corp ltd jr sr bros plc uu пр тыс млн млрд руб коп в вв л мин сек "
    "u.s u.k u.n e.u d.c a.m p.m b.c a.d ph.d m.d b.a m.a ee.uu s.a"
)

# A sentence may end here; it does before any capital.
FINAL_BEFORE_CAPITAL = _words("etc usw vb vd др т.д т.п н.э г гг osv enz")

# The stop belongs to the abbreviation when a number follows: "No. 5", "p. 12", "Art. 3".
BEFORE_NUMBER = _words("no nos nr num núm art p pp s fig vol ch § ст п рис с стр № md abs kap nº")

SENTENCE_OPENERS = _words(
    "the a an he she it they we you i in on at this that these those there but and however its his her their as "
    "when while after if for with what who why how "
    "er sie es der die das ein eine im am und aber "
    "le la les il elle ils un une ce cette mais el los las en pero y "
    "он она они это но и в на по bu o ve ancak"
)

MONTHS = _words(
    "januar februar märz april mai juni juli august september oktober november dezember jänner "
    "january february march june july october december "
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık "
    "marts maj januari februari mars maart augustus"
)

GERMAN_WORDS = _words("der die das und ist nicht den dem des ein eine mit auf für wurde werden")
