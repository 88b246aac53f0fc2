#!/usr/bin/env python3
"""Writes tests/golden/transformer.safetensors: logits, losses, gradients and 50 Adam steps of tiny Transformers made of
torch.nn's own layers, in double precision. Needs torch and safetensors.

Nothing here knows our code, only our tensor names and shapes (docs/parameter-names.md). Weights follow a formula
(formula.py) that tests/golden/golden.h repeats; of each gradient the file keeps the norm and four projections
on vectors of signs, also from the formula: for an error e and random signs s, the mean of (s e)^2 is |e|^2.

    scripts/goldens/transformer.py --whole FILE

writes the whole gradients to FILE instead (7 MB); with ATTEND_WHOLE_GRADIENTS=FILE the test compares them element by element.
"""
import argparse
import itertools
import math
import pathlib

import numpy
import torch
from formula import pattern, signs
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "transformer.safetensors"
D, HEADS, KV_HEADS, FF, LAYERS, EPS, SMOOTHING, STEPS = 24, 6, 2, 20, 2, 1e-5, 0.1, 50
KV = D // HEADS * KV_HEADS
SOURCE_VOCABULARY, TARGET_VOCABULARY, MAX_LENGTH = 13, 17, 12
PADDING, BOS, EOS = 0, 2, 3
SOURCES = [[4, 9, 7, 12, 5, EOS], [8, 4, EOS], [6, 11, 11, 4, EOS], [EOS]]
TARGETS = [[5, 16, 8, 4, EOS], [7, 7, 12, 4, 15, 9, EOS], [13, EOS], [4, 5, 6, EOS]]

ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu,
               "relu_squared": lambda x: F.relu(x) ** 2, "swiglu": F.silu, "geglu": F.gelu, "reglu": F.relu}
GATED = ("swiglu", "geglu", "reglu")
# What goes with a tie, so that these variants are met as well: positions, biases of layers, bias of the output.
COMPANIONS = {"all": ("halves", True, False), "decoder": ("interleaved", True, True), "none": ("learned", False, False)}


class Case:
    def __init__(self, position, norm, activation, tie):
        self.name = f"{position}.{norm}.{activation}.{tie}"
        self.pre, self.rms, self.activation, self.tie = position == "pre", norm == "rms_norm", activation, tie
        self.positions, self.bias, self.output_bias = COMPANIONS[tie]
        self.up = FF * (2 if activation in GATED else 1)
        self.source_vocabulary = TARGET_VOCABULARY if tie == "all" else SOURCE_VOCABULARY

    def norm(self):
        return nn.RMSNorm(D, eps=EPS) if self.rms else nn.LayerNorm(D, eps=EPS, bias=self.bias)

    def shapes(self):
        """Our names and shapes."""
        shapes = {}

        def linear(name, rows, columns):
            shapes[name + ".weight"] = (rows, columns)
            if self.bias:
                shapes[name + ".bias"] = (rows,)

        def norm(name):
            shapes[name + ".weight"] = (D,)
            if self.bias and not self.rms:
                shapes[name + ".bias"] = (D,)

        for stack, i in itertools.product(("encoder", "decoder"), range(LAYERS)):
            layer = f"{stack}.layers.{i}."
            linear(layer + "self_attention.qkv", D + 2 * KV, D)
            linear(layer + "self_attention.out", D, D)
            linear(layer + "feed_forward.up", self.up, D)
            linear(layer + "feed_forward.down", D, FF)
            if stack == "decoder":
                linear(layer + "cross_attention.q", D, D)
                linear(layer + "cross_attention.kv", 2 * KV, D)
                linear(layer + "cross_attention.out", D, D)
                norm(layer + "cross_attention_norm")
            norm(layer + "self_attention_norm")
            norm(layer + "feed_forward_norm")
        for stack in ("encoder", "decoder"):
            if self.pre:
                norm(stack + ".final_norm")
            if self.positions == "learned":
                shapes[stack + "_input.positions.weight"] = (MAX_LENGTH, D)
        if self.tie == "all":
            shapes["embedding.weight"] = (TARGET_VOCABULARY, D)
        else:
            shapes["source_embedding.weight"] = (SOURCE_VOCABULARY, D)
            shapes["target_embedding.weight"] = (TARGET_VOCABULARY, D)
        if self.tie == "none":
            shapes["head.weight"] = (TARGET_VOCABULARY, D)
        if self.output_bias:
            shapes["head.bias"] = (TARGET_VOCABULARY,)
        return shapes


