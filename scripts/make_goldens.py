#!/usr/bin/env python3
"""Makes everything in tests/golden again from independent sources: PyTorch, transformers, SentencePiece, sacreBLEU,
safetensors, TensorBoard.

Usage: make_goldens.py [NAME ...]   (metrics optimizers subwords subword_sampling byte_bpe safetensors_file events
                                    transformer language_models positions; none: all)
Needs the Python packages torch, numpy, safetensors, transformers, tokenizers, sentencepiece, sacrebleu and
tensorboard; the files record their versions.
"""
import pathlib
import subprocess
import sys

SCRIPTS = pathlib.Path(__file__).resolve().parent / "goldens"
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "tests" / "golden"
MAKERS = {
    "metrics": [],
    "optimizers": [],
    "subwords": [],
    "subword_sampling": [],
    "byte_bpe": [],
    "safetensors_file": [GOLDEN / "python.safetensors"],
    "events": [GOLDEN / "events.tfevents"],
    "transformer": [],
    "language_models": [],
    "positions": [],
}


def main():
    names = sys.argv[1:] or list(MAKERS)
    unknown = [name for name in names if name not in MAKERS]
    if unknown:
        sys.exit(f"make_goldens.py: expected some of {' '.join(MAKERS)}, got {' '.join(unknown)}")
    for name in names:
        print(f"{name} ...", flush=True)
        subprocess.run([sys.executable, SCRIPTS / f"{name}.py", *MAKERS[name]], check=True)


if __name__ == "__main__":
    main()
