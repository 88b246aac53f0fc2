"""What is attacked: small models, runs with checkpoints and caches, tokenizers and text, all made by attend itself.

They are the same each time, so that a mutant is, too: times in them are set to a fixed one.
"""
import gzip
import json
import os
import pathlib
import re
import struct
import subprocess

from . import seal

ROOT = pathlib.Path(__file__).resolve().parents[2]
THEN = 1_700_000_000  # seconds: when every file was written
WALL = re.compile(r'("wall_\w*": ?)[0-9.e+-]+')
RUNTIME = {"device": "cpu", "precision": "fp32", "threads": 1}

TRANSLATION = {
    "version": 1, "output": "run", "runtime": RUNTIME,
    "data": {"train": {"source": "train.en", "target": "train.de", "pair_weights": "train.weights"},
             "validation": {"source": "validation.en", "target": "validation.de"},
             "tokenizer": {"algorithm": "unigram", "vocab_size": 90, "normalization": "identity"}},
    "model": {"d_model": 8, "num_heads": 2, "d_ff": 8, "encoder_layers": 1, "decoder_layers": 1},
    "training": {"max_steps": 4, "validate_every": 2, "save_every": 2, "ema": {"decay": 0.9}, "log_every": 1},
    "decoding": {"beam_size": 2, "max_length": 8}}
LANGUAGE = {
    "version": 1, "task": "language_model", "output": "run", "runtime": RUNTIME,
    "data": {"train": {"text": "train.txt", "documents": "blank_line"},
             "validation": {"text": "validation.txt", "documents": "blank_line"},
             "tokenizer": {"type": "char", "vocab_size": 60}, "block_size": 16, "sampling": "sequential",
             "batch": {"size": 4, "unit": "sequences"}},
    "model": {"architecture": "decoder", "d_model": 8, "num_heads": 2, "d_ff": 8, "decoder_layers": 1, "memory_length": 8,
              "position": {"type": "relative_xl"}},
    "training": {"max_steps": 4, "validate_every": 2, "save_every": 2},
    "generation": {"max_new_tokens": 8}}


def with_data(config, **data):
    """The config with other values of `data`; None takes a key away."""
    merged = {**config["data"], **data}
    return json.dumps({**config, "data": {key: value for key, value in merged.items() if value is not None}})


def sentences(part, language, count):
    return (ROOT / "data/numbers" / f"{part}.{language}").read_text(encoding="utf-8").splitlines()[:count]