def sinusoids(layout):
    angles = torch.arange(MAX_LENGTH, dtype=torch.float64)[:, None] / 10000 ** (torch.arange(0, D, 2, dtype=torch.float64) / D)
    table = torch.empty(MAX_LENGTH, D, dtype=torch.float64)
    if layout == "halves":
        table[:, : D // 2], table[:, D // 2 :] = angles.sin(), angles.cos()
    else:
        table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


class Translator(nn.Module):
    def __init__(self, case):
        super().__init__()
        activation = ACTIVATIONS[case.activation]
        if case.activation in GATED:
            plain = activation
            activation = lambda x: plain(x[..., :FF]) * x[..., FF:]  # noqa: E731
        options = dict(d_model=D, nhead=HEADS, dim_feedforward=FF, dropout=0.0, activation=activation, batch_first=True,
                       norm_first=case.pre, bias=case.bias, layer_norm_eps=EPS)
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(**options) for _ in range(LAYERS))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(**options) for _ in range(LAYERS))
        for layer in [*self.encoder, *self.decoder]:
            layer.linear1 = nn.Linear(D, case.up, bias=case.bias)
            for name in ("norm1", "norm2", "norm3"):
                if hasattr(layer, name):
                    setattr(layer, name, case.norm())
        self.encoder_norm = case.norm() if case.pre else nn.Identity()
        self.decoder_norm = case.norm() if case.pre else nn.Identity()
        self.source = nn.Embedding(case.source_vocabulary, D, padding_idx=PADDING)
        self.target = nn.Embedding(TARGET_VOCABULARY, D, padding_idx=PADDING)
        self.output = nn.Linear(D, TARGET_VOCABULARY, bias=case.output_bias)
        self.source_positions = nn.Embedding(MAX_LENGTH, D)
        self.target_positions = nn.Embedding(MAX_LENGTH, D)

    def forward(self, source, target):
        unseen_source, unseen_target = source == PADDING, target == PADDING
        x = embedded(self.source, self.source_positions, source)
        for layer in self.encoder:
            x = layer(x, src_key_padding_mask=unseen_source)
        memory = self.encoder_norm(x)
        # A padding row sees itself, so that no row is empty; nothing real sees it.
        length = target.size(1)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        hidden = (future | unseen_target[:, None, :]) & ~torch.eye(length, dtype=torch.bool)
        x = embedded(self.target, self.target_positions, target)
        for layer in self.decoder:
            x = layer(x, memory, tgt_mask=hidden.repeat_interleave(HEADS, 0), memory_key_padding_mask=unseen_source)
        return self.output(self.decoder_norm(x))


def embedded(table, positions, ids):
    place = (ids.ne(PADDING).cumsum(1) - 1).clamp_min(0)
    return table(ids) * math.sqrt(D) + positions(place)


