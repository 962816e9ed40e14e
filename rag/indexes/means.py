"""The language means that an index's vectors are shifted by, learnt from the catalogue and kept beside them."""

import json
from collections.abc import Mapping
from pathlib import Path

from rag.catalogue import Catalogue
from rag.embedding.neutrality import LanguageMeans, Neutrality, learn_means, own_weight, read_means, save_means

_MEANS = "language_means.npz"
_LEARNT = "learnt.json"
# A language's own mean gains this much weight at about 20, 60 and 180 articles, and then never again.
_OUTGROWN = 0.2


class LearntMeans:
    """The means of one index.

    Attributes:
        prior: What they are shrunk towards; none: vectors are not shifted.
        neutrality: The shifts they make.
    """

    def __init__(self, directory: Path, prior: LanguageMeans | None) -> None:
        self._directory = directory
        self.prior = prior
        self.neutrality = Neutrality(None)
        self._learnt: dict[str, int] = {}

    @property
    def version(self) -> str:
        """Changes with the prior and with what was learnt."""
        return f"{self.prior.version if self.prior else ''}:{self.neutrality.version}"

    def learn(self, catalogue: Catalogue) -> None:
        """Learn the means of the catalogue as it is now and write them down."""
        self.neutrality, self._learnt = Neutrality(None), {}
        if self.prior is None:
            return
        found = catalogue.means()
        means = learn_means(self.prior, found)
        self._learnt = {language: mean.articles for language, mean in found.items()}
        save_means(self._directory / _MEANS, means, self.prior.version)
        (self._directory / _LEARNT).write_text(json.dumps(self._learnt), "utf-8")
        # What is read back is rounded to float16, and questions must be shifted by the same numbers after a restart.
        self.load()

    def load(self) -> bool:
        """Read the means the index was built with; whether they are there."""
        if self.prior is None:
            return True
        try:
            means = read_means(self._directory / _MEANS, self.prior.version)
            self._learnt = json.loads((self._directory / _LEARNT).read_text("utf-8"))
        except (OSError, ValueError, KeyError):
            return False
        self.neutrality = Neutrality(means)
        return means is not None

    def outgrown(self, articles: Mapping[str, int]) -> bool:
        """Whether the collection now says more, or less, of some language than when the means were learnt.

        Args:
            articles: How many the catalogue has of each language.
        """
        return self.prior is not None and any(
            abs(own_weight(articles.get(language, 0)) - own_weight(self._learnt.get(language, 0))) > _OUTGROWN
            for language in {*articles, *self._learnt}
        )
