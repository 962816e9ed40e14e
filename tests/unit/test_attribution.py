"""Who is reported to say what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.attribution import Attribution, attributions
from rag.answering.lexicon import languages
from rag.answering.quotations import quotations


def told(text: str, language: str) -> list[tuple[str, str, bool]]:
    return [
        (claim.holder, text[claim.content.start : claim.content.end], claim.denial)
        for claim in attributions(text, language)
    ]


def only(text: str, language: str) -> Attribution:
    (claim,) = attributions(text, language)
    return claim


REPORTED = [
    # The verb behind its holder, with "that" and without.
    ("en", "The governor, Dana Whitlock, said on Monday that the dam was safe.",
     [("The governor, Dana Whitlock", "the dam was safe", False)]),
    ("fr", "La ministre de la Santé, Aude Ferrand, a affirmé lundi que les stocks étaient suffisants.",
     [("La ministre de la Santé, Aude Ferrand", "les stocks étaient suffisants", False)]),
    ("es", "El ministro de Salud, Ramón Ibarra, afirmó el lunes que las reservas son suficientes.",
     [("El ministro de Salud, Ramón Ibarra", "las reservas son suficientes", False)]),
    ("de", "Die Gesundheitsministerin Ute Brandl sagte am Montag, die Vorräte seien ausreichend.",
     [("Die Gesundheitsministerin Ute Brandl", "die Vorräte seien ausreichend", False)]),
    ("ru", "Министр здравоохранения Камиль Дрозд заявил в понедельник, что запасов хватает.",
     [("Министр здравоохранения Камиль Дрозд", "запасов хватает", False)]),
    ("fa", "مقام‌های محلی تأیید کرده‌اند که پل فروریخته است.", [("مقام‌های محلی", "پل فروریخته است", False)]),
    ("zh", "卫生部长康明周一表示，库存充足。", [("卫生部长康明", "库存充足", False)]),
    # The verb first, in the middle of its clause, and last.
    ("ar", "من جانبها، قالت وزارة الدفاع في بيان إن أحدًا لم يعبر النهر.",
     [("وزارة الدفاع", "أحدًا لم يعبر النهر", False)]),
    ("ur", "وزیرِ صحت کمال درویش نے پیر کو کہا کہ ذخیرہ کافی ہے۔",
     [("وزیرِ صحت کمال درویش", "ذخیرہ کافی ہے", False)]),
    ("hi", "फ़्लोरा के विदेश मंत्रालय का दावा है कि युद्धविराम का अनुरोध मारेंता ने किया था।",
     [("फ़्लोरा के विदेश मंत्रालय", "युद्धविराम का अनुरोध मारेंता ने किया था", False)]),
    ("tr", "Sağlık Bakanı Kemal Derviş, stokların yeterli olduğunu söyledi.",
     [("Sağlık Bakanı Kemal Derviş", "stokların yeterli olduğunu", False)]),
    ("ps", "د روغتیا وزیر کمال دروېش وویل چې زېرمه بسیا ده.",
     [("د روغتیا وزیر کمال دروېش", "زېرمه بسیا ده", False)]),
    # "According to" before the holder and behind it.
    ("en", "The factory shut in March, according to the works council.",
     [("the works council", "The factory shut in March", False)]),
    ("es", "De acuerdo con la policía, hubo 200 asistentes.", [("la policía", "hubo 200 asistentes", False)]),
    ("ar", "ووفقًا لوزارة الخارجية في فلورا، فإن الهدنة جاءت بطلب من مارنتا.",
     [("وزارة الخارجية في فلورا", "فإن الهدنة جاءت بطلب من مارنتا", False)]),
    ("ur", "پولیس کے مطابق 14 افراد زخمی ہوئے۔", [("پولیس", "14 افراد زخمی ہوئے", False)]),
    ("tr", "Polise göre 14 kişi yaralandı.", [("Polise", "14 kişi yaralandı", False)]),
    # Quotations before, behind and around the report.
    ("en", "“It grew by a metre,” engineer Paul Ito told the council.",
     [("engineer Paul Ito", "It grew by a metre", False)]),
    ("fr", "L'usine a fermé en mars, a indiqué la direction.", [("la direction", "L'usine a fermé en mars", False)]),
    ("de", "Fischerin Rike Tamm: »Die Netze sind leer.«", [("Fischerin Rike Tamm", "Die Netze sind leer", False)]),
    ("hi", "‘हम पीछे नहीं हटेंगे’, यूनियन के नेता मुराद सालमी ने पत्रकारों से कहा।",
     [("यूनियन के नेता मुराद सालमी", "हम पीछे नहीं हटेंगे", False)]),
    ("tr", "“Geri adım atmayacağız” dedi sendika lideri Murat Salim.",
     [("sendika lideri Murat Salim", "Geri adım atmayacağız", False)]),
    ("zh", "“我们不会退让，”工会领袖穆海对记者说。", [("工会领袖穆海", "我们不会退让", False)]),
    # Denials.
    ("en", "The ministry has rejected claims by the union that the mine was unsafe.",
     [("The ministry", "claims by the union that the mine was unsafe", True)]),
    ("fr", "Le porte-parole de l'armée, Luc Morel, a rejeté ces accusations.",
     [("Le porte-parole de l'armée, Luc Morel", "ces accusations", True)]),
    ("ar", "ونفت الشركة وجود أي تسرب.", [("الشركة", "وجود أي تسرب", True)]),
    ("fa", "سخنگوی ارتش این اتهام‌ها را بی‌اساس خواند.", [("سخنگوی ارتش", "این اتهام‌ها را", True)]),
    ("hi", "उन्होंने इस ख़बर को झूठ बताया।", [("उन्होंने", "इस ख़बर", True)]),
    ("ps", "شرکت د هر ډول لیکېدو خبره رد کړه.", [("شرکت", "د هر ډول لیکېدو خبره", True)]),
    ("de", "Der Sprecher der Armee wies die Vorwürfe zurück.", [("Der Sprecher der Armee", "die Vorwürfe", True)]),
    # Two holders, or two verbs, in one sentence.
    ("es", "La empresa negó que hubiera una fuga, mientras que los vecinos aseguran que el agua huele mal.",
     [("La empresa", "hubiera una fuga", True), ("los vecinos", "el agua huele mal", False)]),
    ("fr", "Le syndicat dément avoir bloqué le port et soutient que la direction ment.",
     [("Le syndicat", "avoir bloqué le port", True), ("Le syndicat", "la direction ment", False)]),
    ("ur", "فوج کے ترجمان نے ان الزامات کو مسترد کرتے ہوئے کہا کہ کوئی سپاہی دریا پار نہیں گیا۔",
     [("فوج کے ترجمان", "ان الزامات", True), ("فوج کے ترجمان", "کوئی سپاہی دریا پار نہیں گیا", False)]),
    ("en", "The company denied any wrongdoing, saying its tests were clean.",
     [("The company", "any wrongdoing", True), ("The company", "its tests were clean", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), REPORTED)
def test_a_claim_has_its_holder_and_its_content(
    language: str, text: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert told(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It is said that the lake is haunted."),
        ("en", "If the minister said the road was closed, nobody would believe him."),
        ("en", "In the film, a general says the war is over."),
        ("en", "The dam, which officials say is safe, will be inspected in May."),
        ("en", "The court has yet to say whether the law applies."),
        ("fr", "On dit que le château est hanté."),
        ("es", "Se dice que el castillo está embrujado. En la novela, el rey dice que la guerra terminó."),
        ("de", "Im Film sagt der König, der Krieg sei vorbei."),
        ("ru", "Говорят, что в замке живут призраки."),
        ("ar", "يقال إن القلعة مسكونة. في الفيلم يقول الملك إن الحرب انتهت."),
        ("fa", "گفته می‌شود قلعه جن دارد. در فیلم، شاه می‌گوید جنگ تمام شده است."),
        ("ur", "کہا جاتا ہے کہ قلعہ آسیب زدہ ہے۔ اگر وزیر کہے کہ سڑک بند ہے تو کوئی نہیں مانے گا۔"),
        ("hi", "कहा जाता है कि क़िला भुतहा है। फ़िल्म में राजा कहता है कि युद्ध ख़त्म हो गया।"),
        ("tr", "Şatonun perili olduğu söyleniyor."),
        ("zh", "据说城堡闹鬼。影片中，国王说战争结束了。"),
        ("ps", "ویل کېږي چې کلا پېریان لري."),
        ("sw", "Waziri alisema kwamba barabara imefungwa."),
    ],
)
def test_what_nobody_says_in_earnest_is_no_claim(language: str, text: str) -> None:
    assert told(text, language) == []


def test_pronouns_and_titles_stand_for_who_spoke_last() -> None:
    text = (
        "The mayor, Ines Corta, said the well was clean. She added that children drink from it. "
        "A farmer, Ole Brun, complained that his goats were ill. Brun blamed the paint works."
    )
    assert [claim.resolved for claim in attributions(text, "en")] == [
        "The mayor, Ines Corta", "The mayor, Ines Corta", "A farmer, Ole Brun", "A farmer, Ole Brun",
    ]  # fmt: skip


def test_a_person_is_joined_to_the_body_that_the_text_names() -> None:
    text = "The Sailors' League said the pier was rotten. “It shook,” its chairman Rolf Udd told the paper."
    _, chairman = attributions(text, "en")
    assert chairman.organisation == "The Sailors' League"


def test_the_outer_speaker_holds_a_quotation_inside_which_another_speaks() -> None:
    text = "„Der Wirt sagte zu mir: ‚Ich mache heute zu‘, und ging“, schilderte Nachbarin Lene Voss."
    outer, inner = attributions(text, "de")
    assert (outer.holder, outer.inside) == ("Nachbarin Lene Voss", False)
    assert (inner.holder, inner.inside) == ("Der Wirt", True)
    assert outer.content.start < inner.content.start < inner.content.end < outer.content.end
    assert text[inner.content.start : inner.content.end] == "Ich mache heute zu"


def test_a_quotation_over_several_sentences_and_around_its_report_is_one_claim() -> None:
    text = "“We waited. Nobody came,” said nurse Ada Pell. “Then the lights failed.”"
    claim = only(text, "en")
    assert (claim.holder, claim.quoted) == ("nurse Ada Pell", True)
    assert (claim.content.start, claim.content.end) == (text.index("We"), text.index(".”"))


def test_spans_count_code_points_and_cut_no_mark_from_its_letter() -> None:
    text = "स्वास्थ्य मंत्री कमल द्रविड़ ने कहा कि भंडार पर्याप्त है।"
    claim = only(text, "hi")
    assert text[claim.holder_span.start : claim.holder_span.end] == claim.holder
    assert claim.holder.endswith("द्रविड़")


def test_every_style_of_quotation_marks_is_known() -> None:
    text = '“a b” „c d“ «e f» »g h« ‹i j› 「k」 『l』 "m n" ‘o p’ ”q r“'
    assert [text[q.start : q.end] for q in quotations(text)] == [
        "a b", "c d", "e f", "g h", "i j", "k", "l", "m n", "o p", "q r",
    ]  # fmt: skip


def test_an_apostrophe_opens_no_quotation() -> None:
    assert quotations("The Dockers' League's big day isn't over, it's said") == []


@given(st.text(alphabet="ab“”«»„ \n.،,:کہ'’‘说：你 said that нет", max_size=80), st.sampled_from(languages()))
def test_spans_lie_in_the_text_whatever_it_is(text: str, language: str) -> None:
    for claim in attributions(text, language):
        for span in (claim.holder_span, claim.content, claim.sentence):
            assert 0 <= span.start <= span.end <= len(text)
        assert text[claim.holder_span.start : claim.holder_span.end] == claim.holder


@pytest.mark.parametrize(
    ("language", "text", "holder"),
    [
        # What stands before the holder and its mark is no part of it.
        ("ur", "ہفتہ وار ملاقات میں ترجمان لبنیٰ سحر نے کہا کہ پل محفوظ ہے۔", "ترجمان لبنیٰ سحر"),
        ("hi", "इस दावे को मंत्री रमा कौल ने ग़लत बताया।", "मंत्री रमा कौल"),
        ("ur", "کونسل کی جانب سے کہا گیا کہ کام مکمل ہے۔", "کونسل"),
        # An Arabic subject ends where another noun phrase begins.
        ("ar", "واتهم المحتجون الحكومة بقطع المياه.", "المحتجون"),
        ("ar", "وعزت هيئة الأرصاد الفيضان إلى المطر.", "هيئة الأرصاد"),
        ("ar", "واتهمت وزارة الزراعة الوطنية المصنع بالتلويث.", "وزارة الزراعة الوطنية"),
        # A Persian one ends before the object's mark, or behind the second comma of an apposition.
        ("fa", "معترضان دولت را به قطع آب متهم کردند.", "معترضان"),
        ("fa", "رئیس اتحادیه، مینا راد، این خبر را بی‌اساس خواند.", "رئیس اتحادیه، مینا راد"),
        # "For" names a holder only where a body or an office stands behind it.
        ("en", "For the growers' union, the reason is plain: nobody watered the trees.", "the growers' union"),
        ("es", "Para la cooperativa, el motivo es otro: nadie regó los árboles.", "la cooperativa"),
        ("fr", "Pour le syndicat, la raison est simple : personne n'arrosait les arbres.", "le syndicat"),
        ("en", "The company's position is that the pipe was sound.", "The company"),
        ("en", "Not so, the growers' union counters: the gate was shut.", "the growers' union"),
    ],
)
def test_a_holder_begins_and_ends_where_its_name_does(language: str, text: str, holder: str) -> None:
    assert attributions(text, language)[0].holder == holder


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "For three weeks, the trees stood dry and nobody watered them."),
        ("es", "Para el lunes, los árboles estaban secos y nadie los regaba."),
        ("fr", "Pour la première fois, les arbres sont secs et nus."),
        ("en", "The regulator's report runs to ninety pages."),
    ],
)
def test_words_that_only_look_like_a_report_make_none(language: str, text: str) -> None:
    assert not attributions(text, language)


@pytest.mark.parametrize(
    ("language", "text", "holder"),
    [
        ("en", "Mayor Ida Brandt said the gate was shut. In her view, the drains were old.", "Mayor Ida Brandt"),
        (
            "es",
            "La alcaldesa Ida Branco dijo que llovía. A su juicio, la culpa es del barro.",
            "La alcaldesa Ida Branco",
        ),
        ("fr", "La maire Ida Brand a dit qu'il pleuvait. À ses yeux, la faute est au limon.", "La maire Ida Brand"),
    ],
)
def test_a_possessive_view_is_that_of_who_spoke_last(language: str, text: str, holder: str) -> None:
    assert [claim.resolved for claim in attributions(text, language)] == [holder, holder]


def test_an_article_that_arabic_drops_behind_to_is_put_back_in_the_name() -> None:
    claim = only("ووفقًا للوزارة، انتهت الأعمال.", "ar")
    assert (claim.holder, claim.resolved) == ("لوزارة", "الوزارة")


def test_a_polite_title_parts_no_name() -> None:
    text = "The librarian, Thea Marwick, said the bus was full. Mrs Marwick added that it was late."
    assert len({claim.resolved for claim in attributions(text, "en")}) == 1
