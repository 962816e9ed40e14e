from rag.answering.said_by import Heard, Reported, heard_in, misattributed, reported_in

ARTICLE = (
    "The roads department said the bridge would cost 90 million. The traders' union said boats had carried 1,200 people. "
    "France said that Chad had asked for the meeting."
)
REPORTED = reported_in(ARTICLE, "en")


def alike_to(holder: str) -> dict[str, float]:
    """Cosines that an embedding model could give: near to the same holder, far from the others."""
    return {one.holder: 0.95 if one.holder.split()[-1] == holder.split()[-1] else 0.6 for one in REPORTED}


def judged(sentence: str, spoken: tuple[Reported, ...] = REPORTED) -> bool:
    (claim,) = heard_in(sentence, "en")
    return misattributed(
        claim, spoken, [0.9] * len(spoken), alike_to(claim.holder).__getitem__, named=-1.0, here=False
    )  # fmt: skip


def test_an_article_says_who_reports_which_numbers_and_countries() -> None:
    assert [(one.holder, set(one.facts)) for one in REPORTED] == [
        ("The roads department", {"9e+07"}),
        ("The traders' union", {"1200"}),
        ("France", {"TD"}),
    ]


def test_a_number_of_one_holder_is_not_anothers() -> None:
    assert not judged("The traders' union said that 1,200 people had taken boats.")
    assert judged("The roads department said that 1,200 people had taken boats.")


def test_a_holder_is_not_given_a_country_that_it_does_not_name() -> None:
    assert not judged("France said that Chad had asked.")
    assert judged("France said that Niger had asked.")


def test_who_is_named_and_silent_has_not_said_what_another_says() -> None:
    claim = Heard("The mayor of Dunlow", frozenset({"tnl"}), frozenset())
    silent = {"named": -1.0, "here": True}
    assert misattributed(claim, REPORTED[:1], [0.9], lambda _: 0.6, **silent)
    assert not misattributed(claim, REPORTED[:1], [0.9], lambda _: 0.6, named=0.95, here=True)
