#!/usr/bin/env python3
"""Writes tests/golden/positions.safetensors: rope's frequencies and rotations, ALiBi's slopes, T5's buckets, and tiny
attentions under every position scheme, windowed and linear (position_attention.py), from the papers' formulas in double
precision. Needs torch, transformers and safetensors: wherever transformers has the scheme, the script fails unless the two
agree.
"""
import math
import pathlib

import torch
import transformers
from formula import pattern
from position_attention import attentions
from safetensors.torch import save_file
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import _get_alibi_slopes
from transformers.models.t5.modeling_t5 import T5Attention

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "positions.safetensors"
FARTHEST = 300

# type.name: head size, base, fraction, factor, original length, beta fast, slow, low and high frequency factor
ROPES = {
    "none.plain": (64, 1e4, 1.0), "none.quarter": (64, 1e4, 0.25), "none.large_base": (128, 1e6, 1.0),
    "linear.plain": (64, 1e4, 1.0, 8.0), "linear.half": (64, 1e4, 0.5, 2.5),
    "ntk.plain": (64, 1e4, 1.0, 4.0), "ntk.half": (64, 1e4, 0.5, 4.0),
    "yarn.plain": (128, 1e4, 1.0, 10.0, 2048), "yarn.small": (8, 100.0, 1.0, 4.0, 32), "yarn.half": (64, 1e4, 0.5, 16.0, 4096),
    "yarn.betas": (64, 5e5, 1.0, 4.0, 8192, 16.0, 2.0),
    "llama3.plain": (128, 5e5, 1.0, 8.0, 8192), "llama3.small": (8, 100.0, 1.0, 4.0, 32),
    "llama3.bands": (64, 1e4, 1.0, 10.0, 2048, 32.0, 1.0, 2.0, 8.0),
}
DEFAULTS = (1.0, 2048, 32.0, 1.0, 1.0, 4.0)
T5 = {"32.128": (32, 128), "8.20": (8, 20), "16.64": (16, 64)}


