"""Every format that attend reads: which file of which subject is changed and how, and what is run on it.

A mutant is a function of seed, format and number alone.
"""
import dataclasses
import os
import random
from typing import Callable

from . import binary, raw, seal, subjects, trees, yaml

RESUME = ["train", "config.yaml", "--set", "training.max_steps=5"]
FIRST = ["--set", "training.max_steps=1", "--set", "output=out"]  # a training from its beginning
DRY = ["--dry-run", "--set", "output=out"]


@dataclasses.dataclass
class Format:
    name: str
    subject: str
    files: dict              # the file: Callable(random, bytes) -> bytes; one of them is changed
    commands: list           # lists of arguments, taken in turn; "<FILE" is standard input, "@" the changed file
    codes: set               # exit codes that are right, 0 besides
    writes: tuple = ()       # files and directories that a run may write
    change: Callable = None  # in place of `files`: Callable(random, directory)

    def make(self, rng, directory):
        """Changes the copy of the subject. Returns what was changed, relative to it."""
        if self.change:
            return self.change(rng, directory)
        name = rng.choice(sorted(self.files))
        path = directory / name
        seal.replace(path, self.files[name](rng, path.read_bytes()))
        if (path.parent / seal.NAME).exists() and path.name != seal.NAME and rng.random() < 0.97:
            seal.seal_one(path.parent, path.name)
        return name

    def command(self, number, changed):
        """(arguments, file of standard input)"""
        words = [word.replace("@", changed) for word in self.commands[number % len(self.commands)]]
        if words[0] in ("translate", "generate", "score", "validate"):
            words += ["--threads", "1"]
        inputs = [word[1:] for word in words if word.startswith("<")]
        return [word for word in words if not word.startswith("<")], inputs[0] if inputs else None


KINDS = ["delete", "link", "link", "link to a directory", "directory", "fifo", "empty", "other", "beside"]
NAMES_BESIDE = ["ema.safetensors", "memory.safetensors", "vocab.json", "tokenizer.json", "step-00000009", "a.tmp-1", "x"]


def entries(top):
    """Puts something else in the place of a file or directory below `top`, or beside one."""
    def change(rng, directory):
        path = rng.choice(sorted((directory / top).rglob("*")))
        kind = rng.choice(KINDS)
        if kind == "beside":
            path = path.parent / rng.choice(NAMES_BESIDE)
        aside, elsewhere = directory / "aside", directory / "elsewhere"
        if path.exists():
            path.rename(aside)
        path.parent.mkdir(exist_ok=True)
        if kind == "link":
            path.symlink_to(rng.choice([aside, elsewhere / "letter.txt", directory / "nothing", "/dev/zero", path.name]))
        elif kind == "link to a directory":
            path.symlink_to(rng.choice([elsewhere, aside, directory, "."]))
        elif kind == "directory":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "empty":
            path.write_bytes(b"")
        elif kind in ("other", "beside"):
            others = [item for item in sorted((directory / top).rglob("*")) if item.is_file()]
            path.write_bytes(rng.choice(others).read_bytes())
        return str(path.relative_to(directory))
    return change


def corpus_formats():
    def of_pairs(name, mutation, config, *files):
        return Format(name, "translation", dict.fromkeys(files, mutation), [["train", config, *DRY]], {4}, ("out",))
    sides = "train.en", "train.de", "validation.de"
    of_documents = [["train", "config.yaml", *DRY], ["score", "run/final", "--text", "@"],
                    ["train", "config.yaml", *DRY, "--set", "data.train.documents=file"]]
    of_json = ["train", "json-lines.yaml", *DRY], ["score", "run/final", "--text", "@", "--field", "text"]
    of_ids = [["train", "config.yaml", *FIRST], ["train", "llmc.yaml", *FIRST], ["train", "llmc.yaml", *DRY]]
    return [
        of_pairs("corpus", raw.text, "config.yaml", *sides),
        of_pairs("gzip", binary.gzip_text, "gzip.yaml", "train.en.gz"),
        of_pairs("tsv", raw.text, "tsv.yaml", "train.tsv"),
        of_pairs("pair-weights", raw.text, "config.yaml", "train.weights"),
        of_pairs("weights-column", raw.text, "weights.yaml", "weights.tsv"),
        Format("changed-corpus", "translation", dict.fromkeys(sides, raw.text), [[*RESUME, "--continue-with-new-data"]],
               {4}, ("run",)),
        Format("documents", "language", {"train.txt": raw.sentences}, of_documents, {4}, ("out",)),
        Format("json-lines", "language", {"train.jsonl": trees.json_lines}, of_json[:1], {4}, ("out",)),
        Format("json-texts", "language", {"train.jsonl": trees.json_sentences}, of_json[1:], {4}),
        Format("ids", "ids", {"raw.bin": binary.array(2), "llmc.bin": binary.ids_of_llmc}, of_ids, {4}, ("out",)),
    ]


