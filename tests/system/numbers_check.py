#!/usr/bin/env python3
"""Laws of data/numbers: the generator still makes these bytes, the parts are as disjoint as their names say, and the
alignments are sound. Numbers are read back from the English text by a parser of its own. Prints what fails; exit 1."""
import importlib.machinery
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA, GENERATOR = ROOT / "data/numbers", ROOT / "scripts/make_numbers"
UNITS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
         "seventeen eighteen nineteen").split()
TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10)))
ORDINALS = dict(zip("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
                    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(), range(1, 21)), thirtieth=30)
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def small(word):
    """Value of one word below a hundred, ordinals included, or None."""
    if word in UNITS:
        return UNITS.index(word)
    tens, _, unit = word.partition("-")
    if tens in TENS and unit:
        return TENS[tens] + (UNITS.index(unit) if unit in UNITS else ORDINALS[unit])
    return TENS.get(word, ORDINALS.get(word))


def numbers_in(english):
    found = [int(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]*(?<!,)", english)]
    words = re.findall(r"[a-z]+(?:-[a-z]+)?", english.lower())
    i = 0
    while i < len(words):
        if small(words[i]) is None:
            i += 1
            continue
        total, group, last = 0, 0, None
        while i < len(words):
            value = small(words[i])
            if words[i] == "hundred":
                group *= 100
            elif words[i] in ("thousand", "million"):
                total, group = total + group * (1000 if words[i] == "thousand" else 1_000_000), 0
            elif words[i] == "and" and last in ("hundred", "thousand", "million") and small(words[i + 1]) is not None:
                pass
            elif value is not None and last in (None, "hundred", "thousand", "million", "and"):
                group += value
            else:
                break
            last, i = words[i], i + 1
        found.append(total + group)
    return found


def lines(part, ending):
    text = (DATA / f"{part}.{ending}").read_text(encoding="utf-8")
    expect(text.endswith("\n"), f"{part}.{ending} ends without a newline")
    return text.splitlines()


def check_alignment(part, number, english, german, alignment):
    en, de = english.split(), german.split()
    links = [tuple(map(int, link.split("-"))) for link in alignment.split()]
    where = f"{part}:{number}"
    expect(links == sorted(set(links)), f"{where}: links are not sorted or occur twice")
    expect(all(0 <= i < len(en) and 0 <= j < len(de) for i, j in links), f"{where}: a link is out of range")
    expect({j for _, j in links} == set(range(len(de))), f"{where}: a German word has no link")
    bare = {en[i] for i in set(range(len(en))) - {i for i, _ in links}}
    expect(bare <= {"of", "for"}, f"{where}: English words without link: {bare}")


def check_same_bytes():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, GENERATOR, "--output", folder], check=True)
        for made in sorted(pathlib.Path(folder).iterdir()):
            expect(made.read_bytes() == (DATA / made.name).read_bytes(), f"{made.name} differs from what the generator makes")


def load_generator():
    loader = importlib.machinery.SourceFileLoader("make_numbers", str(GENERATOR))
    generator = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_numbers", loader))
    loader.exec_module(generator)
    return generator


def main():
    generator = load_generator()
    check_same_bytes()
    text = {part: list(zip(lines(part, "en"), lines(part, "de"))) for part in generator.SIZES}
    for part, size in generator.SIZES.items():
        alignments = lines(part, "align")
        expect(len(text[part]) == len(alignments) == size, f"{part} has not {size} lines")
        for number, ((english, german), alignment) in enumerate(zip(text[part], alignments), 1):
            check_alignment(part, number, english, german, alignment)
        held_out = [any(map(generator.held_out_number, numbers_in(english))) for english, _ in text[part]]
        expect(all(held_out) if part == "unseen_numbers" else not any(held_out), f"held-out numbers are wrong in {part}")
    english = [en for pairs in text.values() for en, _ in pairs]
    expect(len(set(english)) == len(english), "an English sentence occurs twice")

    for part, sentences in generator.make().items():
        expect(all(s.slots >= 3 for s in sentences), f"{part}: fewer than three slots")
        combinations = [generator.held_out_combination(s.clauses) for s in sentences]
        expect(all(combinations) if part == "unseen_combinations" else not any(combinations), f"clause pairs are wrong in {part}")
        for sentence in sentences:
            expect(sorted(numbers_in(sentence.en)) == sorted(sentence.numbers), f"{part}: {sentence.en}: drawn {sentence.numbers}")
    print("\n".join(failures[:20]) or "data/numbers: all laws hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
