"""Tiny language models of the transformers package, and their state made of tensors with our names.

A style knows our names and shapes (docs/parameter-names.md), builds the package's model and turns our tensors into its.
"""
import transformers

VOCABULARY, D, LAYERS = 24, 48, 2
FF, LLAMA_FF, MAX_LENGTH, BASE, FACTOR, ORIGINAL, WINDOW = 192, 128, 64, 100.0, 4.0, 32, 8

# A small base and a short original length, so that some of four frequencies are kept, some blended, some divided.
SCALINGS = {
    "linear": {"rope_type": "linear", "rope_theta": BASE, "factor": FACTOR},
    # Static NTK is another base: base * factor^(d / (d - 2)) with heads of d = 8.
    "ntk": {"rope_type": "default", "rope_theta": BASE * FACTOR ** (8 / 6)},
    "yarn": {"rope_type": "yarn", "rope_theta": BASE, "factor": FACTOR, "original_max_position_embeddings": ORIGINAL},
    "llama3": {"rope_type": "llama3", "rope_theta": BASE, "factor": FACTOR, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": ORIGINAL},
}


class Style:
    """Our names and shapes, and the state of a package's model made of them."""

    def __init__(self, heads, kv_heads, up, down, bias):
        self.heads, self.kv, self.up, self.down, self.bias = heads, D // heads * kv_heads, up, down, bias

    def shapes(self):
        shapes = {"embedding.weight": (VOCABULARY, D), **self.extra()}

        def tensors(name, *shape):
            shapes[name + ".weight"] = shape
            if self.bias:
                shapes[name + ".bias"] = shape[:1]

        for i in range(LAYERS):
            layer = f"decoder.layers.{i}."
            tensors(layer + "self_attention.qkv", D + 2 * self.kv, D)
            tensors(layer + "self_attention.out", D, D)
            tensors(layer + "feed_forward.up", self.up, D)
            tensors(layer + "feed_forward.down", D, self.down)
            tensors(layer + "self_attention_norm", D)
            tensors(layer + "feed_forward_norm", D)
        tensors("decoder.final_norm", D)
        return shapes

    def copy(self, state, there, ours, here, change=lambda x: x):
        for kind in (".weight", ".bias") if here + ".bias" in ours else (".weight",):
            state[there + kind] = change(ours[here + kind])


class Gpt2(Style):
    def __init__(self):
        super().__init__(heads=4, kv_heads=4, up=FF, down=FF, bias=True)

    def model(self):
        return transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=VOCABULARY, n_positions=MAX_LENGTH, n_embd=D, n_layer=LAYERS, n_head=self.heads, n_inner=FF,
            activation_function="gelu_new", resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, layer_norm_epsilon=1e-5,
            bos_token_id=None, eos_token_id=None))

    def extra(self):
        return {"input.positions.weight": (MAX_LENGTH, D)}

    def state(self, ours):
        state = {"transformer.wte.weight": ours["embedding.weight"], "transformer.wpe.weight": ours["input.positions.weight"]}
        for i in range(LAYERS):
            there, here = f"transformer.h.{i}.", f"decoder.layers.{i}."
            for a, b in (("attn.c_attn", "self_attention.qkv"), ("attn.c_proj", "self_attention.out"),
                         ("mlp.c_fc", "feed_forward.up"), ("mlp.c_proj", "feed_forward.down")):
                self.copy(state, there + a, ours, here + b, lambda x: x.t())  # Conv1D keeps (in, out); t() leaves vectors
            self.copy(state, there + "ln_1", ours, here + "self_attention_norm")
            self.copy(state, there + "ln_2", ours, here + "feed_forward_norm")
        self.copy(state, "transformer.ln_f", ours, "decoder.final_norm")
        return state


