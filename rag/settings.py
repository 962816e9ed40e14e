"""Typed settings, read from the environment and ``.env``; prefix ``SANAD_``, sections split by ``__``."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import ConfigurationError

ENV_PREFIX = "SANAD_"
BUNDLED_MODEL = "bundled:multilingual-e5-small"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbeddingSettings(Section):
    """How passages and questions become vectors."""

    model: str = Field(
        BUNDLED_MODEL,
        min_length=1,
        description="The bundled model, or any sentence-transformers model by name or path.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where the model runs; `auto` takes CUDA when torch sees one."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="`auto` takes bfloat16 on a CPU with AMX or on CUDA, float32 elsewhere."
    )
    question_prompt: str | None = Field(
        None, description="Put before a question; unset: the model's own prompt named `query`."
    )
    passage_prompt: str | None = Field(
        None, description="Put before a passage; unset: the model's own prompt named `passage` or `document`."
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Passages embedded in one forward pass.")
    threads: int = Field(0, ge=0, le=256, description="CPU threads for the model; 0: one for each core.")
    title_in_passage: bool = Field(
        True, description="Put the article's title before each passage for the embedding only."
    )


class StoreSettings(Section):
    """Where the collection lives and how its indexes follow it."""

    data_dir: Path = Field(Path("data"), description="The data directory.")
    passage_tokens: int = Field(
        180, ge=32, le=480, description="Longest passage in model tokens, short of one longer sentence."
    )
    apply_batch_passages: int = Field(
        500, ge=1, le=5000, description="Most passages put into the indexes in one hold of the lock."
    )
    follow_interval_seconds: float = Field(
        0.25, ge=0.05, le=60, description="How often a running service looks for new articles."
    )
    busy_timeout_seconds: float = Field(30, ge=1, le=600, description="How long a writer waits for another one.")
    max_file_gib: int = Field(
        8,
        ge=1,
        le=1024,
        description="Least file-size limit while the indexes are open; a corrupt index cannot fill the disk.",
    )


class RetrievalSettings(Section):
    """How candidates are found and merged."""

    candidates: int = Field(40, ge=10, le=2000, description="Passages each leg proposes.")
    lexical_weight: float = Field(
        0.3, ge=0, le=10, description="Weight of the lexical leg beside 1 for the dense one; 0: dense alone."
    )
    language_neutrality: bool = Field(
        True, description="Shift vectors by language, so that a question does not favour articles in its own."
    )
    merge_copies: bool = Field(
        True, description="Show one of several copies of a passage and name the other outlets that carry it."
    )
    read_periods: bool = Field(
        True, description="Read periods and words like `latest` from a question; off: dates are filtered only by hand."
    )
    recency_weight: float = Field(
        0.05, ge=0, le=1, description="Most that a date adds to a score where the question asks for a time; 0: nothing."
    )
    passages: int = Field(8, ge=1, le=100, description="Passages read for an answer.")


class AbstentionSettings(Section):
    """When to say that the collection does not hold the answer."""

    caution: float = Field(
        0.32, ge=0, le=1, description="Least probability of an answer that is shown; 0: always answer."
    )


class ChatSettings(Section):
    """The answers, and the chat model that writes them when there is one."""

    model: str | None = Field(
        None,
        min_length=1,
        description="Chat model that writes answers, as `provider:model`; unset: answers are quotes.",
    )
    base_url: str | None = Field(
        None, min_length=1, description="Address of the model's server; unset: the provider's own."
    )
    api_key: SecretStr | None = Field(None, description="Key for the model; unset: the provider's own variable.")
    fallback_model: str | None = Field(
        None,
        min_length=1,
        description="Chat model asked when the first one fails, as `provider:model`.",
    )
    fallback_base_url: str | None = Field(
        None, min_length=1, description="Address of the fallback model's server; unset: the provider's own."
    )
    fallback_api_key: SecretStr | None = Field(
        None, description="Key for the fallback model; unset: the provider's own variable."
    )
    temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature of the chat model.")
    context_tokens: int = Field(
        8192, ge=1024, le=2_000_000, description="Tokens that instructions, evidence and answer may fill together."
    )
    max_answer_tokens: int = Field(700, ge=32, le=100_000, description="Most tokens the chat model may write.")
    timeout_seconds: float = Field(
        60, ge=1, le=3600, description="How long the chat model may stay silent before it counts as failed."
    )
    retries: int = Field(
        2, ge=0, le=10, description="How often a chat model that is busy or unreachable is asked again."
    )
    unsupported: Literal["withhold", "mark"] = Field(
        "withhold",
        description="A written sentence that the evidence does not bear is left out, or shown struck through.",
    )
    statements: int = Field(3, ge=1, le=3, description="Most sentences quoted in one answer.")
    question_characters: int = Field(
        2000, ge=100, le=100_000, description="Longest question taken; a longer one gets a reply saying so."
    )


class ConversationSettings(Section):
    """What is kept of chats."""

    days: int = Field(
        30, ge=0, le=3650, description="Days that a chat is kept after its last question; 0: chats are not kept at all."
    )
    log_questions: bool = Field(
        False, description="Write the text of questions to the log, beside their language, outcome and times."
    )


class ServerSettings(Section):
    """The web server."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(7860, ge=1, le=65535, description="Port to listen on.")
    concurrency: int = Field(4, ge=1, le=64, description="Questions answered at the same time.")
    queue_size: int = Field(64, ge=1, le=10_000, description="Questions that may wait; more are told to try again.")
    allowed_hosts: list[str] = Field(
        [], description="Host names besides the listening address that requests may name, as a JSON list."
    )


