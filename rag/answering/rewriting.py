"""Follow-up questions rewritten by a chat model, so that they can be searched without their conversation.

The model reads questions only: what an article says has no part in what is searched next. What it writes is taken where
it is one plain line in the question's language, with no number that the conversation does not have.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import NamedTuple

import regex
from langchain_core.runnables import RunnableConfig

from rag.answering.evidence import one_line, tokens_of
from rag.answering.figures import figures
from rag.answering.prompts import rewriting_messages
from rag.chat.models import ChatModel
from rag.chat.streaming import streamed
from rag.errors import ModelError
from rag.language import detect_question_language, fold
from rag.schema import AnswerEvent, Exchange, Working
from rag.settings import ChatSettings

_LONGEST_CHARACTERS = 400
# Tokens of the instructions beside the conversation, of the longest prompt, counted as `tokens_of` does.
_INSTRUCTION_TOKENS = 400
_THOUGHTS = regex.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", regex.DOTALL)
_QUOTES = "\"'“”„«»‘’「」 \t"
# A question needs none of these; a model that writes them does something else.
_FOREIGN = regex.compile(r"https?:|//|[<>{}\[\]]|```|\|")
_READ_AS = {"prs": "fa", "und": ""}


class Rewritten(NamedTuple):
    """What came of it.

    Attributes:
        question: Stands alone; none when the model wrote nothing that can be used.
        requests: How often a model was asked.
        input_tokens: As the provider counts them.
        output_tokens: Likewise.
    """

    question: str | None
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Rewriter:
    """Has chat models rewrite follow-ups. One serves many questions at once."""

    def __init__(self, chats: Sequence[ChatModel], settings: ChatSettings) -> None:
        """Take the models, which are asked in this order until one answers."""
        self._chats = tuple(chats)
        self._settings = settings

    def rewrite(
        self, question: str, earlier: Sequence[Exchange], language: str, config: RunnableConfig
    ) -> Generator[AnswerEvent, None, Rewritten]:
        """Rewrite one question; yields `Working` while the model is waited for.

        Args:
            question: As typed.
            earlier: What came before it, oldest first.
            language: The question's BCP 47 tag, or ``und``.
            config: LangChain's, whose callbacks trace the request.
        """
        budget = self._settings.context_tokens - self._settings.max_answer_tokens - _INSTRUCTION_TOKENS
        history = recent([_read(one) for one in earlier], budget - tokens_of(question))
        asked = rewriting_messages(question, history, language=language)
        requests = input_tokens = output_tokens = 0
        for chat in self._chats:
            requests += 1
            text = ""
            try:
                with closing(
                    streamed(chat, asked, retries=self._settings.retries, config=config, name="rewrite")
                ) as pieces:
                    for piece in pieces:
                        if piece is None:
                            yield Working()
                            continue
                        text += piece.text
                        input_tokens += piece.input_tokens
                        output_tokens += piece.output_tokens
            except ModelError:
                # `streamed` has logged it; the rules read the question.
                continue
            found = usable(text, question, history, language)
            return Rewritten(found, requests, input_tokens, output_tokens)
        return Rewritten(None, requests, input_tokens, output_tokens)


def _read(exchange: Exchange) -> str:
    return one_line(exchange.stands_for or exchange.question, _LONGEST_CHARACTERS)


def recent(questions: Sequence[str], budget_tokens: int) -> list[str]:
    """The newest questions that fit a budget, oldest first.

    Args:
        questions: Oldest first.
        budget_tokens: As counted by `rag.answering.evidence.tokens_of`.

    >>> recent(["the first question", "the second", "the third"], 10)
    ['the second', 'the third']
    """
    kept: list[str] = []
    left = budget_tokens
    for question in reversed(questions):
        left -= tokens_of(question) + 1
        if left < 0:
            break
        kept.insert(0, question)
    return kept


def usable(text: str, question: str, history: Sequence[str], language: str) -> str | None:
    """The question a model wrote, or none where it wrote something else.

    Args:
        text: All that it wrote.
        question: What it was to rewrite.
        history: The questions it was given.
        language: The question's BCP 47 tag, or ``und``.

    >>> usable("“Who repaired the crane?”", "And who repaired it?", ["Where is the crane?"], "en")
    'Who repaired the crane?'
    >>> usable("The crane was repaired in 1987.", "And when?", ["Who repaired the crane?"], "en") is None
    True
    """
    lines = [line for line in _THOUGHTS.sub("", text).splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    line = one_line(lines[0], _LONGEST_CHARACTERS + 1).strip(_QUOTES)
    if not line or len(line) > _LONGEST_CHARACTERS or _FOREIGN.search(line):
        return None
    spoken = detect_question_language(line)
    known = (_base(spoken), _base(language))
    if all(known) and known[0] != known[1] and fold(line) != fold(question):
        return None
    said = frozenset[float]().union(
        *(figures(one, detect_question_language(one)) for one in history), figures(question, language)
    )
    return line if figures(line, spoken) <= said else None


def _base(language: str) -> str:
    base = language.split("-")[0]
    return _READ_AS.get(base, base)
