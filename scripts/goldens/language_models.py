#!/usr/bin/env python3
"""Writes tests/golden/language_models.safetensors: logits of tiny language models of the transformers package in double
precision, and 50 AdamW steps of two of them. Needs torch, transformers and safetensors.

The models are the package's own: GPT-2, Llama (with each kind of rope scaling), Mistral (a sliding window), Qwen3 (norms
of queries and keys) and Bloom (ALiBi over six heads). Some of them round to float32 inside; the script runs them in
float32 as well and fails where that moves a logit or a loss by more than a fifth of what the test allows.
"""
import pathlib

import torch
import transformers
from formula import mixed, pattern
from language_model_styles import STYLES, VOCABULARY
from safetensors.torch import save_file
from torch.func import functional_call
from torch.nn import functional as F

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "language_models.safetensors"
ROWS, LENGTH, STEPS = 2, 40, 50
TRAINED = ("gpt2", "llama")
ALLOWED = 1e-4


def tokens():
    """(ROWS, LENGTH + 1) without the special ids 0 .. 3."""
    draws = mixed("tokens", ROWS * (LENGTH + 1)) >> 8
    return torch.from_numpy((draws % (VOCABULARY - 4) + 4).astype("int64")).reshape(ROWS, LENGTH + 1)


class Run:
    def __init__(self, style, dtype):
        self.style, self.model = style, style.model().to(dtype).train()
        self.ours = {name: pattern(name, shape).to(dtype).requires_grad_() for name, shape in style.shapes().items()}
        state = style.state(self.ours)
        parameters = dict(self.model.named_parameters())
        assert set(state) == set(parameters), set(state) ^ set(parameters)
        assert all(state[name].shape == parameters[name].shape for name in state)

    def logits(self, ids):
        return functional_call(self.model, self.style.state(self.ours), (ids,), {"use_cache": False}).logits

    def adamw_losses(self, ids):
        matrices = [x for x in self.ours.values() if x.dim() >= 2]
        vectors = [x for x in self.ours.values() if x.dim() < 2]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = F.cross_entropy(self.logits(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return torch.tensor(losses, dtype=torch.float64)


def agreed(name, make):
    """The result in double, which the one in float must be close to."""
    double, single = make(torch.float64), make(torch.float32)
    off = (double - single).abs().max().item()
    print(f"{name}: float32 is off by {off:.1e}")
    assert off <= ALLOWED / 5, name
    return double


def all_different(logits):
    """No scaling and no window may be without effect, or its golden would prove nothing."""
    names = [name for name in logits if name.startswith(("llama", "mistral", "qwen3")) and name != "llama_tied"]
    for i, a in enumerate(names):
        for b in names[:i]:
            assert (logits[a] - logits[b]).abs().max() > 100 * ALLOWED, (a, b)


def main():
    torch.set_num_threads(1)
    ids = tokens()
    logits = {name: agreed(name, lambda dtype: Run(style, dtype).logits(ids[:, :-1]).detach().double())
              for name, style in STYLES.items()}
    all_different(logits)
    tensors = {"tokens": ids, **{name + "/logits": x.float() for name, x in logits.items()}}
    for name in TRAINED:
        tensors[name + "/adamw"] = agreed(name + ", fifty steps", lambda dtype: Run(STYLES[name], dtype).adamw_losses(ids))
    # One entry: the order of several would differ from run to run.
    save_file(tensors, GOLDEN, metadata={"made with": f"torch {torch.__version__}, transformers {transformers.__version__}"})


if __name__ == "__main__":
    main()