def text_formats():
    translate, generate, score = ["translate", "run/final"], ["generate", "run/final"], ["score", "run/final"]
    lines = [[*translate, "--input", "@", "--split-sentences"], [*translate, "<@", "--target-prefix", "few.de"],
             [*score, "--source", "@", "--target", "few.de"], ["tokenizer", "encode", "run/final", "--input", "@"],
             ["evaluate", "--hypothesis", "@", "--reference", "few.de", "--metric", "bleu,chrf,chrf++,ter"],
             ["evaluate", "--hypothesis", "few.de", "--reference", "@", "--sentence"]]
    prompts = [[*generate, "--input", "@"], [*generate, "--beam", "2", "<@", "--format", "jsonl"],
               [*generate, "--prompt-file", "@", "--escapes"]]
    ids = [[*generate, "--input", "@", "--ids"], [*score, "--text", "@", "--ids"]]
    few = [*translate, "--input", "few.en"]
    return [
        Format("lines", "translation", {"few.en": raw.sentences}, lines, {4}),
        Format("prompts", "language", {"prompts.txt": raw.sentences}, prompts, {4}),
        Format("prompts-json", "language", {"prompts.jsonl": trees.json_sentences},
               [[*generate, "--input", "@", "--input-format", "jsonl"]], {4}),
        Format("id-prompts", "language", {"ids.txt": raw.sentences}, ids, {4}),
        Format("hypotheses", "translation", {"few.nbest": raw.sentences, "few.jsonl": trees.json_sentences},
               [[*score, "--source", "few.en", "--target", "@"]], {4}),
        Format("constraints", "translation", {"constraints.txt": raw.sentences}, [[*few, "--constraints", "@"]], {4}),
        Format("dictionary", "translation", {"dictionary.txt": raw.text},
               [[*few, "--copy-unknown", "--dictionary", "@"]], {4}),
    ]


def tokenizer_formats():
    def verbs(name):
        encode = ["tokenizer", "encode", name, "--input", "few.txt"]
        return [["tokenizer", "info", name], encode, [*encode, "--ids"],
                ["tokenizer", "decode", name, "--ids", "--input", "ids.txt"]]

    def of_files(name, mutation, *files):
        return Format(name, "tokenizers", dict.fromkeys(files, mutation), verbs("@"), {4, 5})
    decode = [["tokenizer", "decode", name, "--ids", "--input", "@"]
              for name in ("bpe.model", "tokenizer.json", "char.json", "byte.json")]
    return [
        of_files("sentencepiece", binary.sentencepiece, "bpe.model", "unigram.model"),
        of_files("tokenizer-json", trees.json_text, "tokenizer.json"),
        of_files("vocabulary", trees.json_text, "char.json", "byte.json"),
        Format("merges", "tokenizers", {"vocab.json": trees.json_text, "merges.txt": raw.text},
               [["train", "config.yaml", *DRY]], {5}, ("out",)),
        Format("id-lines", "tokenizers", {"ids.txt": raw.text}, decode, {4, 5}),
    ]


