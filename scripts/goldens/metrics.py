#!/usr/bin/env python3
"""Writes tests/golden/metrics.json: hard lines with sacreBLEU's scores. Needs sacrebleu 2.6."""
import json
import pathlib

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

from metric_pairs import pairs

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "metrics.json"


def numbers(score):
    return {"score": score.score, "precisions": score.precisions, "bp": score.bp, "sys_len": score.sys_len,
            "ref_len": score.ref_len}


def scores(hypotheses, references, sentence):
    result = {"bleu": numbers(BLEU().corpus_score(hypotheses, references)),
              "bleu_none": numbers(BLEU(tokenize="none", force=True).corpus_score(hypotheses, references)),
              "chrf": CHRF().corpus_score(hypotheses, references).score}
    if sentence:
        effective = BLEU(effective_order=True)
        result["bleu_effective"] = effective.sentence_score(hypotheses[0], [r[0] for r in references]).score
    return result


def case(hypotheses, references):
    return {"hypotheses": hypotheses, "references": references,
            "scores": scores(hypotheses, references, len(hypotheses) == 1)}


def main():
    cases = []
    for references in (1, 2, 3):
        hypotheses, columns = pairs(100, references, seed=references, most=10)
        cases.append(case(hypotheses, columns))
        cases += [case([h], [[c[i]] for c in columns]) for i, h in enumerate(hypotheses)]
    golden = {"sacrebleu": sacrebleu.__version__, "cases": cases}
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")).replace('{"hyp', '\n{"hyp') + "\n")


if __name__ == "__main__":
    main()
