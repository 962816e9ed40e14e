"""Sentences that cannot stand alone, because they begin with a word for something the sentence before them names."""

import functools

import regex

from rag.language import fold

_POINTING = {
    "en": "he she it they this that these those his her its their him them such both neither",
    "fr": "il elle ils elles ce cet cette ces celui celle ceux celles cela ceci ça leur leurs son sa ses ceci lui",
    "es": "ella ellos ellas ello este esta esto estos estas ese esa eso esos esas aquel aquella su sus dicho dicha",
    "de": "er sie es dieser diese dieses diesen diesem dies jener jene sein seine seiner ihr ihre ihrer beide dessen "
    "deren dabei dadurch damit daran darin dazu",
    "tr": "o bu şu bunlar onlar şunlar onun bunun onu bunu ona buna onların bunların burada orada böyle",
    "ru": "он она оно они это этот эта эти его её их ему ей им тот та то те такой такая такие оба этого этой этому",
    "ar": "هو هي هم هما هذا هذه ذلك تلك هؤلاء وهو وهي وهم وهذا وهذه وذلك وكان وكانت كما لكنه ولكنه لكنها",
    "hi": "वह वे यह ये उस उन इस इन उसने उन्होंने इसने इन्होंने उसका उसकी उसके उनका उनकी उनके इसका इसकी इसके इनका इनकी इनके "
    "उन्हें उसे इसे इन्हें",
    "ur": "وہ یہ اس ان انہوں اسے انہیں اسی انہی",
    "ps": "هغه هغې هغوی دی دا دې دوی ده یې نوموړي نوموړی",
    "fa": "او وی آن آنها آنان این اینها ایشان همین همان چنین وی‌ آن‌ها این‌ها نامبرده",
    "zh": "他 她 它 他们 她们 它们 这 该 此 其 那 这些 那些 两者",
}
# Words before the pointing one that do not change what it is: "But he", "Yet this".
_JOINING = {
    "en": "and but yet however so then also thus therefore moreover nor because for",
    "fr": "et mais or donc ainsi puis cependant toutefois",
    "es": "y pero sin embargo así pues además entonces aunque",
    "de": "und aber doch denn jedoch so auch dann",
    "tr": "ve ama ancak fakat çünkü ayrıca",
    "ru": "и но а однако также поэтому затем",
    "ar": "و لكن ولكن ثم كذلك بل لذلك",
    "hi": "और लेकिन पर किंतु परंतु फिर इसलिए",
    "ur": "اور لیکن مگر پھر تاہم البتہ",
    "ps": "او خو بیا نو",
    "fa": "و اما ولی لیکن سپس همچنین",
    "zh": "但 而 而且 但是 然而 因此",
}
_READ_AS = {"prs": "fa"}
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


@functools.cache
def _folded(table: str, language: str) -> frozenset[str]:
    tables = {"pointing": _POINTING, "joining": _JOINING}
    return frozenset(fold(tables[table].get(language, "")).split())


def is_headless(sentence: str, language: str) -> bool:
    """Whether a sentence leans on the one before it.

    Args:
        sentence: As it stands in the article.
        language: BCP 47 tag of the article; of a language without a table nothing is headless.

    >>> is_headless("But he denied it.", "en"), is_headless("The minister denied it.", "en")
    (True, False)
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    pointing, joining = _folded("pointing", base), _folded("joining", base)
    folded = fold(sentence[:80])
    if base == "zh":
        start = folded.lstrip("“「『《(（ ")
        for word in joining:
            start = start.removeprefix(word).lstrip("，,")
        return any(start.startswith(word) for word in pointing)
    words = _WORD.findall(folded)[:3]
    while words and words[0] in joining:
        words = words[1:]
    return bool(words) and words[0] in pointing