class Llama(Style):
    """Llama and its relatives, which share names: grouped heads, SwiGLU, RMSNorm, no biases."""

    def __init__(self, family="Llama", tied=False, rope=None, **more):
        super().__init__(heads=6, kv_heads=2, up=2 * LLAMA_FF, down=LLAMA_FF, bias=False)
        self.family, self.tied = family, tied
        self.options = dict(rope_parameters=rope or {"rope_type": "default", "rope_theta": 10000.0}, **more)

    def model(self):
        config = getattr(transformers, self.family + "Config")(
            vocab_size=VOCABULARY, hidden_size=D, intermediate_size=LLAMA_FF, num_hidden_layers=LAYERS,
            num_attention_heads=self.heads, num_key_value_heads=2, head_dim=D // self.heads, hidden_act="silu",
            max_position_embeddings=round(ORIGINAL * FACTOR), rms_norm_eps=1e-5, tie_word_embeddings=self.tied,
            pad_token_id=None, bos_token_id=None, eos_token_id=None, **self.options)
        return getattr(transformers, self.family + "ForCausalLM")(config)

    def extra(self):
        shapes = {} if self.tied else {"head.weight": (VOCABULARY, D)}
        if self.family == "Qwen3":
            for i in range(LAYERS):
                shapes |= {f"decoder.layers.{i}.self_attention.norms.{x}.weight": (D // self.heads,) for x in ("query", "key")}
        return shapes

    def state(self, ours):
        state = {"model.embed_tokens.weight": ours["embedding.weight"], "model.norm.weight": ours["decoder.final_norm.weight"]}
        if not self.tied:
            state["lm_head.weight"] = ours["head.weight"]
        for i in range(LAYERS):
            there, here = f"model.layers.{i}.", f"decoder.layers.{i}."
            parts = ours[here + "self_attention.qkv.weight"].split((D, self.kv, self.kv))
            gate_and_up = ours[here + "feed_forward.up.weight"].chunk(2)
            names = [f"self_attn.{x}_proj.weight" for x in "qkv"] + ["mlp.gate_proj.weight", "mlp.up_proj.weight"]
            state |= {there + name: part for name, part in zip(names, (*parts, *gate_and_up))}
            self.copy(state, there + "self_attn.o_proj", ours, here + "self_attention.out")
            self.copy(state, there + "mlp.down_proj", ours, here + "feed_forward.down")
            self.copy(state, there + "input_layernorm", ours, here + "self_attention_norm")
            self.copy(state, there + "post_attention_layernorm", ours, here + "feed_forward_norm")
            if self.family == "Qwen3":
                self.copy(state, there + "self_attn.q_norm", ours, here + "self_attention.norms.query")
                self.copy(state, there + "self_attn.k_norm", ours, here + "self_attention.norms.key")
        return state


class Bloom(Style):
    def __init__(self):
        super().__init__(heads=6, kv_heads=6, up=FF, down=FF, bias=True)

    def model(self):
        return transformers.BloomForCausalLM(transformers.BloomConfig(
            vocab_size=VOCABULARY, hidden_size=D, n_layer=LAYERS, n_head=self.heads, layer_norm_epsilon=1e-5,
            bos_token_id=None, eos_token_id=None))

    def extra(self):
        return {"input.norm.weight": (D,), "input.norm.bias": (D,)}

    def by_head(self, x):
        """Rows [q | k | v], each by head -> by head, each [q | k | v]."""
        return x.reshape(3, self.heads, D // self.heads, *x.shape[1:]).transpose(0, 1).reshape(x.shape)

    def state(self, ours):
        state = {"transformer.word_embeddings.weight": ours["embedding.weight"]}
        self.copy(state, "transformer.word_embeddings_layernorm", ours, "input.norm")
        for i in range(LAYERS):
            there, here = f"transformer.h.{i}.", f"decoder.layers.{i}."
            self.copy(state, there + "self_attention.query_key_value", ours, here + "self_attention.qkv", self.by_head)
            self.copy(state, there + "self_attention.dense", ours, here + "self_attention.out")
            self.copy(state, there + "mlp.dense_h_to_4h", ours, here + "feed_forward.up")
            self.copy(state, there + "mlp.dense_4h_to_h", ours, here + "feed_forward.down")
            self.copy(state, there + "input_layernorm", ours, here + "self_attention_norm")
            self.copy(state, there + "post_attention_layernorm", ours, here + "feed_forward_norm")
        self.copy(state, "transformer.ln_f", ours, "decoder.final_norm")
        return state


STYLES = {
    "gpt2": Gpt2(),
    "llama": Llama(),
    "llama_tied": Llama(tied=True),
    **{"llama_" + name: Llama(rope=rope) for name, rope in SCALINGS.items()},
    "mistral": Llama("Mistral", sliding_window=WINDOW),
    "qwen3": Llama("Qwen3"),
    "bloom": Bloom(),
}