def write(directory, name, text):
    (directory / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(directory / name, (THEN, THEN))


def write_lines(directory, name, lines):
    write(directory, name, "".join(f"{line}\n" for line in lines))


def without_times(run):
    """Fields that tell the time are set, and the names of event files, which hold it, are left out."""
    for path in run.glob("events.out.*"):
        path.unlink()
    for path in [*run.glob("checkpoints/*/state.json"), run / "metrics.jsonl"]:
        path.write_text(WALL.sub(r"\g<1>1.0", path.read_text()))
    for directory in run.glob("checkpoints/*"):
        seal.seal(directory)


class Maker:
    def __init__(self, binary, top):
        self.binary, self.top = str(pathlib.Path(binary).resolve()), pathlib.Path(top)

    def attend(self, directory, *arguments):
        result = subprocess.run([self.binary, *arguments], cwd=directory, capture_output=True)
        if result.returncode != 0:
            raise SystemExit(f"check_attack: attend {' '.join(arguments)} ended with {result.returncode}:\n"
                             + result.stderr.decode())
        return result.stdout

    def directory(self, name):
        directory = self.top / name
        (directory / "tmp").mkdir(parents=True)
        (directory / "elsewhere").mkdir()
        write(directory, "elsewhere/letter.txt", "mine\n")
        write(directory, "elsewhere/letter.tmp-5", "mine\n")
        return directory

    def train(self, directory, config, name="config.yaml"):
        write(directory, name, json.dumps(config))
        self.attend(directory, "train", name)
        without_times(directory / config["output"])
        seal.check(directory / config["output"] / "final")  # our hashes are the program's

    def translation(self):
        directory = self.directory("translation")
        for part, count in (("train", 60), ("validation", 8)):
            for language in ("en", "de"):
                write_lines(directory, f"{part}.{language}", sentences(part, language, count))
        weights = [1, 0.5, 2, 1] * 15
        write_lines(directory, "train.weights", weights)
        pairs = list(zip(sentences("train", "en", 40), sentences("train", "de", 40), weights))
        write_lines(directory, "train.tsv", [f"{source}\t{target}" for source, target, _ in pairs])
        write_lines(directory, "weights.tsv", [f"{source}\t{target}\t{weight}" for source, target, weight in pairs])
        write(directory, "train.en.gz", gzip.compress((directory / "train.en").read_bytes(), mtime=0))
        write_lines(directory, "few.en", sentences("validation", "en", 3))
        write_lines(directory, "few.de", sentences("validation", "de", 3))
        write_lines(directory, "constraints.txt", ["ei\tn", "", "o"])
        write_lines(directory, "dictionary.txt", ["people\tLeute", "two\tzwei"])
        for name, corpus in (("tsv.yaml", {"tsv": "train.tsv"}),
                             ("weights.yaml", {"tsv": "weights.tsv", "pair_weights": "column"}),
                             ("gzip.yaml", {"source": "train.en.gz", "target": "train.de"})):
            write(directory, name, with_data(TRANSLATION, train=corpus, tokenizer={"model": "run/final/tokenizer.model"}))
        self.train(directory, TRANSLATION)
        for form in ("nbest", "jsonl"):
            self.attend(directory, "translate", "run", "--input", "few.en", "--nbest", "2", "--format", form,
                        "--output", f"few.{form}")
        write(directory, "printed.yaml", (directory / "run/config.yaml").read_bytes())

    def language(self):
        directory = self.directory("language")
        for part, count in (("train", 60), ("validation", 12)):
            lines = sentences(part, "en", count)
            write(directory, f"{part}.txt", "\n".join("\n".join(lines[i:i + 3]) + "\n" for i in range(0, count, 3)))
            documents = [{"id": i, "text": line, "tags": [{"a": 1}]} for i, line in enumerate(lines)]
            write_lines(directory, f"{part}.jsonl", map(json.dumps, documents))
        write_lines(directory, "prompts.txt", ["One", "", "the two p"])
        write_lines(directory, "ids.txt", ["5 6 7 8", "", "9 4 4"])
        write_lines(directory, "prompts.jsonl", ['{"prompt": "One\\ntwo"}', '{"token_ids": [5, 6, 7]}', '{"prompt": ""}'])
        write(directory, "json-lines.yaml", with_data(LANGUAGE, train={"text": "train.jsonl", "field": "text"}))
        self.train(directory, LANGUAGE)

    def ids(self):
        """The same ids raw and behind llm.c's header: 256 numbers, the first three the magic one, the version and the count."""
        directory = self.directory("ids")
        numbers = [(7 * i + i * i // 5) % 50 for i in range(600)]
        body = struct.pack(f"<{len(numbers)}H", *numbers)
        write(directory, "raw.bin", body)
        write(directory, "llmc.bin", struct.pack("<256i", 20240520, 1, len(numbers), *[0] * 253) + body)
        for name, file in (("config.yaml", "raw.bin"), ("llmc.yaml", "llmc.bin")):
            stream = {"tokens": {"file": file, "vocab_size": 50, "type": "uint16", "eos": 0}}
            write(directory, name, with_data(LANGUAGE, train=stream, validation=stream, tokenizer=None))

    def tokenizers(self):
        directory = self.directory("tokenizers")
        write_lines(directory, "text.txt", sentences("train", "de", 60))
        write_lines(directory, "few.txt", ["Drei Leute.", "", "x \u6f22 ABC 12", "<s> ein <tag> \ufb01"])
        write_lines(directory, "ids.txt", ["5 6 7 8", "", "9 4 4"])
        for name, options in (("bpe.model", ["--vocab-size", "90", "--user-symbol", "<tag>"]),
                              ("unigram.model", ["--algorithm", "unigram", "--vocab-size", "340", "--byte-fallback"]),
                              ("tokenizer.json", ["--type", "bpe", "--vocab-size", "300", "--user-symbol", "<tag>"]),
                              ("char.json", ["--type", "char", "--vocab-size", "60"]), ("byte.json", ["--type", "byte"])):
            self.attend(directory, "tokenizer", "train", "--input", "text.txt", "--output", name, *options)
        model = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))["model"]
        write(directory, "vocab.json", json.dumps(model["vocab"], ensure_ascii=False))
        write_lines(directory, "merges.txt", ["#version: 0.2", *model["merges"]])
        write(directory, "config.yaml", with_data(LANGUAGE, train={"text": "text.txt"}, validation={"text": "few.txt"},
                                                  tokenizer={"vocab": "vocab.json", "merges": "merges.txt"}))

    def all(self):
        for make in (self.translation, self.language, self.ids, self.tokenizers):
            make()
        return json.loads(self.attend(self.top, "config", "schema"))
