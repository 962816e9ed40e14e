"""Opens chat models by configuration, through LangChain's ``init_chat_model``."""

import importlib.util
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigurationError
from rag.settings import ChatSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

# Some compatible servers want a key to be there and read none.
_NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Provider:
    """A maker of chat models.

    Attributes:
        package: What LangChain imports for it.
        extra: Of Sanad's own package, which installs that.
        key_variable: Where its client looks for a key; empty when it needs none.
    """

    package: str
    extra: str
    key_variable: str


PROVIDERS = {
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    "google_genai": Provider("langchain_google_genai", "google-genai", "GOOGLE_API_KEY"),
    "mistralai": Provider("langchain_mistralai", "mistralai", "MISTRAL_API_KEY"),
    "ollama": Provider("langchain_ollama", "ollama", ""),
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY"),
}


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A chat model that is ready to be asked.

    Attributes:
        name: How the settings name it.
        timeout_seconds: How long it may stay silent.
    """

    name: str
    model: "BaseChatModel"
    timeout_seconds: float


def open_chat_models(settings: ChatSettings) -> tuple[ChatModel, ...]:
    """The configured chat model, and its fallback behind it; nothing is asked of either.

    Returns:
        In the order in which they are to be asked; empty when none is configured.

    Raises:
        ConfigurationError: The provider is unknown, its package is not installed, or it needs a key.
    """
    if settings.model is None:
        return ()
    opened = [_open(settings.model, settings.base_url, settings.api_key, settings, "")]
    if settings.fallback_model is not None:
        opened.append(
            _open(
                settings.fallback_model, settings.fallback_base_url, settings.fallback_api_key, settings, "FALLBACK_"
            )
        )  # fmt: skip
    return tuple(opened)


def _open(
    name: str, base_url: str | None, api_key: "SecretStr | None", settings: ChatSettings, which: str
) -> ChatModel:
    provider_name, _, model_name = name.strip().partition(":")
    provider = PROVIDERS.get(provider_name)
    if provider is None or not model_name:
        raise ConfigurationError(
            f"SANAD_CHAT__{which}MODEL is {name!r}; it has to be PROVIDER:MODEL, where PROVIDER is one of "
            f"{', '.join(PROVIDERS)}. For a compatible server (vLLM, llama.cpp, LM Studio) use openai:MODEL "
            f"and SANAD_CHAT__{which}BASE_URL."
        )
    if importlib.util.find_spec(provider.package) is None:
        raise ConfigurationError(
            f"The chat model {name!r} needs the package {provider.package.replace('_', '-')}. "
            f"Run: pip install 'sanad[{provider.extra}]'"
        )
    key = api_key.get_secret_value() if api_key is not None else None
    if key is None and provider.key_variable and not os.environ.get(provider.key_variable):
        if base_url is None:
            raise ConfigurationError(
                f"The chat model {name!r} needs a key. Set SANAD_CHAT__{which}API_KEY or {provider.key_variable}."
            )
        key = _NO_KEY
    from langchain.chat_models import init_chat_model

    arguments = _arguments(provider_name, base_url, key, settings)
    try:
        model = init_chat_model(model_name, model_provider=provider_name, **arguments)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"The chat model {name!r} cannot be set up: {error}") from error
    return ChatModel(f"{provider_name}:{model_name}", model, settings.timeout_seconds)


def _arguments(provider: str, base_url: str | None, key: str | None, settings: ChatSettings) -> dict[str, Any]:
    """What the provider's class is made with; each spells some of it in its own way.

    Asking again is left to `rag.chat.streaming`, which all providers share, so their own retries are off.
    """
    arguments: dict[str, Any] = {"temperature": settings.temperature}
    if base_url is not None:
        arguments["base_url"] = base_url
    if provider == "ollama":
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return arguments | {
            "num_ctx": settings.context_tokens,
            "num_predict": settings.max_answer_tokens,
            "client_kwargs": {"timeout": settings.timeout_seconds, "headers": headers},
        }
    if key is not None:
        arguments["api_key"] = key
    arguments |= {"max_tokens": settings.max_answer_tokens, "timeout": settings.timeout_seconds}
    match provider:
        case "openai":
            arguments |= {"max_retries": 0, "stream_usage": True, "use_responses_api": False}
            if base_url is not None:
                # LangChain sends the cap under its new name alone, which older compatible servers do not know.
                arguments["extra_body"] = {"max_tokens": settings.max_answer_tokens}
        case "mistralai":
            arguments |= {"max_retries": 1, "timeout": max(1, round(settings.timeout_seconds))}
        case "google_genai":
            # It counts the first attempt.
            arguments["max_retries"] = 1
        case _:
            arguments["max_retries"] = 0
    return arguments
