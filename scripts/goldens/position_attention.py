"""Self-attention of a tiny layer under each position scheme, with a window, and in its linear form, in double precision.

Weights follow formula.py under the names they have in our layer, or in the stack it belongs to; scores, values and masks
are written out as whole T x T matrices. Rows 0 and 1 of the batch have LENGTHS real tokens, then padding; what is kept are
the outputs of real tokens.
"""
import types

import torch
from formula import pattern
from torch.nn import functional as F
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.models.xlnet.modeling_xlnet import XLNetModel, XLNetRelativeAttention

D, HEADS, KV_HEADS, H, T, LENGTHS = 24, 6, 2, 8, 19, (19, 13)
MEMORY, CLAMP, WINDOW, MAX_DISTANCE, BUCKETS, LONGEST = 5, 4, 4, 3, 8, 12
REAL = torch.arange(T) < torch.tensor(LENGTHS)[:, None]


class Layer:
    """Queries (B, HEADS, T, H); keys and values (B, HEADS, M + T, H), each key head repeated for its query heads."""

    def __init__(self, causal, kv_heads=KV_HEADS, memory=0):
        self.causal, self.memory = causal, memory
        self.x = 16 * pattern("x", (2, T, D))
        seen = torch.cat((16 * pattern("memory", (2, memory, D)), self.x), 1)
        parts = pattern("qkv.weight", ((HEADS + 2 * kv_heads) * H, D)).split((HEADS * H, kv_heads * H, kv_heads * H))
        self.q, k, v = ((x @ w.t()).unflatten(-1, (-1, H)).transpose(1, 2) for x, w in zip((self.x, seen, seen), parts))
        self.k, self.v = (x.repeat_interleave(HEADS // kv_heads, 1) for x in (k, v))
        self.distance = torch.arange(memory + T) - torch.arange(memory, memory + T)[:, None]  # key - query
        self.real = torch.cat((torch.ones(2, memory, dtype=torch.bool), REAL), 1)

    def visible(self, window=None):
        seen = self.real[:, None, None, :] & torch.ones_like(self.distance, dtype=torch.bool)
        if self.causal:
            seen = seen & (self.distance <= 0)
        return seen if window is None else seen & (self.distance.abs() < window)

    def joined(self, mixed):
        """(B, HEADS, T, H) -> outputs of real tokens."""
        return (mixed.transpose(1, 2).flatten(2) @ pattern("out.weight", (D, HEADS * H)).t())[REAL]

    def weights(self, scores, window=None):
        return scores.masked_fill(~self.visible(window), -torch.inf).softmax(-1)

    def softmax(self, q=None, k=None, bias=0, window=None):
        q, k = (self.q, self.k) if q is None else (q, k)
        return self.joined(self.weights(q @ k.transpose(-1, -2) * H**-0.5 + bias, window) @ self.v)


def alibi(causal, slopes):
    layer = Layer(causal)
    out = layer.softmax(bias=-torch.tensor(slopes(HEADS), dtype=torch.float64)[:, None, None] * layer.distance.abs())
    if causal:  # the package's form: m j, the same under a causal mask alone
        theirs = build_alibi_tensor(torch.ones(2, T, dtype=torch.int64), HEADS, torch.float64).reshape(2, HEADS, 1, T)
        assert torch.allclose(layer.softmax(bias=theirs), out, atol=1e-5)
    return out


def t5(causal):
    layer = Layer(causal)
    bucket = T5Attention._relative_position_bucket(layer.distance, not causal, BUCKETS, LONGEST)
    return layer.softmax(bias=pattern(f"t5_{BUCKETS}_{LONGEST}.relative_bias", (BUCKETS, HEADS))[bucket].permute(2, 0, 1))


def shaw(causal, with_values):
    """e_ij = q_i (k_j + a^K_(j-i)) / sqrt(H);  z_i = sum_j w_ij (v_j + a^V_(j-i)); distances are clipped."""
    layer = Layer(causal)
    row = layer.distance.clamp(-MAX_DISTANCE, MAX_DISTANCE) + MAX_DISTANCE
    keys = layer.k[:, :, None] + pattern("positions.relative_keys", (2 * MAX_DISTANCE + 1, H))[row]
    values = layer.v[:, :, None] + (pattern("positions.relative_values", (2 * MAX_DISTANCE + 1, H))[row] if with_values else 0)
    weights = layer.weights((layer.q[:, :, :, None] * keys).sum(-1) * H**-0.5)
    return layer.joined((weights[..., None] * values).sum(-2))


def xl(causal, clamp=0, memory=0):
    """A_ij = ((q_i + u) k_j + (q_i + v) W_r R_(i-j)) / sqrt(H), R of half sines and half cosines."""
    layer = Layer(causal, HEADS, memory)
    u, v = pattern("xl.relative_u", (HEADS, H)), pattern("xl.relative_v", (HEADS, H))
    w = pattern("positions.project.weight", (HEADS * H, D))
    back = -layer.distance.clamp(-clamp, clamp) if clamp else -layer.distance
    angles = back[..., None] / 10000 ** (torch.arange(0, D, 2, dtype=torch.float64) / D)
    r = (torch.cat((angles.sin(), angles.cos()), -1) @ w.t()).unflatten(-1, (HEADS, H))
    scores = (layer.q + u[:, None]) @ layer.k.transpose(-1, -2) + torch.einsum("bnih,ijnh->bnij", layer.q + v[:, None], r)
    out = layer.joined(layer.weights(scores * H**-0.5) @ layer.v)
    assert torch.allclose(packages_xl(layer, clamp, u, v, w), out, atol=2e-5)
    return out


def packages_xl(layer, clamp, u, v, w):
    """The package's core with its shift, on the same queries, keys and values."""
    core = XLNetRelativeAttention(types.SimpleNamespace(d_model=D, n_head=HEADS, d_head=H, layer_norm_eps=1e-12, dropout=0.0))
    core.r_w_bias, core.r_r_bias = torch.nn.Parameter(u), torch.nn.Parameter(v)
    maker = types.SimpleNamespace(d_model=D, attn_type="bi", bi_data=False, clamp_len=clamp, positional_embedding=XLNetModel.positional_embedding)
    r = XLNetModel.relative_positional_encoding(maker, T, layer.memory + T).double()
    r = (r @ w.t()).unflatten(-1, (HEADS, H)).expand(-1, 2, -1, -1)
    hidden = (~layer.visible()).expand(2, HEADS, -1, -1).permute(2, 3, 0, 1).double()
    q, k, v = (x.permute(2, 0, 1, 3) for x in (layer.q, layer.k, layer.v))
    return layer.joined(core.rel_attn_core(q, k, v, r, attn_mask=hidden).permute(1, 2, 0, 3)).detach()


def rope(causal, rotated, pairing, fraction=1.0):
    layer, d = Layer(causal), int(H * fraction)
    inverse = 10000.0 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    q, k = (rotated(x.transpose(1, 2), inverse, 0, pairing).transpose(1, 2) for x in (layer.q, layer.k))
    return layer.softmax(q, k)


def linear(causal):
    """w_ij = phi(q_i) phi(k_j) / sum_j phi(q_i) phi(k_j), phi = elu + 1."""
    layer = Layer(causal)
    kernel = (F.elu(layer.q) + 1) @ (F.elu(layer.k) + 1).transpose(-1, -2) * layer.visible()
    return layer.joined(kernel / kernel.sum(-1, keepdim=True) @ layer.v)


def turned_linear(causal, rotated):
    """RoFormer's equation 19: features are turned where they meet values, not in the normaliser."""
    layer = Layer(causal)
    inverse = 10000.0 ** (-torch.arange(0, H, 2, dtype=torch.float64) / H)
    features = [F.elu(x) + 1 for x in (layer.q, layer.k)]
    q, k = (rotated(x.transpose(1, 2), inverse, 0, "halves").transpose(1, 2) for x in features)
    plain, turned = (a @ b.transpose(-1, -2) * layer.visible() for a, b in (features, (q, k)))
    return layer.joined(turned / plain.sum(-1, keepdim=True) @ layer.v)


def attentions(rotated, slopes):
    tensors = {}
    for side, causal in (("causal", True), ("two_sided", False)):
        made = {"none": Layer(causal).softmax(), "sliding_window": Layer(causal).softmax(window=WINDOW),
                "linear": linear(causal), "rope.linear": turned_linear(causal, rotated),
                "alibi": alibi(causal, slopes), "relative_t5": t5(causal), "relative_xl": xl(causal),
                "relative_shaw.keys": shaw(causal, False), "relative_shaw.values": shaw(causal, True),
                "rope.halves": rope(causal, rotated, "halves")}
        if causal:
            made |= {"relative_xl.clamp": xl(causal, CLAMP), "relative_xl.memory": xl(causal, 0, MEMORY),
                     "rope.interleaved": rope(causal, rotated, "interleaved"), "rope.half": rope(causal, rotated, "halves", 0.5)}
        names = list(made)
        for i, a in enumerate(names):  # none may be without effect, or its golden would prove nothing
            assert all((made[a] - made[b]).abs().max() > 1e-2 for b in names[:i]), a
        tensors |= {f"attention/{name}.{side}": x.float() for name, x in made.items()}
    return tensors
