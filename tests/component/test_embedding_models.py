"""Any other sentence-transformers model serves by name or path, with its own prompts."""

from pathlib import Path

import numpy as np
import pytest

from rag.embedding import SanadEmbeddings, load_embeddings
from rag.errors import ModelError, ModelUnavailableError
from rag.settings import Settings

WORDS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "query", "passage", "talks", "truce", "galaxy", "egg"]


def load(model: Path | str, **embedding: object) -> SanadEmbeddings:
    return load_embeddings(Settings(embedding={"model": str(model), "device": "cpu", **embedding}))


def save_static(path: Path, *, prompts: dict[str, str] | None = None, seed: int = 0, broken: bool = False) -> Path:
    """Write a model that averages word vectors."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(seed).normal(size=(len(WORDS), 16)).astype(np.float32)
    if broken:
        weights[6] = np.nan
    module = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(modules=[module], device="cpu", prompts=prompts)
    model.save(str(path), create_model_card=False)
    return path


def save_bert(path: Path) -> Path:
    """Write a tiny BERT with mean pooling and random weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizerFast

    source = path / "bert"
    source.mkdir(parents=True)
    (source / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(vocab=str(source / "vocab.txt")).save_pretrained(source)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(source)
    transformer = Transformer(str(source))
    model = SentenceTransformer(
        modules=[transformer, Pooling(32)], device="cpu", prompts={"query": "query ", "passage": "passage "}
    )
    model.save(str(path / "model"), create_model_card=False)
    return path / "model"


def test_model_by_path_uses_its_own_prompts(tmp_path: Path) -> None:
    plain = load(save_static(tmp_path / "plain"))
    prompted = load(save_static(tmp_path / "prompted", prompts={"query": "query ", "document": "passage "}))
    assert (plain.question_prompt, plain.passage_prompt) == ("", "")
    assert (prompted.question_prompt, prompted.passage_prompt) == ("query ", "passage ")
    assert prompted.dimension == 16
    assert np.allclose(prompted.embed_question("talks"), plain.embed_question("query talks"), atol=1e-6)
    assert np.allclose(prompted.embed_passages(["talks"]), plain.embed_passages(["passage talks"]), atol=1e-6)
    assert np.isclose(np.linalg.norm(prompted.embed_question("talks")), 1)


def test_prompt_named_passage_comes_before_document(tmp_path: Path) -> None:
    prompts = {"query": "a", "document": "b", "passage": "c"}
    assert load(save_static(tmp_path / "m", prompts=prompts)).passage_prompt == "c"


def test_settings_replace_the_prompts_of_the_model(tmp_path: Path) -> None:
    path = save_static(tmp_path / "m", prompts={"query": "query ", "document": "passage "})
    own, replaced = load(path), load(path, question_prompt="", passage_prompt="egg ")
    assert (replaced.question_prompt, replaced.passage_prompt) == ("", "egg ")
    assert own.identity != replaced.identity
    assert not np.allclose(own.embed_question("talks"), replaced.embed_question("talks"))


def test_identity_names_the_resolved_path_and_follows_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_static(tmp_path / "m")
    first = load(tmp_path / "m").identity
    assert first.startswith(f"{tmp_path / 'm'}#")
    monkeypatch.chdir(tmp_path)
    assert load("./m").identity == first
    save_static(tmp_path / "m", seed=1)
    assert load("./m", batch_size=7).identity != first


def test_transformer_by_path_embeds_and_counts(tmp_path: Path) -> None:
    embeddings = load(save_bert(tmp_path), precision="float32")
    assert (embeddings.question_prompt, embeddings.passage_prompt) == ("query ", "passage ")
    texts = ["talks truce", "", "galaxy " * 200, "egg"]
    vectors = embeddings.embed_passages(texts)
    assert vectors.shape == (4, 32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], embeddings.embed_passages(["talks truce"])[0], atol=1e-5)
    assert embeddings.count_tokens(texts) == [2, 0, 200, 1]
    rough = load(tmp_path / "model", precision="bfloat16")
    assert rough.identity == embeddings.identity
    assert not np.array_equal(rough.embed_passages(texts), vectors)
    assert (rough.embed_passages(texts) * vectors).sum(axis=1).min() > 0.999


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    embeddings = load(save_static(tmp_path / "m", broken=True))
    with pytest.raises(ModelError, match="not finite"):
        embeddings.embed_question("talks")


@pytest.mark.parametrize("name", ["/no/such/folder", "./no-such-folder", "a/b/c"])
def test_missing_folder_is_unavailable(name: str) -> None:
    with pytest.raises(ModelUnavailableError, match=rf"'{name}' is not a folder\. Check SANAD_EMBEDDING__MODEL"):
        load(name)


def test_unknown_name_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailableError, match="'no-such/model' cannot be loaded") as caught:
        load("no-such/model")
    assert "\n" not in str(caught.value)
    assert "SANAD_EMBEDDING__MODEL" in str(caught.value)


def test_damaged_weights_are_unavailable(tmp_path: Path) -> None:
    path = save_static(tmp_path / "m")
    weights = next(path.rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        load(path)


def test_unreadable_configuration_is_unavailable(tmp_path: Path) -> None:
    path = save_static(tmp_path / "m")
    (path / "modules.json").write_text("[{")
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        load(path)