class Settings(BaseSettings):
    """Everything an operator can choose. Built once by an entry point and passed down."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="forbid",
        frozen=True,
    )

    embedding: EmbeddingSettings = EmbeddingSettings()
    store: StoreSettings = StoreSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    abstention: AbstentionSettings = AbstentionSettings()
    chat: ChatSettings = ChatSettings()
    conversations: ConversationSettings = ConversationSettings()
    server: ServerSettings = ServerSettings()


def known_variables() -> list[str]:
    """Names of all environment variables that Sanad reads, sorted."""
    names = []
    for section, field in Settings.model_fields.items():
        section_type = field.annotation
        if not (isinstance(section_type, type) and issubclass(section_type, BaseModel)):
            raise TypeError(f"settings section {section!r} is not a model")
        names += [f"{ENV_PREFIX}{section}__{option}".upper() for option in section_type.model_fields]
    return sorted(names)


def load_settings(environ: Mapping[str, str] | None = None, **sections: Any) -> Settings:
    """Read the settings and refuse what is unknown or out of bounds.

    Args:
        environ: Where unknown ``SANAD_*`` names are looked for; the process environment when not given.
        sections: Overrides by section, ``store={"data_dir": "x"}``; what is left out comes from the environment.

    Raises:
        ConfigurationError: A name is unknown (the nearest known one is named) or a value is out of bounds.
    """
    known = known_variables()
    # pydantic-settings ignores a misspelt top-level variable, so names are checked here.
    for name in sorted(os.environ if environ is None else environ):
        if name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
            raise ConfigurationError(f"Unknown setting {name!r}. The nearest known one is {near[0]!r}.")
    try:
        return Settings(**sections)
    except ValidationError as error:
        first = error.errors()[0]
        where = ENV_PREFIX + "__".join(str(part) for part in first["loc"][:2]).upper()
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(where, known, n=1, cutoff=0.0)
            raise ConfigurationError(f"Unknown setting {where!r}. The nearest known one is {near[0]!r}.") from None
        raise ConfigurationError(f"Setting {where!r}: {first['msg']} (given: {first['input']!r}).") from None
    except ValueError as error:
        raise ConfigurationError(f"The settings cannot be read: {error}") from None
