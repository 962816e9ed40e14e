"""Chats kept on the server: what was asked, and of what came back the article ids and spans, never the quotes.

`file` makes and opens the SQLite file, `store` reads and writes its rows, `keeping` turns an answer into what is kept and
back into an answer over the catalogue as it is now, `chats` goes on without any of them where the file cannot be used.
"""

from rag.conversations.chats import Chats
from rag.conversations.keeping import KeptTurn, kept_turn
from rag.conversations.store import CONVERSATIONS_FILE, Conversations, Summary

__all__ = ["CONVERSATIONS_FILE", "Chats", "Conversations", "KeptTurn", "Summary", "kept_turn"]
