"""Numbers that a script and a test both compute from a name, so that no golden file has to hold weights.

tests/golden/golden.h is the same in C++.
"""
import math

import numpy
import torch


def mixed(name, count):
    """32-bit integers, one an element: FNV-1a of the name, then a mixing of the index."""
    start = 2166136261
    for byte in name.encode():
        start = (start ^ byte) * 16777619 % 2**32
    x = (numpy.arange(count, dtype=numpy.uint64) * 0x9E3779B9 + start) % 2**32
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    return x ^ x >> 16


def pattern(name, shape):
    """Weights in [-1/4, 1/4), around 1 for the scales of norms (weights whose name speaks of a norm); exact in float32."""
    values = (mixed(name, math.prod(shape)) >> 16).astype(numpy.float64) / 2**17 - 0.25
    return torch.from_numpy(values + ("norm" in name and name.endswith(".weight"))).reshape(shape)


def signs(name, number, shape):
    high = (mixed(f"{name}#{number}", math.prod(shape)) >> 31).astype(numpy.float64)
    return torch.from_numpy(1 - 2 * high).reshape(shape)