def model_formats(schema):
    translation = [["translate", "run/final", "--input", "few.en"], ["model", "info", "run/final"],
                   ["score", "run/final", "--source", "few.en", "--target", "few.de"]]
    language = [["generate", "run/final", "--prompt", "One"], ["score", "run/final", "--text", "prompts.txt"],
                ["generate", "run/final", "--input", "prompts.txt", "--beam", "2"]]
    further = [["model", "average", "run/final", "run/checkpoints/step-00000002", "--output", "out"],
               ["model", "average", "run", "--last", "2", "--output", "out"],
               ["train", "config.yaml", "--set", "training.initialize_from=run/final", *FIRST],
               ["validate", "config.yaml", "--model", "run/final"]]
    averages = [["translate", "run/checkpoints/step-00000004", "--input", "few.en"], RESUME]
    config, weights, manifest = "run/final/config.yaml", "run/final/model.safetensors", "run/final/manifest.json"
    of_translation = {config: yaml.config(schema, subjects.TRANSLATION)}
    edited = {**of_translation, weights: binary.safetensors, manifest: seal.mutate}
    return [
        Format("model-config", "translation", of_translation, translation, {5}),
        Format("language-config", "language", {config: yaml.config(schema, subjects.LANGUAGE)}, language, {5}),
        Format("weights", "translation", {weights: binary.safetensors}, translation + further, {5}, ("out",)),
        Format("language-weights", "language", {weights: binary.safetensors}, language, {5}),
        Format("averages", "translation", {"run/checkpoints/step-00000004/ema.safetensors": binary.safetensors}, averages,
               {5}, ("run",)),
        Format("manifest", "translation", {manifest: seal.mutate}, translation, {5}),
        Format("seal", "translation", edited, [["model", "seal", "run/final"]], {5}, ("run",)),
        Format("model-tokenizer", "translation", {"run/final/tokenizer.model": binary.sentencepiece}, translation, {4, 5}),
        Format("model-directory", "translation", {}, translation, {5}, change=entries("run/final")),
    ]


def run_formats():
    use = ["translate", "run", "--input", "few.en"]

    def header(rng, data):
        return trees.json_text(rng, data, 1)

    def of_run(name, subject, codes, files, *commands):
        return Format(name, subject, {f"run/{file}": mutation for file, mutation in files.items()}, [*commands, RESUME],
                      codes, ("run",))
    newest, cache = "checkpoints/step-00000004/", "data/train-1/"
    return [
        of_run("state", "translation", {4, 5, 6}, {newest + "state.json": header}),
        of_run("optimizer", "translation", {5, 6}, {newest + "optimizer.safetensors": binary.safetensors}),
        of_run("memory", "language", {5}, {newest + "memory.safetensors": binary.safetensors}),
        of_run("cache", "translation", {4, 5}, {cache + "header.json": header, cache + "index.bin": binary.array(8),
                                                cache + "body.bin": binary.array(2), cache + "weights.bin": binary.array(4)}),
        of_run("token-cache", "language", {4, 5}, {cache + "header.json": header, cache + "tokens.bin": binary.array(2)}),
        of_run("metrics", "translation", {4}, {"metrics.jsonl": trees.json_lines}),
        of_run("pointers", "translation", {5}, {"best.txt": raw.text, "last.txt": raw.text}, use),
        Format("run-directory", "translation", {}, [RESUME, use], {4, 5, 8}, ("run",), change=entries("run")),
    ]


def config_formats(schema):
    """Keys that make a model large are only checked: they may ask for more than the limits."""
    def of_training(name, *parts):
        change = {"config.yaml": yaml.config(schema, subjects.TRANSLATION, *parts)}
        return Format(name, "translation", change, [["train", "config.yaml", *DRY]], {3, 4, 5}, ("out",))
    return [
        Format("config", "translation", {"printed.yaml": yaml.config(schema, subjects.TRANSLATION)},
               [["config", "check", "@"], ["config", "print", "@"]], {3}),
        of_training("training-config", "data.", "training.", "decoding."),
        of_training("tokenizer-options", "data.tokenizer.options"),
    ]


def all_formats(schema):
    return [*config_formats(schema), *corpus_formats(), *text_formats(), *tokenizer_formats(), *model_formats(schema),
            *run_formats()]


def generator(seed, name, number):
    return random.Random(f"{seed}:{name}:{number}")

