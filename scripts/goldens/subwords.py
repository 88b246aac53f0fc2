#!/usr/bin/env python3
"""Writes tests/golden/subwords_*.model and subwords.json: two small models that Python's sentencepiece trained, and
what it makes of some lines. Needs sentencepiece."""
import io
import json
import os
import pathlib
import random
import tempfile

import sentencepiece

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"
PEOPLE = "der Mann,die Frau,das Kind,ein Bäcker,meine Tante,the baker,a child,the old man,my aunt".split(",")
VERBS = "kauft,verkauft,zählt,sucht auf,findet,buys,sells,is counting,looked for,finds".split(",")
THINGS = "drei Äpfel,zwei Straßen,einhunderteinunddreißig Bücher,viele Häuser,three apples,two houses,the books".split(",")
RULES = "FF01\t21\nBD\t31 2F 32\nFB01\t66 69\n1F9\t6E 6A\nA0\t20\n3000\t20\n"  # a small normaliser, not a whole NFKC
LINES = ["der Mann kauft drei Äpfel.", "The baker sells 131 books, ½ price！", "", " ", "  two   spaces  ", "ﬁnden Größe",
         "unknown 日本語 🙂 signs", "a\u00a0b\u3000c", "einhunderteinunddreißig", "▁ the space mark", "<s> </s> <unk> <pad>",
         "x" * 200, "tab\tand\u200bzero width", "<name> meets <na me>"]


def corpus():
    rng = random.Random(7)
    return [f"{rng.choice(PEOPLE)} {rng.choice(VERBS)} {rng.choice(THINGS)}{rng.choice('.!?')} {rng.randint(0, 999)}"
            for _ in range(2000)]


def train(model_type, rules, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, model_type=model_type, pad_id=0, unk_id=1, bos_id=2, eos_id=3,
        character_coverage=1.0, minloglevel=2, num_threads=1, normalization_rule_tsv=rules, **options)
    return model.getvalue()


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the model remembers the file's name
        pathlib.Path("rules.tsv").write_text(RULES)
        models = {"bpe": train("bpe", "rules.tsv", vocab_size=300, user_defined_symbols=["<name>"]),
                  "unigram": train("unigram", "rules.tsv", vocab_size=420, byte_fallback=True)}
        os.chdir("/")
    golden = {"sentencepiece": sentencepiece.__version__, "models": {}}
    for name, model in models.items():
        (GOLDEN / f"subwords_{name}.model").write_bytes(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        ids = [processor.encode(line) for line in LINES]
        golden["models"][name] = [{"line": line, "ids": i, "text": processor.decode(i)} for line, i in zip(LINES, ids)]
    (GOLDEN / "subwords.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
