"""The import rules of the house."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Inside rag, a row may import only the rows above it.
ROWS = [
    "errors", "progress", "settings", "schema", "language", "embedding", "stories", "catalogue", "indexes", "retrieval", "chat", "answering", "stored_vectors",
    "conversations", "chain", "observing", "wire", "client", "store", "service", "rendering", "doctor", "api", "serving", "evaluation", "cli",
]  # fmt: skip
# Files, or folders with a slash at the end.
ALONE = {
    "gradio": ("ui.py",),
    "chromadb": ("rag/indexes/vectors.py",),
    "tantivy": ("rag/indexes/lexical.py",),
    "sqlite3": ("rag/catalogue/", "rag/stories.py", "rag/conversations/store.py"),
}
# serve mounts the page: the one exception to "rag imports neither".
EXCEPTIONS = {("rag/serving.py", "ui")}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_rag_imports_neither_ingest_nor_ui() -> None:
    for path in sources("rag"):
        name = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            if module.split(".")[0] in ("ingest", "ui"):
                assert (name, module) in EXCEPTIONS, f"{name} imports {module}"


def test_inside_rag_a_row_imports_only_rows_above_it() -> None:
    for path in sources("rag"):
        parts = path.relative_to(ROOT / "rag").parts
        row = parts[0].removesuffix(".py")
        if row == "__init__":
            continue
        assert row in ROWS, f"{path} is in no row"
        for module in imports(path):
            if module.startswith("rag."):
                other = module.split(".")[1]
                assert ROWS.index(other) <= ROWS.index(row), f"{path} imports {module}, which is below it"


def test_ingest_does_not_import_the_page() -> None:
    assert not any("ui" in imports(path) or "gradio" in imports(path) for path in sources("ingest"))


def test_each_store_is_spoken_to_in_one_place() -> None:
    for path in [*sources("rag"), *sources("ingest"), ROOT / "ui.py"]:
        name = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            package = module.split(".")[0]
            assert package not in ALONE or name.startswith(ALONE[package]), f"{name} imports {module}"
        if "sentence_transformers" in {module.split(".")[0] for module in imports(path)}:
            assert name.startswith("rag/embedding/"), f"{name} imports sentence_transformers"
