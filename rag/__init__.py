"""Sanad answers questions over articles in many languages, with citations to the exact characters.

>>> from rag import Settings, open_service  # doctest: +SKIP
>>> with open_service(Settings()) as service:  # doctest: +SKIP
...     service.ask("Who asked for the truce?")
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.errors import SanadError
    from rag.service import Service, open_service
    from rag.settings import Settings, load_settings

__all__ = ["SanadError", "Service", "Settings", "load_settings", "open_service"]

# Imported when first asked for: every module of the package imports this one, and `--help` needs none of them.
_LATER = {
    "SanadError": "rag.errors",
    "Service": "rag.service",
    "Settings": "rag.settings",
    "load_settings": "rag.settings",
    "open_service": "rag.service",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
