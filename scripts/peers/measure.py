"""Programs that are run for their numbers. Each contender is a name and a command; what it prints becomes rows of
{"name", "tokens_per_second", ...}."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

QUICK_TRAINING = {"warmup": 1, "windows": 2, "steps": 1}
TRAINING = {"training": {"warmup": 8, "windows": 5, "steps": 8},
            "characters": {"warmup": 100, "windows": 5, "steps": 100},
            "characters_large": {"warmup": 2, "windows": 5, "steps": 1}}
# Language models of characters: the peers' name of a size, and our config.
CHARACTERS = {"characters": ("cpu", "configs/shakespeare_char_cpu.yaml"), "characters_large": ("gpu", "configs/shakespeare_char.yaml")}
PEER_MODES = [("bf16", "PyTorch eager bf16"), ("fp32", "PyTorch eager fp32"), ("medium", "PyTorch eager, products in bf16"),
              ("compile-bf16", "torch.compile bf16"), ("compile-fp32", "torch.compile fp32")]


def run(command, preload=None):
    """The JSON objects a command prints, one a line or one in all; stops with its messages where it fails."""
    environment = {**os.environ, **({"LD_PRELOAD": preload} if preload else {})}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_peers: {' '.join(map(str, command))}\n{done.stderr[-4000:]}\nended with {done.returncode}")
    try:
        return [json.loads(done.stdout)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


class Bench:
    """One benchmark session: where things are, and how long to measure."""

    def __init__(self, arguments, work):
        self.a, self.work, self.quick = arguments, pathlib.Path(work), arguments.quick
        self.lengths = {part: QUICK_TRAINING if self.quick else lengths for part, lengths in TRAINING.items()}
        self.converted = self.work / "model"
        self.translations = self.work / "translations.txt"
        # Where the CPU has no bf16 products, these precisions are emulated, several times slower than fp32: nobody's choice.
        self.machine = self.attend("bench", "gemm", "--format", "json")
        self.bf16 = self.machine["settings"]["precision"] == "bf16"
        self.precisions = ("bf16", "fp32") if self.bf16 else ("fp32",)

    def attend(self, *arguments, precision="auto"):
        command = [self.a.attend, *arguments, "--threads", str(self.a.threads), "--precision", precision, "--quiet"]
        return run([str(word) for word in command])[0]

    def peer(self, script, *arguments):
        command = [self.a.python, pathlib.Path(self.a.peers) / script, "--threads", self.a.threads, *arguments]
        return run([str(word) for word in command], self.a.preload)

    # Training: the config of the repository, and the peers' script with the same sizes and the same pieces.
    def attend_training(self, precision):
        data = pathlib.Path(self.a.data)
        sets = {"data.tokenizer.model": self.converted / "spm.model"}
        for part, name in (("train", "train"), ("validation", "val")):
            sets[f"data.{part}.source"], sets[f"data.{part}.target"] = data / f"{name}.en", data / f"{name}.de"
        found = self.attend("bench", "train", "--config", "configs/multi30k_en_de.yaml", "--format", "json",
                            *[word for name, value in sets.items() for word in ("--set", f"{name}={value}")],
                            *[word for name, value in self.lengths["training"].items() for word in (f"--{name}", value)],
                            precision=precision)
        return [{"name": f"Attend {precision}", "tokens_per_second": found["tokens_per_second"],
                 "padding_ratio": found["padding_ratio"], "gemm_peak_gflops": found["gemm_peak_gflops"],
                 "fraction_of_peak": found["fraction_of_peak"]}]

    def peer_training(self, mode, name):
        lengths = [word for key, option in (("warmup", "--bench-warmup"), ("windows", "--bench-windows"), ("steps", "--bench-updates"))
                   for word in (option, self.lengths["training"][key])]
        found = self.peer("mt_train.py", "--data", self.a.data, "--out", self.converted, "--bench", "--mode", mode, *lengths)[-1]
        return [{"name": name, "tokens_per_second": found["src_plus_tgt_tokens_per_s"], "padding_ratio": 1 - found["non_pad"]}]

    def in_turns(self, ours, theirs):
        """Contenders, Attend first and last, so that a machine that slows down shows."""
        modes = [mode for mode in PEER_MODES if self.bf16 or mode[0].endswith("fp32")]
        contenders = [lambda: ours(self.precisions[0])]
        for mode, name in modes[:2] if self.quick else modes:
            contenders.append(lambda mode=mode, name=name: theirs(mode, name))
        return contenders + [lambda: ours("fp32")]

    def training(self):
        return self.in_turns(self.attend_training, self.peer_training)

    # Training of a language model: random blocks of the same text, the same model, AdamW, clipping.
    def language_model(self, part):
        (size, config), lengths = CHARACTERS[part], self.lengths[part]

        def ours(precision):
            found = self.attend("bench", "train", "--config", config, "--set", f"data.train.text={self.a.text}", "--format", "json",
                                *[word for name, value in lengths.items() for word in (f"--{name}", value)], precision=precision)
            return [{"name": f"Attend {precision}", "tokens_per_second": found["tokens_per_second"]}]

        def theirs(mode, name):
            found = self.peer("gpt_char.py", "--data", self.a.text, "--config", size, "--mode", mode, "--warm", lengths["warmup"],
                              "--steps", lengths["windows"] * lengths["steps"], "--window", lengths["steps"])[-1]
            return [{"name": name, "tokens_per_second": found["tokens_per_s"]}]

        return self.in_turns(ours, theirs)

    def characters(self):
        return self.language_model("characters")

    def characters_large(self):
        return [] if self.quick else self.language_model("characters_large")

    # Decoding of a test set, the same weights in all.
    def attend_decoding(self, precision, beam):
        source = pathlib.Path(self.a.data) / f"{self.a.split}.en"
        row = self.attend_workers(precision, beam, "--model", self.a.model, "--input", source, "--windows", 1 if self.quick else 3)
        return [{**row, **self.attend_score(precision, beam)}]

    def attend_workers(self, precision, beam, *arguments):
        """The better of one worker with all threads and as many workers as threads."""
        def once(workers):
            found = self.attend("bench", "decode", *arguments, "--set", f"decoding.beam_size={beam}", "--workers", workers,
                                "--format", "json", precision=precision)
            return {"name": f"Attend {precision}", "beam": beam, "tokens_per_second": found["tokens_per_second"],
                    "workers": f"{workers} x {self.a.threads // workers}"}
        return fastest([once(1)] + ([once(self.a.threads)] if self.a.threads > 1 else []))[0]

    def attend_score(self, precision, beam):
        data, out = pathlib.Path(self.a.data), self.work / f"attend_{precision}_{beam}.txt"
        subprocess.run([self.a.attend, "translate", self.a.model, "--input", data / f"{self.a.split}.en", "--output", out, "--beam",
                        str(beam), "--precision", precision, "--threads", str(self.a.threads), "--quiet"], check=True)
        score = run([self.a.attend, "evaluate", "--hypothesis", out, "--reference", data / f"{self.a.split}.de", "--metric", "bleu",
                     "--format", "json"])[0]
        row = {"bleu": round(score["bleu"]["score"], 2)}
        if beam > 1 and self.translations.exists():
            ours, theirs = (path.read_text(encoding="utf-8").splitlines() for path in (out, self.translations))
            row["same_lines"] = sum(x == y for x, y in zip(ours, theirs)) / len(theirs)
        return row

    def torch_decoding(self, bf16, beam):
        keep = ["--out", self.translations] if beam > 1 and not bf16 else []
        found = self.peer("mt_decode.py", "--model", self.converted, "--data", self.a.data, "--split", self.a.split, "--beam", beam,
                          "--repeat", 1 if self.quick else 3, *keep, *(["--bf16"] if bf16 else []))[-1]
        return [peer_row("PyTorch " + found["dtype"], found)]

    def ct2_decoding(self, types):
        found = self.peer("mt_ct2.py", "--model", self.converted, "--data", self.a.data, "--split", self.a.split, "--ct2",
                          self.work / "ct2", "--types", *types, "--repeat", 1 if self.quick else 3,
                          *(["--agree", self.translations] if self.translations.exists() else []))
        agreed = self.translations.read_text(encoding="utf-8").splitlines() if self.translations.exists() else []
        return fastest(ct2_rows(found, len(agreed)))

    def decoding(self):
        beams = (5, 1)
        contenders = [lambda b=b: self.torch_decoding(False, b) for b in beams]
        contenders += [lambda p=p, b=b: self.attend_decoding(p, b) for p in self.precisions for b in beams]
        if self.bf16 and not self.quick:
            contenders += [lambda: self.torch_decoding(True, 5)]
        return contenders + [lambda: self.ct2_decoding(["float32"] if self.quick else self.ct2_types())]

    def ct2_types(self):
        return ["float32", "bfloat16", "int8"] if self.bf16 else ["float32", "int8"]

    # Decoding of a Transformer base with random weights: sentences of 20 to 30 tokens, 30 tokens for each.
    def attend_shape(self, precision, beam):
        return [self.attend_workers(precision, beam, "--set", "data.tokenizer.vocab_size=32000", "--windows", 2)]

    def torch_shape(self, bf16, beam):
        found = self.peer("mt_decode.py", "--base", "--repeat", 1, "--batch-tokens", 4096, "--beam", beam,
                          *(["--bf16"] if bf16 else []))[-1]
        return [peer_row("PyTorch " + found["dtype"], found)]

    def ct2_shape(self):
        found = self.peer("mt_ct2.py", "--base", "--ct2", self.work / "ct2_base", "--repeat", 1, "--batch-tokens", 4096,
                          "--types", *self.ct2_types())
        return fastest(ct2_rows(found))

    def shape(self):
        if self.quick:
            return []
        ours = [lambda p=p, b=b: self.attend_shape(p, b) for p in self.precisions for b in (5, 1)]
        return ours[:2] + [lambda b=b: self.torch_shape(self.bf16, b) for b in (5, 1)] + [self.ct2_shape] + ours[2:]


def peer_row(name, found):
    """Every pass counts, as in Attend's own numbers: the median."""
    speed = found["tgt_tokens"] / statistics.median(found["seconds"])
    row = {"name": name, "beam": found["beam"], "tokens_per_second": round(speed), "engine": found["engine"]}
    return {**row, **{key: found[key] for key in ("bleu",) if key in found}}


def ct2_rows(found, sentences=0):
    for result in found:
        if "failed" in result:
            continue
        row = peer_row(f"CTranslate2 {result['compute_type']}", result)
        row["workers"] = f"{result['inter']} x {result['intra']}"
        if "same_as_agree" in result:
            row["same_lines"] = result["same_as_agree"] / sentences
        yield row


def fastest(rows):
    """The better of the ways to divide the threads among workers."""
    best = {}
    for row in rows:
        key = row["name"], row["beam"]
        if key not in best or row["tokens_per_second"] > best[key]["tokens_per_second"]:
            best[key] = row
    return list(best.values())


def rounds(contenders, count, note):
    """Every contender once a round, in turns; rows carry their round."""
    rows = []
    for number in range(count):
        for contender in contenders:
            begin = time.monotonic()
            for row in contender():
                rows.append({**row, "round": number})
                note(f"round {number + 1} of {count}: {row['name']}{', beam %d' % row['beam'] if 'beam' in row else ''}: "
                     f"{row['tokens_per_second']:,} tokens/s ({time.monotonic() - begin:.0f} s)")
    return rows
