"""A question of a conversation made to stand alone, and what the reader wants of its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.followups import asked_language, follow_up
from rag.language import detect_question_language, fold
from rag.schema import Exchange


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered.

    Attributes:
        question: Stands alone; what is searched with.
        language: Of the answer, a BCP 47 tag or ``und``.
        spoken: Of ``question``.
        leans_on: The earlier question that the rules read it with; none where they did not.
        own_words: Whether it has words of its own beside what it leans on, which a chat model may read better.
        other_side: Whether the side that the reader has had is to be left out.
        shown: Holders of the last answer before it that quoted any, in its order.
        wished: Whether the reader named the language of the answer.
        timed: The part of ``question`` whose time counts, where not all of it does: in "and in 2021?" after a question
            with "now", only what was typed.
    """

    question: str
    language: str
    spoken: str
    leans_on: str | None = None
    own_words: bool = True
    other_side: bool = False
    shown: tuple[str, ...] = ()
    wished: bool = False
    timed: str | None = None

    def rewritten(self, question: str | None) -> "Asked":
        """The same with a stand-alone question that a chat model wrote; unchanged where it wrote none, or this one."""
        if question is None or fold(question) == fold(self.question):
            return self
        return replace(self, question=question, spoken=detect_question_language(question), leans_on=None, timed=None)


def stand_alone_question(question: str, language: str, earlier: Sequence[Exchange]) -> Asked:
    """Read a question by the rules.

    Args:
        question: As typed.
        language: Its BCP 47 tag, or ``und``.
        earlier: What came before it, oldest first, without greetings and thanks.
    """
    # A model's stand-alone question is the better one to lean on.
    questions = [one.stands_for or one.question for one in earlier]
    read = follow_up(question, questions, language)
    if read is None:
        return Asked(question, language, language)
    wanted = asked_language(question)
    if read.again:
        # What was shown for the question itself is what is wanted again.
        earlier = earlier[: len(questions) - 1 - questions[::-1].index(read.leans_on)]
    return Asked(
        read.text,
        wanted or language,
        detect_question_language(read.text),
        leans_on=read.leans_on,
        own_words=question in read.text,
        other_side=read.other_side,
        shown=next((one.holders for one in reversed(earlier) if one.holders), ()),
        wished=wanted is not None,
        timed=question if question in read.text and any(map(str.isdecimal, question)) else None,
    )
