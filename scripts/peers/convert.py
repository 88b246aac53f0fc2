"""An Attend model directory as the plain PyTorch Transformer of the peers' scripts reads it: config.json,
model.safetensors with that Transformer's names, spm.model. The weights are the same bytes; only their names change.

That Transformer is pre-norm with LayerNorm, ReLU, biases, sinusoidal positions in halves, and one embedding matrix for
source, target and output; anything else is refused.
"""
import json
import pathlib
import re
import shutil
import struct

# Names of docs/parameter-names.md and the other program's, in the order they are tried.
NAMES = [
    (r"embedding\.weight", r"embed.weight"),
    (r"(encoder|decoder)\.final_norm\.(weight|bias)", r"\1_norm.\2"),
    (r"(encoder|decoder)\.layers\.(\d+)\.self_attention\.(qkv|out)\.(weight|bias)", r"\1.\2.attention.\3.\4"),
    (r"decoder\.layers\.(\d+)\.cross_attention\.(q|kv|out)\.(weight|bias)", r"decoder.\1.cross.\2.\3"),
    (r"(encoder|decoder)\.layers\.(\d+)\.feed_forward\.(up|down)\.(weight|bias)", r"\1.\2.ffn.\3.\4"),
    (r"(encoder|decoder)\.layers\.(\d+)\.self_attention_norm\.(weight|bias)", r"\1.\2.norm1.\3"),
    (r"decoder\.layers\.(\d+)\.cross_attention_norm\.(weight|bias)", r"decoder.\1.norm2.\2"),
    (r"encoder\.layers\.(\d+)\.feed_forward_norm\.(weight|bias)", r"encoder.\1.norm2.\2"),
    (r"decoder\.layers\.(\d+)\.feed_forward_norm\.(weight|bias)", r"decoder.\1.norm3.\2"),
]
NEEDED = {
    "architecture": "encoder_decoder", "norm": "layer_norm", "norm_position": "pre", "activation": "relu",
    "bias": "true", "qkv_bias": "true", "final_norm": "true", "embedding_norm": "false", "output_bias": "false",
    "tie_embeddings": "all", "scale_embeddings": "true", "position.type": "sinusoidal", "position.layout": "halves",
    "attention.type": "full",
}


def read_config(path):
    """The scalars of a config.yaml that Attend wrote (block style, two spaces a level): {"model.d_model": "128"}."""
    values, above = {}, []
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"( *)([a-z_]+):(?: (.*))?", line)
        if not match:
            continue
        depth = len(match[1]) // 2
        above[depth:] = [match[2]]
        if match[3] is not None:
            values[".".join(above)] = match[3]
    return values


def model_config(values, vocabulary):
    model = {key[len("model."):]: value for key, value in values.items() if key.startswith("model.")}
    wrong = [f"model.{key}: {model.get(key)}, not {value}" for key, value in NEEDED.items() if model.get(key) != value]
    if model.get("num_kv_heads") != model.get("num_heads"):
        wrong.append("model.num_kv_heads: fewer than num_heads")
    if wrong:
        raise SystemExit("bench_peers: the peers' Transformer has no counterpart for this model: " + "; ".join(wrong))
    whole = {"d_model": "d_model", "ffn": "d_ff", "heads": "num_heads", "encoder_layers": "encoder_layers",
             "decoder_layers": "decoder_layers"}
    config = {"vocab": vocabulary, **{name: int(model[key]) for name, key in whole.items()}}
    for name in ("dropout", "attention_dropout", "activation_dropout"):
        config[name] = float(model[name])
    return {**config, "max_length": 256, "norm": "pre", "activation": "relu", "pad": 0, "unk": 1, "bos": 2, "eos": 3}


def renamed(name):
    for pattern, replacement in NAMES:
        match = re.fullmatch(pattern, name)
        if match:
            return match.expand(replacement)
    raise SystemExit(f"bench_peers: the peers' Transformer has no tensor like {name}")


def convert(model, out):
    """Writes `out` from the model directory `model`; returns out."""
    model, out = pathlib.Path(model), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    data = (model / "model.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    config = model_config(read_config(model / "config.yaml"), header["embedding.weight"]["shape"][0])
    text = json.dumps({renamed(name): entry for name, entry in header.items()}).encode()
    text += b" " * (-len(text) % 8)
    (out / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
    (out / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    shutil.copy(model / "tokenizer.model", out / "spm.model")
    return out
