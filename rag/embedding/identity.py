"""What tells one embedding model from another: whatever would change its vectors, except the precision."""

import hashlib
import json
from typing import TYPE_CHECKING

from rag.embedding.weights import bundled_model
from rag.settings import BUNDLED_MODEL, EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_PROMPTS = {"query": "query: ", "passage": "passage: "}

# Raised when this package reads the same file into other vectors.
BUNDLED_READER = 1
_SAMPLES = 1024


def bundled_fingerprint() -> str:
    """Digest of the packed file and of the way it is read."""
    return f"{BUNDLED_READER}:{bundled_model().digest()}"


def fingerprint(model: "SentenceTransformer") -> str:
    """Digest of a loaded model's modules, their configuration and evenly spaced samples of its weights."""
    digest = hashlib.sha256()
    for module in model:
        configuration = module.get_config_dict() if hasattr(module, "get_config_dict") else {}
        digest.update(f"{type(module).__qualname__} {json.dumps(configuration, sort_keys=True, default=str)}".encode())
    for name, weights in model.state_dict().items():
        digest.update(f"{name} {tuple(weights.shape)}".encode())
        flat = weights.detach().flatten()
        digest.update(flat[:: max(1, len(flat) // _SAMPLES)].float().cpu().numpy().tobytes())
    return digest.hexdigest()


def identity(name: str, content: str, question_prompt: str, passage_prompt: str, dimension: int) -> str:
    """The name, and twelve hexadecimal digits for everything else that decides the vectors."""
    parts = json.dumps([content, question_prompt, passage_prompt, dimension])
    return f"{name}#{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


def identity_unloaded(chosen: EmbeddingSettings) -> str | None:
    """The identity of the model that the settings name, where it is known without loading it: the bundled one's."""
    if chosen.model != BUNDLED_MODEL:
        return None
    question, passage = chosen.question_prompt, chosen.passage_prompt
    return identity(
        BUNDLED_MODEL,
        bundled_fingerprint(),
        BUNDLED_PROMPTS["query"] if question is None else question,
        BUNDLED_PROMPTS["passage"] if passage is None else passage,
        bundled_model().shape.hidden,
    )
