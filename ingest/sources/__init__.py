"""Readers: files and folders in, read and failed documents out, one at a time."""

from ingest.sources.document import FailedDocument, ReadDocument
from ingest.sources.files import read_sources

__all__ = ["FailedDocument", "ReadDocument", "read_sources"]
