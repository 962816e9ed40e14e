"""The kept chats of one browser, which it finds again by the secret in its cookie."""

import logging

from rag.conversations import Chats
from rag.errors import StoreError, UnknownConversationError
from rag.rendering.frame import chats_html
from rag.rendering.turns import Turn, turn_of
from rag.rendering.words import Words

logger = logging.getLogger(__name__)

SHOWN_TURNS = 40


class ReadersChats:
    """The kept chats of one browser; a browser without a secret has none, and no other browser's are in reach."""

    def __init__(self, chats: Chats, reader: str | None) -> None:
        """Take all kept chats, and the browser's secret."""
        self._chats = chats
        self._reader = reader

    def open(self, conversation: str) -> str | None:
        """The chat to go on with: the one that is open, or a new one."""
        if self._reader is None:
            return None
        try:
            if conversation and self._chats.belongs_to(conversation, self._reader):
                return conversation
        except StoreError:
            # What is asked next says that it is not kept; the chat may come back.
            return conversation or self._chats.begin(self._reader)
        return self._chats.begin(self._reader)

    def turns(self, conversation: str, words: Words) -> list[Turn]:
        """What was asked last in a chat, oldest first; empty where it is not this browser's.

        Raises:
            StoreError: The file cannot be used.
        """
        try:
            if self._reader is not None and self._chats.belongs_to(conversation, self._reader):
                return [turn_of(turn, words) for turn in self._chats.turns(conversation)[-SHOWN_TURNS:]]
        except UnknownConversationError:
            # Another page of this browser deleted it in between.
            pass
        return []

    def forget(self, conversation: str) -> None:
        """Delete a chat for good, if it is this browser's.

        Raises:
            StoreError: The file cannot be used.
        """
        try:
            if self._reader is not None and self._chats.belongs_to(conversation, self._reader):
                self._chats.delete(conversation)
        except UnknownConversationError:
            pass

    def html(self, current: str | None, words: Words, note: str = "") -> str:
        """The list of them, with a note that is seen at once, or one that says why there is no list."""
        try:
            chats = self._chats.of(self._reader) if self._reader is not None else []
        except StoreError as error:
            logger.warning("%s", error)
            return chats_html([], current, words, note=note or words["unreadable"], unfolded=bool(note))
        return chats_html(chats, current, words, note=note, unfolded=bool(note))
