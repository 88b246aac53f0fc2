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
        inputs = [word[1:] for word in words if word.startswith("<")]
        return [word for word in words if not word.startswith("<")], inputs[0] if inputs else None


def entries(top):
    """Puts something else in the place of a file or directory below `top`, or beside one."""
    def change(rng, directory):
        path = rng.choice(sorted((directory / top).rglob("*")))
        kind = rng.choice(["delete", "link", "link", "link to a directory", "directory", "fifo", "empty", "other", "beside"])
        if kind == "beside":
            path = path.parent / rng.choice(["ema.safetensors", "memory.safetensors", "x", "step-00000009", "vocab.json", "a.tmp-1", "tokenizer.json", "train-9"])
        aside = directory / "aside"
        if path.exists():
            path.rename(aside)
        path.parent.mkdir(exist_ok=True)
        if kind == "link":
            path.symlink_to(rng.choice([aside, directory / "elsewhere/letter.txt", directory / "nothing", "/dev/zero", path.name]))
        elif kind == "link to a directory":
            path.symlink_to(rng.choice([directory / "elsewhere", aside, directory, "."]))
        elif kind == "directory":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "empty":
            path.write_bytes(b"")
        elif kind in ("other", "beside"):
            path.write_bytes(rng.choice([item for item in sorted((directory / top).rglob("*")) if item.is_file()]).read_bytes())
        return str(path.relative_to(directory))
    return change


def corpus_formats():
    corpus = ["train", "config.yaml", *DRY]
    sides = {"train.en": raw.text, "train.de": raw.text, "validation.de": raw.text}

    def other(name):
        return [["train", name, *DRY]]
    return [
        Format("corpus", "translation", sides, [corpus], {4}, ("out",)),
        Format("changed-corpus", "translation", sides, [[*RESUME, "--continue-with-new-data"]], {4}, ("run",)),
        Format("gzip", "translation", {"train.en.gz": binary.gzip_text}, other("gzip.yaml"), {4}, ("out",)),
        Format("tsv", "translation", {"train.tsv": raw.text}, other("tsv.yaml"), {4}, ("out",)),
        Format("pair-weights", "translation", {"train.weights": raw.text}, [corpus], {4}, ("out",)),
        Format("weights-column", "translation", {"weights.tsv": raw.text}, other("weights.yaml"), {4}, ("out",)),
        Format("documents", "language", {"train.txt": raw.sentences},
               [corpus, ["score", "run/final", "--text", "@"], [*corpus, "--set", "data.train.documents=file"]], {4}, ("out",)),
        Format("json-lines", "language", {"train.jsonl": trees.json_lines},
               [*other("json-lines.yaml"), ["score", "run/final", "--text", "@", "--field", "text"]], {4}, ("out",)),
        Format("ids", "ids", {"raw.bin": binary.array(2), "llmc.bin": binary.ids_of_llmc},
               [["train", "config.yaml", *FIRST], ["train", "llmc.yaml", *FIRST], ["train", "llmc.yaml", *DRY]], {4}, ("out",)),
    ]


def text_formats():
    translate = ["translate", "run/final", "--input", "few.en"]
    lines = [["translate", "run/final", "--input", "@", "--split-sentences"], ["translate", "run/final", "<@", "--target-prefix", "few.de"],
             ["score", "run/final", "--source", "@", "--target", "few.de"],
             ["evaluate", "--hypothesis", "@", "--reference", "few.de", "--metric", "bleu,chrf,chrf++,ter"],
             ["evaluate", "--hypothesis", "few.de", "--reference", "@", "--sentence"], ["tokenizer", "encode", "run/final", "--input", "@"]]
    prompts = [["generate", "run/final", "--input", "@"], ["generate", "run/final", "--beam", "2", "<@", "--format", "jsonl"],
               ["generate", "run/final", "--prompt-file", "@", "--escapes"]]
    return [
        Format("lines", "translation", {"few.en": raw.sentences}, lines, {4}),
        Format("prompts", "language", {"prompts.txt": raw.sentences}, prompts, {4}),
        Format("prompts-json", "language", {"prompts.jsonl": trees.json_lines}, [["generate", "run/final", "--input", "@", "--input-format", "jsonl"]], {4}),
        Format("id-prompts", "language", {"ids.txt": raw.sentences},
               [["generate", "run/final", "--input", "@", "--ids"], ["score", "run/final", "--text", "@", "--ids"]], {4}),
        Format("hypotheses", "translation", {"few.nbest": raw.sentences, "few.jsonl": trees.json_lines},
               [["score", "run/final", "--source", "few.en", "--target", "@"]], {4}),
        Format("constraints", "translation", {"constraints.txt": raw.sentences}, [[*translate, "--constraints", "@"]], {4}),
        Format("dictionary", "translation", {"dictionary.txt": raw.text}, [[*translate, "--copy-unknown", "--dictionary", "@"]], {4}),
    ]


