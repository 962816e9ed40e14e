"""The error tree.

SanadError
├── ConfigurationError        a setting or argument that cannot be used
├── CorpusError(path)         a document that cannot be read
├── UnknownConversationError  a chat that is not kept, or no longer
├── StoreError                the data directory cannot be used
│   ├── OwnedError(owner)     another process owns the indexes
│   ├── SchemaVersionError    written by a newer Sanad
│   └── ModelMismatchError(expected, found)
└── ModelError
    ├── ModelUnavailableError the model cannot be reached or loaded; may pass
    └── GenerationError       the model answered with something unusable
"""

from pathlib import Path


class SanadError(Exception):
    """Anything Sanad reports to its user as one line."""


class ConfigurationError(SanadError):
    """A setting or an argument names something that cannot be used."""


class CorpusError(SanadError):
    """A document cannot be read.

    Attributes:
        path: File, address or line (``file.jsonl:12``) that failed.
        reason: Why, without the path.
    """

    def __init__(self, path: str | Path, reason: str) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{self.path}: {reason}")


class UnknownConversationError(SanadError):
    """A chat that is not kept: it was deleted, its time is over, or there never was one."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        super().__init__(
            f"There is no conversation {conversation!r}; it was deleted, or not kept so long "
            "(SANAD_CONVERSATIONS__DAYS). Begin another with the id 'new'."
        )


class StoreError(SanadError):
    """The data directory cannot be used."""


class OwnedError(StoreError):
    """Another process owns the indexes of this data directory.

    Attributes:
        owner: How the owner describes itself, for example ``process 812 at http://127.0.0.1:7860``.
    """

    def __init__(self, data_dir: Path, owner: str) -> None:
        self.owner = owner
        super().__init__(
            f"The indexes in {str(data_dir)!r} are in use by {owner}. "
            "Ask that service, stop it, or choose another directory with --data-dir."
        )


class SchemaVersionError(StoreError):
    """A file of the data directory was written by a newer version of Sanad."""

    def __init__(self, path: Path, found: int, supported: int) -> None:
        self.found = found
        self.supported = supported
        super().__init__(
            f"The file {str(path)!r} has schema version {found}; this Sanad reads up to "
            f"{supported}. Upgrade Sanad, or choose another directory with --data-dir."
        )


class ModelMismatchError(StoreError):
    """The collection was embedded with another model than the settings name."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"The collection was embedded with {found!r}; the settings name {expected!r}. Run: python -m ingest reembed"
        )


class ModelError(SanadError):
    """A model cannot do what was asked of it."""


class ModelUnavailableError(ModelError):
    """A model cannot be loaded or reached; trying again may help."""


class GenerationError(ModelError):
    """A chat model answered with something that cannot be used."""
