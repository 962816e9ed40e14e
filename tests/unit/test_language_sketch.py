"""Which texts count as copies of one story."""

import pytest

from rag.language import sentence_spans
from rag.language.sketch import Sketch, are_copies, comparable_sentences, sketch

STORIES = {
    "en": (
        "The harbour of Velmora was closed on Monday after a tanker ran aground at its mouth. "
        "Tugs from three ports tried to pull the ship free, but the tide fell too early. "
        "The harbour master said that 48 sailors were brought ashore during the night. "
        "No oil has reached the beaches, according to the coast guard. "
        "Fishing boats were told to stay in the inner basin until further notice. "
        "A second attempt is planned for the spring tide at the end of the week."
    ),
    "ur": (
        "ولمورہ کی بندرگاہ پیر کے روز ایک تیل بردار جہاز کے دہانے پر پھنس جانے کے بعد بند کر دی گئی۔ "
        "تین بندرگاہوں کی کشتیوں نے جہاز کو کھینچنے کی کوشش کی مگر پانی بہت جلد اتر گیا۔ "
        "بندرگاہ کے نگران نے بتایا کہ رات کو 48 ملاح ساحل پر لائے گئے۔ "
        "ساحلی محافظوں کے مطابق ابھی تک تیل ساحلوں تک نہیں پہنچا۔ "
        "مچھیروں کی کشتیوں کو اگلے حکم تک اندرونی حوض میں رہنے کو کہا گیا ہے۔ "
        "دوسری کوشش ہفتے کے آخر میں بڑے مد کے وقت کی جائے گی۔"
    ),
    "fa": (
        "بندر ولموره روز دوشنبه پس از به گل نشستن یک نفتکش در دهانهٔ آن بسته شد. "
        "یدک‌کش‌های سه بندر کوشیدند کشتی را بیرون بکشند اما آب زود فرو نشست. "
        "رئیس بندر گفت که شبانه ۴۸ ملوان به ساحل آورده شدند. "
        "به گفتهٔ گارد ساحلی هنوز نفتی به ساحل‌ها نرسیده است. "
        "به قایق‌های ماهیگیری گفته شد تا اطلاع بعدی در حوضچهٔ درونی بمانند. "
        "تلاش دوم برای مد بزرگ پایان هفته برنامه‌ریزی شده است."
    ),
    "zh": (
        "一艘油轮在入口处搁浅后，维尔莫拉港于星期一关闭。"
        "来自三个港口的拖船试图把船拖出来，但是潮水退得太早。"
        "港务长说，夜间共有48名船员被送上岸。"
        "海岸警卫队表示，目前没有油污到达海滩。"
        "渔船被告知留在内港，等待进一步通知。"
        "第二次尝试计划在周末的大潮时进行。"
    ),
}
OWN_REPORTS = {
    "en": (
        "Velmora's port spent the start of the week without traffic because of a stranded oil ship. "
        "I walked along the quay and met crews who had been rescued, 48 of them, wrapped in blankets. "
        "Engineers hope that higher water on Friday will lift the vessel. "
        "The fish market stayed empty and traders sent their lorries home."
    ),
    "ur": (
        "پھنسے ہوئے جہاز کی وجہ سے ولمورہ میں ہفتے کا آغاز خاموشی سے ہوا۔ "
        "میں گھاٹ پر گیا تو وہاں کمبل اوڑھے 48 ملاح بیٹھے تھے جنہیں بچایا گیا تھا۔ "
        "انجینئروں کو امید ہے کہ جمعے کو پانی چڑھے گا تو جہاز نکل آئے گا۔ "
        "مچھلی بازار خالی رہا اور تاجروں نے اپنی گاڑیاں واپس بھیج دیں۔"
    ),
    "fa": (
        "هفته در ولموره به سبب نفتکشی که گیر کرده بود بی رفت‌وآمد آغاز شد. "
        "در اسکله با ملوانانی دیدار کردم که ۴۸ نفرشان نجات یافته و پتو پیچیده بودند. "
        "مهندسان امیدوارند آب بالاتر روز جمعه کشتی را بلند کند. "
        "بازار ماهی خالی ماند و بازرگانان کامیون‌هایشان را برگرداندند."
    ),
    "zh": (
        "由于一条大船被困，维尔莫拉的码头这一周开始得十分冷清。"
        "记者在岸边见到了裹着毯子的获救水手，他们一共48人。"
        "工程师希望星期五更高的水位能把它托起来。"
        "鱼市空空荡荡，商人们让卡车开回家去。"
    ),
}
LANGUAGES = pytest.mark.parametrize("language", STORIES)