def torch_state(case, ours):
    """Our tensors under torch's names. Keys and values are repeated for each query head of a group."""
    state = {}

    def repeated(x):
        heads = x.reshape(KV_HEADS, D // HEADS, *x.shape[1:])
        return heads.repeat_interleave(HEADS // KV_HEADS, 0).reshape(D, *x.shape[1:])

    def attention(there, parts):
        q, k, v = torch.cat(parts).split((D, KV, KV))
        state[there] = torch.cat((q, repeated(k), repeated(v)))

    def copy(there, here):
        for kind in (".weight", ".bias"):
            if here + kind in ours:
                state[there + kind] = ours[here + kind]

    for stack, i in itertools.product(("encoder", "decoder"), range(LAYERS)):
        there, here = f"{stack}.{i}.", f"{stack}.layers.{i}."
        for kind in ("weight", "bias") if case.bias else ("weight",):
            attention(f"{there}self_attn.in_proj_{kind}", [ours[f"{here}self_attention.qkv.{kind}"]])
            if stack == "decoder":
                attention(f"{there}multihead_attn.in_proj_{kind}",
                          [ours[f"{here}cross_attention.q.{kind}"], ours[f"{here}cross_attention.kv.{kind}"]])
        copy(there + "self_attn.out_proj", here + "self_attention.out")
        copy(there + "linear1", here + "feed_forward.up")
        copy(there + "linear2", here + "feed_forward.down")
        copy(there + "norm1", here + "self_attention_norm")
        copy(there + ("norm3" if stack == "decoder" else "norm2"), here + "feed_forward_norm")
        if stack == "decoder":
            copy(there + "multihead_attn.out_proj", here + "cross_attention.out")
            copy(there + "norm2", here + "cross_attention_norm")
    copy("encoder_norm", "encoder.final_norm")
    copy("decoder_norm", "decoder.final_norm")
    source, target = ("embedding",) * 2 if case.tie == "all" else ("source_embedding", "target_embedding")
    copy("source", source)
    copy("target", target)
    copy("output", "head")
    if case.tie != "none":
        state["output.weight"] = ours[target + ".weight"]
    for there, here in (("source_positions", "encoder_input"), ("target_positions", "decoder_input")):
        state[there + ".weight"] = ours[here + ".positions.weight"] if case.positions == "learned" else sinusoids(case.positions)
    return state


def batch(left):
    def padded(rows):
        width = max(map(len, rows))
        fill = [[PADDING] * (width - len(r)) for r in rows]
        return torch.tensor([f + r if left else r + f for r, f in zip(rows, fill)])

    return padded(SOURCES), padded([[BOS] + t[:-1] for t in TARGETS]), padded(TARGETS)


def logits_of(case, model, ours, ids):
    state = torch_state(case, ours)
    missing = {name for name, _ in model.named_parameters()} ^ set(state)
    assert not missing, missing
    return functional_call(model, state, (ids[0], ids[1]))


def loss_of(logits, labels, smoothing=SMOOTHING):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=PADDING, label_smoothing=smoothing, reduction="sum")


def one_pass(case, model, left):
    ours = {name: pattern(name, shape).requires_grad_() for name, shape in case.shapes().items()}
    ids = batch(left)
    logits = logits_of(case, model, ours, ids)
    loss = loss_of(logits, ids[2])
    loss.backward()
    losses = torch.stack((loss, loss_of(logits, ids[2], 0.0))).detach()
    return logits[ids[2] != PADDING].detach(), losses, {name: ours[name].grad for name in sorted(ours)}


def record(gradients):
    """A row each: the norm and four projections."""
    rows = [[g.norm().item()] + [(g * signs(name, k, g.shape)).sum().item() for k in range(4)] for name, g in gradients.items()]
    return torch.tensor(rows, dtype=torch.float64)


def adam_losses(case, model):
    ours = {name: pattern(name, shape).requires_grad_() for name, shape in case.shapes().items()}
    optimizer = torch.optim.Adam(ours.values(), lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
    ids = batch(False)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(logits_of(case, model, ours, ids), ids[2]) / (ids[2] != PADDING).sum()
        loss.backward()
        nn.utils.clip_grad_norm_(ours.values(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def all_cases():
    return [Case(*choice) for choice in itertools.product(("pre", "post"), ("layer_norm", "rms_norm"), ACTIVATIONS, COMPANIONS)]


def whole_gradients():
    tensors = {}
    for case in all_cases():
        for name, gradient in one_pass(case, Translator(case).double().train(), False)[2].items():
            tensors[f"{case.name}/{name}"] = gradient
    return tensors


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--whole", metavar="FILE", help="whole gradients, nothing else")
    whole = arguments.parse_args().whole
    torch.set_num_threads(1)
    if whole:
        save_file(whole_gradients(), whole)
        return
    tensors = {}
    for case in all_cases():
        model = Translator(case).double().train()
        right, left = one_pass(case, model, False), one_pass(case, model, True)
        right, left = ((logits, losses, record(gradients)) for logits, losses, gradients in (right, left))
        for a, b in zip(right, left):  # padding is no part of the model, so one record serves both
            assert torch.allclose(a, b, rtol=1e-11, atol=1e-11)
        logits, losses, gradients = right
        tensors[case.name + "/logits"] = logits.float()
        tensors[case.name + "/losses"] = losses
        tensors[case.name + "/gradients"] = gradients
        tensors[case.name + "/adam"] = adam_losses(case, model)
    source, inputs, labels = batch(False)
    tensors |= {"source": source, "inputs": inputs, "labels": labels}
    versions = {"format": "pt", "torch": torch.__version__, "numpy": numpy.__version__}
    save_file(tensors, GOLDEN, metadata=versions)


if __name__ == "__main__":
    main()
