#!/usr/bin/env python3
"""Writes tests/golden/metrics.json: hard lines with sacreBLEU's scores, Python's lower case, numpy's draws and
sacreBLEU's paired bootstrap. Needs sacrebleu 2.6, numpy 2 and a Python with Unicode 14 (3.11)."""
import json
import pathlib
import random

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest, estimate_ci

from metric_pairs import SIGMAS, assigned, pairs, shuffled_pairs, wide_tokens

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "metrics.json"
TOKENIZERS = ("13a", "none", "intl", "char", "zh")


def metrics(lowercase=False, sentence=False):
    """Every metric by the name the tests use."""
    made = {f"bleu {t}": BLEU(tokenize=t, lowercase=lowercase, effective_order=sentence, force=True) for t in TOKENIZERS}
    made |= {"chrf": CHRF(lowercase=lowercase), "chrf++": CHRF(lowercase=lowercase, word_order=2)}
    return made | ({} if lowercase else {"ter": TER()})


def numbers(score):
    if score.name == "BLEU":
        return [score.score, score.bp, score.sys_len, score.ref_len, *score.precisions]
    return [score.score, score.num_edits, score.ref_length] if score.name == "TER" else [score.score]


def case(hypotheses, references):
    scores = {name: numbers(metric.corpus_score(hypotheses, references)) for name, metric in metrics().items()}
    lower = {name: numbers(metric.corpus_score(hypotheses, references)) for name, metric in metrics(lowercase=True).items()}
    sentence = {}
    if len(hypotheses) == 1:
        columns = [column[0] for column in references]
        sentence = {name: metric.sentence_score(hypotheses[0], columns).score
                    for name, metric in metrics(sentence=True).items()}
    return {"hypotheses": hypotheses, "references": references, "scores": scores, "lowercase": lower, "sentence": sentence}


def cases():
    token = wide_tokens()
    for references in (1, 2, 3):
        corpora = [pairs(40, references, references, most=10), pairs(30, references, references, most=6, token=token),
                   shuffled_pairs(20, references, references, longest=80)]
        for hypotheses, columns in corpora:
            yield case(hypotheses, columns)
            yield from (case([h], [[c[i]] for c in columns]) for i, h in enumerate(hypotheses))


def lower_cases():
    """Lines with their lower case: every letter that has another one, and sigmas in all company."""
    letters = [c for c in "".join(sum(assigned().values(), [])) if c.lower() != c]
    lines = ["".join(letters[i:i + 64]) for i in range(0, len(letters), 64)]
    rng = random.Random(1)
    lines += ["".join(rng.choice(SIGMAS) for _ in range(12)) for _ in range(200)]
    return [[line, line.lower()] for line in lines]


def draws():
    return [{"bound": n, "draws": numpy.random.default_rng(12345).choice(n, size=60, replace=True).tolist()}
            for n in (1, 2, 3, 7, 1000, 2**31 + 1, 3 * 2**30)]


def exact_bootstrap(metric, hypotheses, references):
    """The same resamples with sums in fp64, and each one's score."""
    statistics = numpy.array(metric._extract_corpus_statistics(hypotheses, references), dtype=numpy.float64)
    drawn = numpy.random.default_rng(12345).choice(len(hypotheses), size=(1000, len(hypotheses)), replace=True)
    scores = [metric._compute_score_from_stats([float(x) for x in statistics[row].sum(0)]).score for row in drawn]
    mean, ci = estimate_ci(numpy.array(scores))
    return {"mean": float(mean), "ci": float(ci)}


def paired(seed, references):
    hypotheses, columns = pairs(40, references, seed, most=10)
    baseline, _ = pairs(40, references, seed + (seed % 2), most=10)
    baseline = [b if i % 3 else h for i, (h, b) in enumerate(zip(hypotheses, [c + " x" for c in columns[0]]))] \
        if seed % 2 else [h + " und" for h in hypotheses]
    named = {"bleu 13a": BLEU(), "chrf": CHRF(), "chrf++": CHRF(word_order=2), "ter": TER()}
    tests = {}
    for name, metric in named.items():
        signatures, scores = PairedTest([("baseline", baseline), ("system", hypotheses)], {name: metric}, columns, "bs")()
        (title, signature), = signatures.items()
        first, second = scores[title]
        tests[name] = {"signature": str(signature), "p_value": second.p_value,
                       "system": {"score": second.score, "mean": float(second.mean), "ci": float(second.ci)},
                       "baseline": {"score": first.score, "mean": float(first.mean), "ci": float(first.ci)},
                       "exact": {"system": exact_bootstrap(metric, hypotheses, columns),
                                 "baseline": exact_bootstrap(metric, baseline, columns)}}
    return {"hypotheses": hypotheses, "baseline": baseline, "references": columns, "tests": tests}


def signatures():
    found = {}
    for lowercase in (False, True):
        for sentence in (False, True):
            for name, metric in metrics(lowercase, sentence).items():
                metric.corpus_score(["a"], [["a"], ["b"]])
                found[f"{name}{' lowercase' * lowercase}{' sentence' * sentence}"] = str(metric.get_signature())
    return found


def main():
    golden = {"sacrebleu": sacrebleu.__version__, "numpy": numpy.__version__, "lower": lower_cases(), "draws": draws(),
              "signatures": signatures(), "paired": [paired(1, 1), paired(2, 2), paired(3, 3)], "cases": list(cases())}
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")).replace('{"hyp', '\n{"hyp') + "\n")


if __name__ == "__main__":
    main()
