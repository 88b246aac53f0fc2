"""Bilingual phrases: two lists of words, and links that say which words mean the same.

A word carries link labels; words on the two sides that share a label are aligned. Labels are objects without
order or value, so joining phrases never needs renaming.
"""
import random
from typing import NamedTuple


class Word(NamedTuple):
    text: str
    links: tuple = ()


class Phrase(NamedTuple):
    en: list
    de: list


class Link:
    """One meaning shared by words of both sides."""


def words(text, *links):
    return [Word(word, links) for word in text.split()]


def phrase(en, de):
    """phrase("at=1 the=2 market=3", "auf=1 dem=2 Markt=3"): words with the same label are aligned, others to none."""
    labels = {}

    def side(text):
        result = []
        for word in text.split():
            form, _, marks = word.partition("=")
            result.append(Word(form, tuple(labels.setdefault(mark, Link()) for mark in marks.split(",") if mark)))
        return result

    return Phrase(side(en), side(de))


def join(*phrases):
    return Phrase([w for p in phrases for w in p.en], [w for p in phrases for w in p.de])


def attach(side, mark):
    """Punctuation belongs to the word before it."""
    return side[:-1] + [Word(side[-1].text + mark, side[-1].links)]


def capitalised(side):
    first = side[0].text
    return [Word(first[0].upper() + first[1:], side[0].links)] + side[1:]


def text(side):
    return " ".join(word.text for word in side)


def pharaoh(pair):
    """Alignment as "i-j i-j ...", sorted; i counts English words, j German words, both from 0."""
    return " ".join(f"{i}-{j}" for i, e in enumerate(pair.en) for j, d in enumerate(pair.de)
                    if any(link in d.links for link in e.links))


class Draw:
    """All random choices of one sentence. Remembers how many slots were filled and which numbers occur.

    Only random() is used: Python promises the same sequence for a seed in every version.
    """

    def __init__(self, seed):
        self._random = random.Random(seed)
        self.start()

    def start(self):
        self.slots, self.numbers = 0, []

    def below(self, n):
        return int(self._random.random() * n)

    def chance(self, probability):
        return self._random.random() < probability

    def choose(self, options):
        return options[self.below(len(options))]

    def slot(self, options):
        """A choice that changes the meaning independently of the others."""
        self.slots += 1
        return self.choose(options)

    def number(self, n):
        self.numbers.append(n)
        return n
