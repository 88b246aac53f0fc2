"""Whole sentences: one or two clauses and what joins them."""
from typing import NamedTuple

from .clauses import CLAUSES, STATES, TIMELESS_ACTIONS
from .numbers import clock, date
from .phrase import Phrase, attach, capitalised, phrase, pharaoh, text
from .verbs import FREE, PAST, PRESENT, name

# Subordinating: the German clause after them ends with its verb. The third entry: English writes a comma before them.
REASONS = [("because", "weil", False), ("although", "obwohl", True)]
TIMES = [("while", "während", False), ("before", "bevor", False)]  # no future after them, nor after "if"
CONDITION = ("if", "wenn", False)
REPORTS = [("says=1 that=2", "sagt,=1 dass=2"), ("knows=1 that=2", "weiß,=1 dass=2"), ("believes=1 that=2", "glaubt,=1 dass=2"),
           ("hopes=1 that=2", "hofft,=1 dass=2"), ("asks=1 whether=2", "fragt,=1 ob=2")]


class Sentence(NamedTuple):
    en: str
    de: str
    alignment: str
    clauses: tuple  # indices into CLAUSES of sentences with two clauses, else of the one
    numbers: tuple
    slots: int


def coordinated(draw, first, second):
    """A und B; A, aber B: both in main order."""
    tense = PAST if draw.chance(0.35) else FREE
    a, b = first(draw, tense), second(draw, tense)
    if draw.slot(["and", "but"]) == "and":
        link = phrase("and=1", "und=1")
        return a, b, Phrase(a.en + link.en + b.en, a.main() + link.de + b.main())
    link = phrase("but=1", "aber=1")
    return a, b, Phrase(attach(a.en, ",") + link.en + b.en, attach(a.main(), ",") + link.de + b.main())


def subordinated(draw, first, second):
    """A, weil B; or: Weil B, A, where A then begins with its verb."""
    past = draw.chance(0.35)
    times = TIMES[:1] if second in STATES else TIMES
    subordinator = draw.slot(REASONS + times + ([] if past else [CONDITION]))
    en, de, comma = subordinator
    a = first(draw, PAST if past else FREE)
    b = second(draw, PAST if past else FREE if subordinator in REASONS else PRESENT)
    link = phrase(f"{en}=1", f"{de}=1")
    if draw.chance(0.5):
        return a, b, Phrase(attach(link.en + b.en, ",") + a.en, attach(link.de + b.verb_final(), ",") + a.inverted())
    return a, b, Phrase((attach(a.en, ",") if comma else a.en) + link.en + b.en,
                        attach(a.main(), ",") + link.de + b.verb_final())


def two_clauses(draw):
    """The phrase, or None where both clauses have the same subject or middle field, and the two clause types."""
    kinds = draw.choose(CLAUSES), draw.choose(CLAUSES)
    a, b, pair = (coordinated if draw.chance(0.3) else subordinated)(draw, *kinds)
    repeats = text(a.subject) == text(b.subject) or text(a.middle) == text(b.middle)
    return (None if repeats else pair), kinds


def report(draw):
    kind = draw.choose(CLAUSES)
    who, how, what = name(draw), phrase(*draw.slot(REPORTS)), kind(draw, PAST if draw.chance(0.35) else FREE)
    if text(who.words.de) == text(what.subject):
        return None, (kind,)
    return Phrase(who.words.en + how.en + what.en, who.words.de + how.de + what.verb_final()), (kind,)


def time_first(draw):
    kind = draw.choose(TIMELESS_ACTIONS)
    when, what = (date if draw.chance(0.6) else clock)(draw), kind(draw, PAST if draw.chance(0.35) else FREE)
    return Phrase(when.en + what.en, when.de + what.inverted()), (kind,)


def repeats_relative(side):
    """her children call her children"""
    pairs = [(a.text, b.text.strip(",")) for a, b in zip(side, side[1:]) if a.text in ("my", "his", "her", "our")]
    return len(set(pairs)) < len(pairs)


def draw_sentence(draw):
    """A Sentence, or None where the draw is too long or says its subject twice."""
    draw.start()
    pattern = draw.below(10)
    pair, kinds = (two_clauses if pattern < 7 else report if pattern < 9 else time_first)(draw)
    if pair is None or draw.slots < 3 or not 7 <= len(pair.en) <= 22 or repeats_relative(pair.en):
        return None
    pair = Phrase(capitalised(attach(pair.en, ".")), capitalised(attach(pair.de, ".")))
    return Sentence(text(pair.en), text(pair.de), pharaoh(pair), tuple(sorted(CLAUSES.index(k) for k in kinds)),
                    tuple(draw.numbers), draw.slots)
