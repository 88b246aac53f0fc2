#!/usr/bin/env python3
"""Writes tests/golden/subword_sampling.json: how often Python's sentencepiece draws which segmentation (nbest_size -1) of
some lines with the model subwords_unigram.model. Needs sentencepiece; its generator has no seed of ours, so the counts
differ from run to run."""
import collections
import json
import pathlib

import sentencepiece

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"
LINES = ["kauft", "der Bäcker zählt", "einhunderteinunddreißig"]
ALPHAS = [0.05, 0.1, 0.3, 1.0]
DRAWS = 20000


def main():
    processor = sentencepiece.SentencePieceProcessor(model_file=str(GOLDEN / "subwords_unigram.model"))
    golden = {"sentencepiece": sentencepiece.__version__, "draws": DRAWS, "lines": []}
    for line in LINES:
        for alpha in ALPHAS:
            counts = collections.Counter(
                tuple(processor.encode(line, enable_sampling=True, alpha=alpha, nbest_size=-1)) for _ in range(DRAWS))
            rows = [{"ids": list(ids), "count": count} for ids, count in counts.most_common(40)]
            golden["lines"].append({"line": line, "alpha": alpha, "segmentations": rows})
    (GOLDEN / "subword_sampling.json").write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
