"""Asks a running service, so that a command beside it needs neither its indexes nor a model of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from rag.errors import SanadError, StoreError
from rag.indexes.owner import Owner
from rag.schema import Filters, VerifyReport
from rag.wire import Json

_TIMEOUT = httpx.Timeout(120, connect=5)


class Client:
    """Speaks to the service at ``owner.address``; build it with `connected`."""

    def __init__(self, owner: Owner, http: httpx.Client) -> None:
        self._owner = owner
        self._http = http

    def search(
        self,
        question: str,
        *,
        k: int,
        filters: Filters,
        language: str | None = None,
        identifier: str | int | None = None,
    ) -> Json:
        """``POST /v1/search``; the JSON of the contract."""
        body = {
            "question": question, "k": k, "language": language, "filters": _filter_fields(filters), "id": identifier
        }  # fmt: skip
        return self._json(self._http.post("/v1/search", json=body))

    def ask(
        self, question: str, *, filters: Filters, language: str | None = None, identifier: str | int | None = None
    ) -> Json:
        """``POST /v1/ask``; the JSON of its last event."""
        body = {"question": question, "language": language, "filters": _filter_fields(filters), "id": identifier}
        name = ""
        with self._http.stream("POST", "/v1/ask", json=body) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                return self._json(response)
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name in ("answer", "error"):
                    data: Json = json.loads(line.removeprefix("data: "))
                    if name == "error":
                        raise SanadError(data["error"])
                    return data
        raise SanadError(f"The service at {self._owner.address} ended its stream without an answer. Ask again.")

    def verify(self) -> VerifyReport:
        """``POST /v1/verify``."""
        headers = {"Authorization": f"Bearer {self._owner.token}"}
        report = self._json(self._http.post("/v1/verify", headers=headers, timeout=None))
        return VerifyReport(**{**report, "problems": tuple(report["problems"])})

    def _json(self, response: httpx.Response) -> Json:
        try:
            data: Json = response.json()
        except ValueError:
            data = {}
        if response.status_code != httpx.codes.OK:
            reason = data.get("error") or data.get("detail") or f"HTTP {response.status_code}"
            raise SanadError(f"The service at {self._owner.address}: {reason}")
        return data


@contextmanager
def connected(owner: Owner) -> Iterator[Client]:
    """A client of the service that owns the data directory.

    Raises:
        StoreError: It does not answer.
    """
    try:
        # Proxies are for other hosts; the owner is on this one.
        with httpx.Client(base_url=owner.address, timeout=_TIMEOUT, trust_env=False) as http:
            yield Client(owner, http)
    except httpx.TransportError as error:
        raise StoreError(
            f"The service at {owner.address} ({owner}) owns the indexes but does not answer ({error}). "
            "Wait until it has started, or stop it."
        ) from error


def verify_remotely(owner: Owner) -> VerifyReport:
    """Have the owner check its data directory."""
    with connected(owner) as client:
        return client.verify()


def _filter_fields(filters: Filters) -> Json:
    return {
        "languages": list(filters.languages),
        "sources": list(filters.sources),
        "since": filters.since,
        "until": filters.until,
        "articles": list(filters.articles),
    }
