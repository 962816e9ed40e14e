from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.settings import Settings, known_variables, load_settings


def test_defaults_load_without_any_variable() -> None:
    settings = load_settings()
    assert settings.store.data_dir == Path("data")
    assert settings.server.host == "127.0.0.1"


def test_a_variable_sets_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANAD_STORE__DATA_DIR", "/somewhere")
    monkeypatch.setenv("SANAD_SERVER__PORT", "8080")
    settings = load_settings()
    assert (settings.store.data_dir, settings.server.port) == (Path("/somewhere"), 8080)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SANAD_STORE__DATADIR", "SANAD_STORE__DATA_DIR"),
        ("SANAD_DATA_DIR", "SANAD_STORE__DATA_DIR"),
        ("SANAD_SERVER__PROT", "SANAD_SERVER__PORT"),
        ("SANAD_RETREIVAL__PASSAGES", "SANAD_RETRIEVAL__PASSAGES"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(
    name: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert name in str(refused.value)
    assert near in str(refused.value)


def test_an_unknown_name_in_the_env_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SANAD_SERVER__PROT=1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="SANAD_SERVER__PORT"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANAD_SERVER__PORT", "70000"),
        ("SANAD_ABSTENTION__CAUTION", "1.5"),
        ("SANAD_EMBEDDING__DEVICE", "abacus"),
        ("SANAD_RETRIEVAL__CANDIDATES", "many"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        load_settings()


def test_every_option_has_a_description() -> None:
    for section, field in Settings.model_fields.items():
        for option, about in field.annotation.model_fields.items():  # type: ignore[union-attr]
            assert about.description, f"{section}.{option}"
    assert len(known_variables()) == len(set(known_variables()))
