"""Seeded hypothesis and reference lines that are hard on BLEU and chrF: every Unicode space, entities, numbers with
points and hyphens, symbols in runs, empty lines, scripts of all kinds."""
import random

SPACES = [chr(c) for c in (0x09, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
                           0x2028, 0x2029, 0x202F, 0x205F, 0x3000)]
NOT_SPACES = ["\u200b", "\u200d", "\u2060", "\u180e", "\u200e"]  # look like spaces, are none to Python
WORDS = ("the a dog cat bit man saw Ein Mann fährt auf der Straße über größere Häuser und einhunderteinunddreißig "
         "naïve cafe\u0301 日本語 中文 한국어 привет שלום 🙂 👨‍👩‍👧 x y z").split()
PIECES = ["&quot;", "&amp;", "&lt;", "&gt;", "&amp;quot;", "&apos;", "<skipped>", "-", "--", "...", ".", ",", "..", ",.",
          "3.14", "1,000", "10-12", "2-", "-5", "a.b", "5.", ".5", "9,a", "a,9", "it's", "(x)", "[y]", "{z}", "a/b", "50%",
          "#1", "$2", "e@mail", "`", "~", "^", "_", "|", "\\", "\"", "!", "?", ";", ":", "«q»", "„r“", "–", "—", "…", "\x7f",
          "\x01"]


def space(rng):
    return " " if rng.random() < 0.8 else rng.choice(SPACES) * rng.choice((1, 1, 2))


def token(rng):
    kind = rng.random()
    if kind < 0.7:
        return rng.choice(WORDS)
    if kind < 0.95:
        return rng.choice(PIECES)
    return "".join(rng.choice(NOT_SPACES + WORDS + PIECES) for _ in range(rng.randint(1, 4)))


def reference(rng, most):
    if rng.random() < 0.04:
        return rng.choice(["", " ", "\u3000", "\t\u2028"])
    tokens = [token(rng) for _ in range(rng.randint(1, most))]
    return "".join(t + (space(rng) if rng.random() < 0.85 else "") for t in tokens)


def changed(rng, line):
    """A line that shares most n-grams with the given one."""
    characters = list(line)
    for _ in range(rng.choice((0, 1, 1, 2, 4, 8))):
        at = rng.randint(0, len(characters))
        kind = rng.random()
        if kind < 0.35:
            characters[at:at + 1] = []
        elif kind < 0.7:
            characters.insert(at, token(rng))
        elif kind < 0.85:
            characters.insert(at, space(rng))
        else:
            characters[at:at + rng.randint(1, 12)] = [" ", token(rng), " "]
    return "".join(characters)


def pairs(count, references, seed, most=24):
    """(hypotheses, one list of lines a reference)"""
    rng = random.Random(seed)
    hypotheses, columns = [], [[] for _ in range(references)]
    for _ in range(count):
        first = reference(rng, most)
        for i, column in enumerate(columns):
            column.append(first if i == 0 else reference(rng, most) if rng.random() < 0.2 else changed(rng, first))
        kind = rng.random()
        hypotheses.append("" if kind < 0.03 else first if kind < 0.08 else reference(rng, most) if kind < 0.13
                          else changed(rng, first))
    return hypotheses, columns
