"""Texts drawn like cards: nothing comes twice before everything came once, and every slot is filled."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import ModuleType

from server.demo import texts_en, texts_es

TEXTS: dict[str, ModuleType] = {"es": texts_es, "en": texts_en}


class Decks:
    """One deck per language and name of `texts_es`."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left: dict[tuple[str, str], list[str]] = {}

    def draw(self, language: str, name: str, **slots: str) -> str:
        """The next text of a deck with its slots filled; `n`, `m` and `d` fill themselves."""
        return self.pick(language, name).format(
            n=self._rng.choice((12, 18, 24, 30, 36, 40, 48, 60, 75, 80, 96, 120)),
            m=self._rng.randint(3, 14),
            d=self._rng.choice(TEXTS[language].DAYS),
            **slots,
        )

    def pick(self, language: str, name: str) -> str:
        """The next text of a deck as it is written."""
        left = self._left.get((language, name))
        if not left:
            left = list(getattr(TEXTS[language], name))
            self._rng.shuffle(left)
            self._left[language, name] = left
        return left.pop()

    def some(self, items: Sequence[str], number: int) -> list[str]:
        """Some different ones, in their order."""
        chosen = set(self._rng.sample(range(len(items)), number))
        return [item for place, item in enumerate(items) if place in chosen]
