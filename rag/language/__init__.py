"""What the service knows about languages: detection, folding for search, sentences and search tokens."""

from rag.language.detection import detect_language, detect_question_language
from rag.language.folding import fold
from rag.language.sentences import sentence_spans
from rag.language.tags import LANGUAGES, LanguageName, language_matches, language_name, normalise_tag, text_direction
from rag.language.tokens import TOKEN_FIELDS, TOKENS_VERSION, query_tokens, search_tokens, tokens_by_field

__all__ = [
    "LANGUAGES",
    "TOKENS_VERSION",
    "TOKEN_FIELDS",
    "LanguageName",
    "detect_language",
    "detect_question_language",
    "fold",
    "language_matches",
    "language_name",
    "normalise_tag",
    "query_tokens",
    "search_tokens",
    "sentence_spans",
    "text_direction",
    "tokens_by_field",
]
