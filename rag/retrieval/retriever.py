"""The search as a LangChain retriever, for chains that others build."""

from dataclasses import asdict
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, Field

from rag.retrieval.candidates import SearchRequest
from rag.schema import Filters, SearchResult


class SanadRetriever(BaseRetriever):
    """Passages for a question, best first, as LangChain documents.

    ``page_content`` is the passage; ``metadata`` holds everything else of a `rag.schema.Hit`, among it ``article_id``,
    ``start`` and ``end`` (code points of the article's text). ``k`` can be given for one call:
    ``retriever.invoke(question, k=3)``.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search: Runnable[SearchRequest, SearchResult]
    k: int = Field(10, ge=1)
    filters: Filters = Filters()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None, **_: Any
    ) -> list[Document]:
        request = SearchRequest(query, self.k if k is None else k, self.filters)
        result = self.search.invoke(request, {"callbacks": run_manager.get_child()})
        documents = []
        for hit in result.hits:
            metadata = asdict(hit)
            text = metadata.pop("text")
            documents.append(Document(id=hit.passage_id, page_content=text, metadata=metadata))
        return documents
