#!/usr/bin/env python3
"""Writes tests/golden/python.safetensors with the Python package: a file that is not ours, for our reader.

Values follow a formula that tests/storage/safetensors_test.cpp repeats, so nothing else needs to be stored.
Needs torch and safetensors. Usage: safetensors_file.py OUTPUT
"""
import sys

import torch
from safetensors.torch import save_file


def main() -> None:
    ramp = torch.arange(6)
    tensors = {
        "weight": (ramp.float() / 4 - 0.5).reshape(2, 3),
        "half": (ramp.float() / 2 - 1).to(torch.bfloat16).reshape(3, 2),
        "ids": ramp[:3] * 1000 - 1,
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "mask": ramp[:3] % 2 == 0,
        'name "quoted" \u00e4': torch.tensor([7], dtype=torch.uint8),
    }
    save_file(tensors, sys.argv[1], metadata={"format": "pt"})


if __name__ == "__main__":
    main()
