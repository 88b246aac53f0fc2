"""Seeded hypothesis and reference lines that are hard on BLEU and chrF: every Unicode space, entities, numbers with
points and hyphens, symbols in runs, empty lines, scripts of all kinds. And lines of any characters, and for TER long
rows of words that changed places."""
import random
import sys
import unicodedata

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


def reference(rng, most, token=token):
    if rng.random() < 0.04:
        return rng.choice(["", " ", "\u3000", "\t\u2028"])
    tokens = [token(rng) for _ in range(rng.randint(1, most))]
    return "".join(t + (space(rng) if rng.random() < 0.85 else "") for t in tokens)


def changed(rng, line, token=token):
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


def assigned():
    """Code points that Unicode 14 knows, by the first letter of their category; no surrogates, no line feed."""
    if not unicodedata.unidata_version.startswith("14."):
        raise SystemExit(f"needs a Python with Unicode 14 (3.11), this one has {unicodedata.unidata_version}")
    kinds = {}
    for c in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(c)
        if category not in ("Cn", "Cs") and c not in "\n\ufeff":  # a first line may begin with a byte order mark
            kinds.setdefault("cased" if category in ("Lu", "Lt") else category[0], []).append(c)
    return kinds


SIGMAS = "ΣσςaAΑ.:'’\u00ad\u0301ʰ \u1e9eİıǅ"  # what decides on a final sigma, and letters that change their length


def wide_tokens():
    """A maker of tokens of any assigned code points."""
    kinds = assigned()
    names = [name for name in ("cased", "L", "P", "S", "N", "M", "Z", "C") for _ in range(2 if name in "cased L P S N" else 1)]

    def make(rng):
        if rng.random() < 0.1:
            return "".join(rng.choice(SIGMAS) for _ in range(rng.randint(1, 6)))
        if rng.random() < 0.2:
            return token(rng)
        return "".join(rng.choice(kinds[rng.choice(names)]) for _ in range(rng.choice((1, 1, 2, 3, 6))))
    return make


def shuffled(rng, longest=130):
    """(hypothesis, reference) of few different words whose stretches have changed places: work for TER's shifts."""
    words = [f"w{i}" for i in range(rng.choice((2, 5, 20, 200)))]
    row = [rng.choice(words) for _ in range(rng.choice((3, 10, 30, longest)))]
    other = list(row)
    for _ in range(rng.choice((0, 1, 2, 4, 8))):
        first, last = sorted(rng.randint(0, len(other)) for _ in range(2))
        stretch = other[first:min(last, first + 12)]
        del other[first:first + len(stretch)]
        at = rng.randint(0, len(other))
        other[at:at] = stretch
        if rng.random() < 0.5 and other:
            other[rng.randrange(len(other))] = rng.choice(words)
    if rng.random() < 0.2:  # very different lengths
        other = other[:rng.choice((1, 2, 5))] if rng.random() < 0.5 else other * rng.choice((2, 4))
    return (" ".join(other), " ".join(row)) if rng.random() < 0.5 else (" ".join(row), " ".join(other))


def pairs(count, references, seed, most=24, token=token):
    """(hypotheses, one list of lines a reference)"""
    rng = random.Random(seed)
    hypotheses, columns = [], [[] for _ in range(references)]
    for _ in range(count):
        first = reference(rng, most, token)
        for i, column in enumerate(columns):
            column.append(first if i == 0 else reference(rng, most, token) if rng.random() < 0.2
                          else changed(rng, first, token))
        kind = rng.random()
        hypotheses.append("" if kind < 0.03 else first if kind < 0.08 else reference(rng, most, token) if kind < 0.13
                          else changed(rng, first, token))
    return hypotheses, columns


def shuffled_pairs(count, references, seed, longest=130):
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        hypothesis, first = shuffled(rng, longest)
        rows.append([hypothesis, first] + [rng.choice((first, shuffled(rng, longest)[1])) for _ in range(references - 1)])
    hypotheses, *columns = map(list, zip(*rows))
    return hypotheses, columns


def all_pairs(count, references, seed):
    """Half hard lines, half lines of any characters, and a few of long rows of words."""
    parts = [pairs(count // 2, references, seed), pairs(count // 2 - count // 40, references, seed, token=wide_tokens()),
             shuffled_pairs(count // 40, references, seed)]
    return sum((h for h, _ in parts), []), [sum((columns[i] for _, columns in parts), []) for i in range(references)]