def parts(language: str) -> list[str]:
    text = STORIES[language]
    return [text[start:end] for start, end in sentence_spans(text)]


def joined(language: str, sentences: list[str]) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def are_copies_both_ways(one: str, other: str, *, same_outlet: bool = False) -> bool:
    verdict = are_copies(one, other, same_outlet=same_outlet)
    assert are_copies(other, one, same_outlet=same_outlet) == verdict
    return verdict


@LANGUAGES
def test_a_story_under_another_headline_cut_short_or_added_to_is_a_copy(language: str) -> None:
    story, own = STORIES[language], OWN_REPORTS[language]
    sentences = parts(language)
    first_own = own[slice(*sentence_spans(own)[3])]
    assert are_copies_both_ways(story, f"# A headline of 2026\n\n{story}")
    assert are_copies_both_ways(story, joined(language, sentences[:4]))
    assert are_copies_both_ways(story, f"{story}\n\n{first_own}")


@LANGUAGES
def test_another_number_makes_another_report(language: str) -> None:
    story = STORIES[language]
    changed = story.replace("48", "53").replace("۴۸", "۵۳")
    assert changed != story
    assert not are_copies_both_ways(story, changed)
    assert not are_copies_both_ways(story, f"{changed} {OWN_REPORTS[language]}")


@LANGUAGES
def test_reports_of_one_event_in_own_words_are_no_copies(language: str) -> None:
    assert not are_copies_both_ways(STORIES[language], OWN_REPORTS[language])


@LANGUAGES
def test_an_own_report_that_quotes_two_sentences_is_no_copy(language: str) -> None:
    own, sentences = OWN_REPORTS[language], parts(language)
    assert not are_copies_both_ways(STORIES[language], joined(language, [own, *sentences[3:5]]))


def test_an_altered_sentence_is_an_edit_at_another_outlet_and_a_newer_version_at_the_same() -> None:
    story = STORIES["en"]
    altered = story.replace("Fishing boats were told", "Fishermen were told")
    assert are_copies_both_ways(story, altered)
    assert not are_copies_both_ways(story, altered, same_outlet=True)
    assert are_copies_both_ways(story, story, same_outlet=True)


def test_spelling_digits_punctuation_and_datelines_do_not_matter() -> None:
    story = STORIES["fa"]
    assert are_copies_both_ways(story, story.replace("۴۸", "48").replace("ی", "ي").replace("\u200c", ""))
    assert are_copies_both_ways(STORIES["en"], f"VELMORA, May 3 (Agency) — {STORIES['en']}")
    assert comparable_sentences("VELMORA (Agency) - Rain fell.") == [("rain", "fell")]


def test_who_speaks_is_no_dateline() -> None:
    assert comparable_sentences("Kabul: we asked.") == [("kabul", "we", "asked")]
    assert comparable_sentences("Velmora — which asked — paid.") == [("velmora", "which", "asked", "paid")]


@pytest.mark.parametrize("text", ["", "   ", "Rain.", "۔", "雨。"])
def test_a_text_too_short_to_compare_is_nobodys_copy(text: str) -> None:
    assert not are_copies(text, text)
    assert sketch(text).bands() == []


def test_a_sketch_comes_back_from_its_bytes() -> None:
    made = sketch(STORIES["zh"])
    again = Sketch.from_bytes(*made.to_bytes())
    assert again.to_bytes() == made.to_bytes()
    assert again.bands() == made.bands()
    assert len(set(made.bands())) == 24