def tokenizer_formats():
    def verbs(name):
        return [["tokenizer", "info", name], ["tokenizer", "encode", name, "--input", "few.txt"],
                ["tokenizer", "encode", name, "--ids", "--input", "few.txt"], ["tokenizer", "decode", name, "--ids", "--input", "ids.txt"]]
    corpus = ["train", "config.yaml", *DRY]
    return [
        Format("sentencepiece", "tokenizers", {"bpe.model": binary.sentencepiece, "unigram.model": binary.sentencepiece}, verbs("@"), {4, 5}),
        Format("tokenizer-json", "tokenizers", {"tokenizer.json": trees.json_text}, verbs("@"), {4, 5}),
        Format("vocabulary", "tokenizers", {"char.json": trees.json_text, "byte.json": trees.json_text}, verbs("@"), {4, 5}),
        Format("merges", "tokenizers", {"vocab.json": trees.json_text, "merges.txt": raw.text}, [corpus], {5}, ("out",)),
        Format("id-lines", "tokenizers", {"ids.txt": raw.text}, [["tokenizer", "decode", name, "--ids", "--input", "@"] for name in
                                                                 ("bpe.model", "tokenizer.json", "char.json", "byte.json")], {4, 5}),
    ]


def model_formats(schema):
    translation = [["translate", "run/final", "--input", "few.en"], ["model", "info", "run/final"],
                   ["score", "run/final", "--source", "few.en", "--target", "few.de"]]
    language = [["generate", "run/final", "--prompt", "One"], ["score", "run/final", "--text", "prompts.txt"],
                ["generate", "run/final", "--input", "prompts.txt", "--beam", "2"]]
    further = [["model", "average", "run/final", "run/checkpoints/step-00000002", "--output", "out"],
               ["model", "average", "run", "--last", "2", "--output", "out"],
               ["train", "config.yaml", "--set", "training.initialize_from=run/final", *FIRST], ["validate", "config.yaml", "--model", "run/final"]]
    ema = [["translate", "run/checkpoints/step-00000004", "--input", "few.en"]]
    return [
        Format("model-config", "translation", {"run/final/config.yaml": yaml.config(schema, subjects.TRANSLATION)}, translation, {5}),
        Format("language-config", "language", {"run/final/config.yaml": yaml.config(schema, subjects.LANGUAGE)}, language, {5}),
        Format("weights", "translation", {"run/final/model.safetensors": binary.safetensors}, translation + further, {5}, ("out",)),
        Format("language-weights", "language", {"run/final/model.safetensors": binary.safetensors}, language, {5}),
        Format("averages", "translation", {"run/checkpoints/step-00000004/ema.safetensors": binary.safetensors}, [*ema, RESUME], {5}, ("run",)),
        Format("manifest", "translation", {"run/final/manifest.json": seal.mutate}, translation, {5}),
        Format("seal", "translation", {"run/final/config.yaml": yaml.config(schema, subjects.TRANSLATION), "run/final/manifest.json": seal.mutate,
                                       "run/final/model.safetensors": binary.safetensors}, [["model", "seal", "run/final"]], {5}, ("run",)),
        Format("model-tokenizer", "translation", {"run/final/tokenizer.model": binary.sentencepiece}, translation, {4, 5}),
        Format("model-directory", "translation", {}, translation, {5}, change=entries("run/final")),
    ]


def run_formats():
    checkpoint = "run/checkpoints/step-00000004/"
    use = ["translate", "run", "--input", "few.en"]
    caches = {f"run/data/train-1/{name}": change for name, change in
              (("header.json", lambda rng, data: trees.json_text(rng, data, 1)), ("index.bin", binary.array(8)), ("body.bin", binary.array(2)), ("weights.bin", binary.array(4)))}
    tokens = {"run/data/train-1/header.json": caches["run/data/train-1/header.json"], "run/data/train-1/tokens.bin": binary.array(2)}
    return [
        Format("state", "translation", {checkpoint + "state.json": lambda rng, data: trees.json_text(rng, data, 1)}, [RESUME], {4, 5, 6}, ("run",)),
        Format("optimizer", "translation", {checkpoint + "optimizer.safetensors": binary.safetensors}, [RESUME], {5, 6}, ("run",)),
        Format("memory", "language", {checkpoint + "memory.safetensors": binary.safetensors}, [RESUME], {5}, ("run",)),
        Format("cache", "translation", caches, [RESUME], {4, 5}, ("run",)),
        Format("token-cache", "language", tokens, [RESUME], {4, 5}, ("run",)),
        Format("metrics", "translation", {"run/metrics.jsonl": trees.json_lines}, [RESUME], {4}, ("run",)),
        Format("pointers", "translation", {"run/best.txt": raw.text, "run/last.txt": raw.text}, [use, RESUME], {5}, ("run",)),
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
    return [*config_formats(schema), *corpus_formats(), *text_formats(), *tokenizer_formats(), *model_formats(schema), *run_formats()]


def generator(seed, name, number):
    return random.Random(f"{seed}:{name}:{number}")