def yarn_ramp(d, base, original, fast, slow):
    """How much of each pair is interpolated: 0 where it turns more than `fast` times within the original length, 1 where
    it turns less than `slow` times."""
    def pair_that_turns(times):
        return d * math.log(original / (times * 2 * math.pi)) / (2 * math.log(base))

    low, high = max(math.floor(pair_that_turns(fast)), 0), min(math.ceil(pair_that_turns(slow)), d - 1)
    return ((torch.arange(d // 2, dtype=torch.float64) - low) / (high - low)).clamp(0, 1)


def frequencies(kind, head, base, fraction, factor, original, fast, slow, low, high):
    """Inverse frequencies (d/2) and what sines and cosines are multiplied by."""
    d = int(head * fraction)
    if kind == "ntk":
        base *= factor ** (d / (d - 2))
    inverse = base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    if kind == "linear":
        return inverse / factor, 1.0
    if kind == "yarn":
        ramp = yarn_ramp(d, base, original, fast, slow)
        return inverse * (1 - ramp) + inverse / factor * ramp, 0.1 * math.log(factor) + 1
    if kind == "llama3":
        turns = original * inverse / (2 * math.pi)
        kept = ((turns - low) / (high - low)).clamp(0, 1)
        return inverse * kept + inverse / factor * (1 - kept), 1.0
    return inverse, 1.0


def packages_frequencies(kind, head, base, fraction, factor, original, fast, slow, low, high):
    rope = {"rope_theta": base, "partial_rotary_factor": fraction, "factor": factor, "original_max_position_embeddings": original,
            "beta_fast": fast, "beta_slow": slow, "low_freq_factor": low, "high_freq_factor": high,
            "rope_type": {"none": "linear", "ntk": "dynamic"}.get(kind, kind)}
    config = transformers.LlamaConfig(head_dim=head, max_position_embeddings=1000 * round(original))
    config.rope_parameters = rope
    # The dynamic base is base * (factor * length / longest - (factor - 1))^(d / (d - 2)): here the length that gives factor.
    length = round(config.max_position_embeddings * (2 * factor - 1) / factor) if kind == "ntk" else None
    return ROPE_INIT_FUNCTIONS[rope["rope_type"]](config, "cpu", seq_len=length)


def rope_tables():
    tensors = {}
    for name, given in ROPES.items():
        values = (*given, *DEFAULTS[len(given) - 3 :])
        inverse, attention = frequencies(name.split(".")[0], *values)
        theirs, their_attention = packages_frequencies(name.split(".")[0], *values)
        assert torch.allclose(theirs.double(), inverse, rtol=2e-6), name
        assert math.isclose(attention, their_attention), name
        tensors |= {f"rope/{name}/config": torch.tensor(values, dtype=torch.float64), f"rope/{name}/inverse": inverse,
                    f"rope/{name}/attention": torch.tensor([attention], dtype=torch.float64)}
    assert abs(tensors["rope/yarn.plain/inverse"][17] - 8.3479e-02) < 1e-6  # a published value; 1.178e-02 with the ramp inverted
    return tensors


def rotated(x, inverse, first, pairing, attention=1.0):
    """x (B, T, heads, H); only the leading 2 x len(inverse) of H turn."""
    pairs, turning = len(inverse), x[..., : 2 * len(inverse)]
    angles = torch.arange(first, first + x.size(1), dtype=torch.float64)[:, None] * inverse
    turns = torch.polar(torch.full_like(angles, attention), angles)[:, None]
    if pairing == "halves":
        both = torch.complex(turning[..., :pairs].contiguous(), turning[..., pairs:].contiguous()) * turns
        done = torch.cat((both.real, both.imag), -1)
    else:
        both = torch.complex(turning[..., 0::2].contiguous(), turning[..., 1::2].contiguous()) * turns
        done = torch.view_as_real(both).flatten(-2)
    return torch.cat((done, x[..., 2 * pairs :]), -1)


def rotations():
    x, tensors = pattern("rotated", (1, 5, 2, 8)), {}
    for pairing in ("halves", "interleaved"):
        for name, kind, values in (("whole", "none", (8, 1e4, 1.0)), ("half", "none", (8, 1e4, 0.5)), ("yarn", "yarn", ROPES["yarn.small"])):
            inverse, attention = frequencies(kind, *values, *DEFAULTS[len(values) - 3 :])
            for first in (0, 7, 4000):
                tensors[f"rotated/{pairing}.{name}.{first}"] = rotated(x, inverse, first, pairing, attention)
    return tensors


def alibi_slopes(heads):
    """The paper's: a power of two n has 2^(-8 h / n); any other number the next smaller power's, then every second slope
    of the next larger one's."""
    n = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * h / n) for h in range(1, n + 1)]
    return slopes + [2 ** (-8 * h / (2 * n)) for h in range(1, 2 * n + 1, 2)][: heads - n]


def slope_tables():
    assert alibi_slopes(8) == [2.0**-h for h in range(1, 9)]
    assert alibi_slopes(6) == [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]
    tensors = {}
    for heads in (1, 2, 3, 4, 6, 8, 12, 16, 20):
        tensors[f"alibi/{heads}"] = torch.tensor(alibi_slopes(heads), dtype=torch.float64)
        assert torch.allclose(_get_alibi_slopes(heads, "cpu").double(), tensors[f"alibi/{heads}"], rtol=1e-6)
    return tensors


def t5_edges(one_side, longest):
    """The smallest distance of each bucket of one side, in whole numbers: exact up to half of them, then
    bucket b begins where (distance / exact)^(one_side - exact) reaches (longest / exact)^(b - exact)."""
    exact, edges = one_side // 2, list(range(one_side // 2 + 1))
    power, distance = one_side - exact, exact
    for b in range(exact + 1, one_side):
        while distance**power * exact ** (b - exact) < exact**power * longest ** (b - exact):
            distance += 1
        edges.append(distance)
    return edges


def t5_tables():
    distances, tensors = torch.arange(-FARTHEST, FARTHEST + 1), {}
    for name, (buckets, longest) in T5.items():
        for side, two_sided in (("two_sided", True), ("causal", False)):
            found = T5Attention._relative_position_bucket(distances, two_sided, buckets, longest)
            edges = t5_edges(buckets // 2 if two_sided else buckets, longest)
            for distance, bucket in zip(distances.tolist(), found.tolist()):
                away = abs(distance) if two_sided else max(-distance, 0)
                later = buckets // 2 if two_sided and distance > 0 else 0
                assert bucket == later + sum(edge <= away for edge in edges) - 1, (name, side, distance)
            tensors[f"t5/{side}.{name}/buckets"] = found.to(torch.uint8)
            tensors[f"t5/{side}.{name}/edges"] = torch.tensor(edges)
    return tensors


def t5_bias():
    """Of queries 5 .. 8 over keys 0 .. 8, as when five tokens are in a cache: (heads, 4, 9)."""
    config = transformers.T5Config(d_model=8, d_kv=4, num_heads=2, relative_attention_num_buckets=8, relative_attention_max_distance=6)
    tensors = {}
    for side, causal in (("two_sided", False), ("causal", True)):
        config.is_decoder = causal
        layer = T5Attention(config, has_relative_attention_bias=True, layer_idx=0).double()
        layer.relative_attention_bias.weight = torch.nn.Parameter(pattern("t5", (8, 2)))
        tensors[f"t5/{side}/bias"] = layer.compute_bias(4, 9, past_seen_tokens=5)[0].detach()
    return tensors


def main():
    torch.set_num_threads(1)
    tensors = rope_tables() | rotations() | slope_tables() | t5_tables() | t5_bias() | attentions(rotated, alibi_slopes)
    tensors = {name: x.contiguous() for name, x in tensors.items()}
    # One entry: the order of several would differ from run to run.
    save_file(tensors, GOLDEN, metadata={"made with": f"torch {torch.__version__}, transformers {transformers.__version__}"})


if __name__ == "__main__":
    main()
