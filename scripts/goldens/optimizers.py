#!/usr/bin/env python3
"""Writes tests/golden/optimizers.safetensors: weights after each of 30 updates of a matrix and a vector under SGD and
Adafactor as PyTorch has them, and under Lion as its paper has it, in double precision. Needs torch and safetensors.

Keys: matrix, vector (before), matrix_gradients, vector_gradients (30, ...), and CASE/matrix, CASE/vector (30, ...). The
settings of a case are repeated by tests/optim/goldens_test.cpp.
"""
import pathlib

import torch
from safetensors.torch import save_file

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "optimizers.safetensors"
STEPS, LR = 30, 0.01


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2."""

    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p.copy_(p - lr * (torch.sign(c) + decay * p))
                self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad


CASES = {
    "sgd_plain": lambda p: torch.optim.SGD(p, lr=LR),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9, weight_decay=0.1),
    "lion": lambda p: Lion(p, LR, (0.9, 0.98), 0.1),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=LR, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0, weight_decay=0.0),
    "adafactor_decay": lambda p: torch.optim.Adafactor(p, lr=LR, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0, weight_decay=0.1),
}


def main():
    torch.manual_seed(5)
    before = {"matrix": 0.1 * torch.randn(6, 5, dtype=torch.float64), "vector": torch.randn(7, dtype=torch.float64)}
    gradients = {name: torch.randn(STEPS, *w.shape, dtype=torch.float64) for name, w in before.items()}
    # Gradients of very unequal size, and a large one late, which Adafactor clips.
    gradients["matrix"] *= torch.logspace(-3, 1, 6, dtype=torch.float64)[:, None]
    gradients["matrix"][20] *= 30
    tensors = dict(before) | {name + "_gradients": g for name, g in gradients.items()}
    for case, make in CASES.items():
        weights = {name: w.clone().requires_grad_() for name, w in before.items()}
        optimizer = make(list(weights.values()))
        after = {name: [] for name in weights}
        for t in range(STEPS):
            for name, w in weights.items():
                w.grad = gradients[name][t].clone()
            optimizer.step()
            for name, w in weights.items():
                after[name].append(w.detach().clone())
        tensors |= {f"{case}/{name}": torch.stack(rows) for name, rows in after.items()}
    save_file(tensors, GOLDEN, metadata={"format": "pt", "torch": torch.__version__})


if __name__ == "__main__":
    main()
