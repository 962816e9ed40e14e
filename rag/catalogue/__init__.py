"""The record of truth: articles, passages, vectors and a change log in one SQLite file.

Every other store follows this one. Several processes on one host may read and write it at once. `Catalogue` decides what
is done in one transaction; the other modules hold the SQL and run inside the transaction that they are given.
"""

from rag.catalogue.catalogue import CATALOGUE_FILE, Catalogue, open_catalogue
from rag.catalogue.encoding import Vectors, decode_vectors, encode_vectors
from rag.catalogue.records import (
    Allowed,
    ArticleRecord,
    Changes,
    Counts,
    LanguageMean,
    PassageFacts,
    PassageParts,
    StoredModel,
    StoredPassage,
    passage_id,
    passage_key,
)
from rag.catalogue.tables import SCHEMA_VERSION

__all__ = [
    "CATALOGUE_FILE",
    "SCHEMA_VERSION",
    "Allowed",
    "ArticleRecord",
    "Catalogue",
    "Changes",
    "Counts",
    "LanguageMean",
    "PassageFacts",
    "PassageParts",
    "StoredModel",
    "StoredPassage",
    "Vectors",
    "decode_vectors",
    "encode_vectors",
    "open_catalogue",
    "passage_id",
    "passage_key",
]
