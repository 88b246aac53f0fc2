#!/usr/bin/env python3
"""Writes tests/golden/byte_bpe*: vocabularies that the `tokenizers` package trained, as tokenizer.json and as GPT-2's two
files, what it makes of hard lines with and without a space in front, and of special symbols in text that are to stay text,
and the merges it learns from the first lines of data/numbers. Needs tokenizers, and a Python with Unicode 14 (3.11)."""
import json
import pathlib

import tokenizers
from byte_bpe_lines import lines, trained

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
ADDED = ["<name>", "New York", "<name>s", "日本"]
SPELLED = ["was <s>44 dollars</s> now", "<s>", "a<pad></s>", "<name></s><name>s", "<|endoftext|>", "one<|endoftext|>two",
           "<s ></ s>", "<unk> <unk>"]


def numbers(count):
    return [line for side in ("en", "de")
            for line in (ROOT / "data" / "numbers" / f"train.{side}").read_text().splitlines()[:count]]


def encoded(tokenizer, texts):
    """Ids of each line, and the text they give where it is not the line."""
    ids = [tokenizer.encode(text).ids for text in texts]
    back = [tokenizer.decode(i) for i in ids]
    return [{"ids": i} if b == text else {"ids": i, "text": b} for text, i, b in zip(texts, ids, back)]


def as_text(tokenizer):
    """What the lines are where special symbols in text are text."""
    tokenizer.encode_special_tokens = True
    return encoded(tokenizer, SPELLED)


def main():
    hard = lines(30000, 1)[:200] + ["", " ", "<name>s in New York", "<name><|endoftext|> <names", "日本<|endoftext|>"]
    plain = trained(numbers(200) + lines(12000, 2)[:300] * 2, 700, ["<|endoftext|>"])
    plain.save(str(GOLDEN / "byte_bpe_tokenizer.json"), pretty=False)
    plain.model.save(str(GOLDEN), "byte_bpe")  # -vocab.json, -merges.txt
    prefixed = trained(numbers(200), 400, ["<pad>", "<unk>", "<s>", "</s>"], prefix_space=True)
    prefixed.add_tokens(ADDED)
    prefixed.save(str(GOLDEN / "byte_bpe_prefixed.json"), pretty=False)
    learnt = json.loads(trained(numbers(300), 900, ["<pad>", "<unk>", "<s>", "</s>"]).to_str())["model"]
    golden = {"tokenizers": tokenizers.__version__, "lines": hard, "plain": encoded(plain, hard),
              "prefixed": encoded(prefixed, hard), "merges": [" ".join(merge) for merge in learnt["merges"]],
              "spelled": SPELLED, "plain_as_text": as_text(plain), "prefixed_as_text": as_text(prefixed)}
    (GOLDEN / "byte_bpe.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
