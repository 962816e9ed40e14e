"""Choosing and loading an embedding model as the settings say."""

import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from rag.errors import ConfigurationError, ModelUnavailableError
from rag.settings import BUNDLED_MODEL, EmbeddingSettings, Settings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from rag.embedding.model import SanadEmbeddings
    from rag.embedding.relevance import RelevanceScorer
    from rag.embedding.tagger import ClaimTagger

logger = logging.getLogger(__name__)

_loaded: dict[EmbeddingSettings, "SanadEmbeddings"] = {}
_taggers: dict["torch.dtype", "ClaimTagger"] = {}
_scorers: dict["torch.dtype", "RelevanceScorer"] = {}
_loading = threading.Lock()


def load_embeddings(settings: Settings) -> "SanadEmbeddings":
    """Load the model that the settings name; the same settings give the same object.

    The bundled model touches no network; another one may be downloaded by sentence-transformers.

    Raises:
        ConfigurationError: The settings ask for what this machine or this version does not have.
        ModelUnavailableError: The model cannot be found, read or downloaded.
    """
    chosen = settings.embedding
    with _loading:
        if chosen not in _loaded:
            _loaded[chosen] = _load(chosen)
        return _loaded[chosen]


def load_claim_tagger(settings: Settings) -> "ClaimTagger":
    """Load what finds reported claims, on the CPU whatever embeds; it touches no network.

    Raises:
        ModelUnavailableError: The bundled encoder's file is absent or damaged.
    """
    from rag.embedding.tagger import load_tagger

    dtype = _dtype(settings.embedding, "cpu")
    with _loading:
        if dtype not in _taggers:
            _taggers[dtype] = load_tagger(dtype)
        return _taggers[dtype]


def load_relevance_scorer(settings: Settings) -> "RelevanceScorer":
    """Load what tells whether a sentence answers a question, on the CPU whatever embeds; it touches no network.

    Raises:
        ModelUnavailableError: The bundled encoder's file is absent or damaged.
    """
    from rag.embedding.relevance import load_relevance

    dtype = _dtype(settings.embedding, "cpu")
    with _loading:
        if dtype not in _scorers:
            _scorers[dtype] = load_relevance(dtype)
        return _scorers[dtype]


def _load(chosen: EmbeddingSettings) -> "SanadEmbeddings":
    bundled = chosen.model == BUNDLED_MODEL
    if chosen.model.startswith("bundled:") and not bundled:
        raise ConfigurationError(f"There is no bundled model {chosen.model!r}. The bundled one is {BUNDLED_MODEL!r}.")
    started = time.monotonic()
    # Threads that spin while they wait hold up a question many times over as soon as an ingest runs beside it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from rag.embedding.identity import bundled_fingerprint, fingerprint
    from rag.embedding.model import SanadEmbeddings

    device = _device(chosen)
    dtype = _dtype(chosen, device)
    # CPU threads belong to the process, not to a model: the model loaded last decides.
    torch.set_num_threads(chosen.threads or available_cores())
    imported = time.monotonic()
    if bundled:
        from rag.embedding.bundled import load_bundled

        model, name, content = load_bundled(device, dtype), BUNDLED_MODEL, bundled_fingerprint()
    else:
        model = _load_other(chosen.model, device)
        path = Path(chosen.model)
        name, content = str(path.resolve()) if path.is_dir() else chosen.model, fingerprint(model)
        model.to(dtype)
    # Waking a thread that sleeps takes longer than the small model saves on one text by having two.
    single_threads = 1 if bundled else None
    embeddings = SanadEmbeddings(model, name=name, content=content, settings=chosen, single_threads=single_threads)
    logger.info(
        "loaded %s on %s in %s: %.1f s of imports, %.1f s of loading",
        *(name, device, dtype, imported - started, time.monotonic() - imported),
    )
    return embeddings


def _load_other(name: str, device: str) -> "SentenceTransformer":
    from httpx import HTTPError
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    path = Path(name)
    if not path.is_dir() and (path.is_absolute() or path.exists() or len(path.parts) > 2 or name.startswith(".")):
        raise ModelUnavailableError(f"The embedding model {name!r} is not a folder. Check SANAD_EMBEDDING__MODEL.")
    # Without this, a machine with no network waits a minute of retries before it is told so.
    local_only = not path.is_dir() and not _hub_reachable()
    try:
        return SentenceTransformer(name, device=device, local_files_only=local_only)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, HTTPError, SafetensorError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if local_only:
            reason = f"it is no folder, and the model hub cannot be reached ({reason})"
        raise ModelUnavailableError(
            f"The embedding model {name!r} cannot be loaded: {reason}. "
            f"Check SANAD_EMBEDDING__MODEL, or unset it to use {BUNDLED_MODEL!r}."
        ) from error


def _hub_reachable() -> bool:
    from huggingface_hub import constants

    hub = urlsplit(constants.ENDPOINT)
    # Behind a proxy only the proxy can tell.
    if constants.HF_HUB_OFFLINE or getproxies().get(hub.scheme):
        return not constants.HF_HUB_OFFLINE
    try:
        socket.create_connection((hub.hostname, hub.port or 443), timeout=5).close()
    except OSError:
        return False
    return True


def _device(chosen: EmbeddingSettings) -> str:
    import torch

    if chosen.device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if chosen.device == "cuda":
        raise ConfigurationError(
            "The settings ask for device 'cuda', and torch sees none. Set SANAD_EMBEDDING__DEVICE=cpu or auto."
        )
    return "cpu"


def _dtype(chosen: EmbeddingSettings, device: str) -> "torch.dtype":
    import torch

    if chosen.precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else has_amx()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if chosen.precision == "bfloat16" else torch.float32


def has_amx() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware; False where the system does not say."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
