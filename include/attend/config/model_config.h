// The section `model`: widths, norms, positions, attention.
#pragma once

#include <string>
#include <vector>

#include "attend/config/attention_config.h"
#include "attend/config/enums/model.h"
#include "attend/config/field.h"
#include "attend/config/position_config.h"

namespace attend {

struct InitConfig {
  InitScheme scheme = InitScheme::xavier_uniform;
  double std = 0.02;
  bool scale_residual = false;
  template <class V>
  void visit(V& v) {
    v.field("scheme", scheme, "how weights start", {}, Resume::free);
    v.of("scheme", {InitScheme::normal}).field("std", std, "standard deviation", Range{1e-6, 10}, Resume::free);
    v.field("scale_residual", scale_residual,
            "projections into the residual start 1/sqrt(sublayers of the stack) smaller", {}, Resume::free);
  }
};

// What the position type `auto` stands for.
constexpr PositionType automatic_position(Architecture architecture) {
  return architecture == Architecture::decoder ? PositionType::rope : PositionType::sinusoidal;
}

struct ModelConfig {
  Architecture architecture = Architecture::encoder_decoder;
  std::int64_t d_model = 512;
  std::int64_t num_heads = 8;
  Auto<std::int64_t> num_kv_heads;
  Auto<std::int64_t> d_head;
  std::int64_t d_ff = 2048;
  std::int64_t encoder_layers = 6;
  std::int64_t decoder_layers = 6;
  Activation activation = Activation::relu;
  NormType norm = NormType::layer_norm;
  NormPosition norm_position = NormPosition::pre;
  double norm_eps = 1e-5;
  Auto<bool> final_norm;
  bool embedding_norm = false;
  bool bias = true;
  Auto<bool> qkv_bias;
  double dropout = 0.1;
  double attention_dropout = 0.1;
  double activation_dropout = 0.0;
  Auto<double> embedding_dropout;
  TieEmbeddings tie_embeddings = TieEmbeddings::automatic;
  Auto<bool> scale_embeddings;
  bool output_bias = false;
  bool recompute = false;
  std::int64_t memory_length = 0;
  InitConfig init;
  std::vector<PositionConfig> position{PositionConfig{}};                              // rows repeat over the layers
  std::vector<PositionConfig> encoder_position, decoder_position;                      // empty: `position` is used
  std::vector<AttentionConfig> attention{AttentionConfig{}};                           // rows repeat over the layers
  std::vector<AttentionConfig> encoder_attention, decoder_attention, cross_attention;  // empty: `attention` is used
  template <class V>
  void visit(V& v) {
    const Range width{1, 65536}, layers{1, 512};
    v.field("architecture", architecture, "the shape of the model", {}, Resume::refused);
    v.field("d_model", d_model, "width of the residual stream", width, Resume::refused);
    v.field("num_heads", num_heads, "query heads", Range{1, 1024}, Resume::refused);
    v.automatic("num_kv_heads", num_kv_heads,
                "key and value heads; fewer than num_heads: grouped-query, 1: multi-query", Range{1, 1024},
                Resume::refused, "num_heads");
    v.automatic("d_head", d_head, "size of a head", width, Resume::refused, "d_model / num_heads");
    v.field("d_ff", d_ff, "inner width of the feed-forward layer; of a gated activation, of each branch",
            Range{1, 1'000'000}, Resume::refused);
    v.of("architecture", {Architecture::encoder_decoder})
        .field("encoder_layers", encoder_layers, "layers of the encoder", layers, Resume::refused);
    v.field("decoder_layers", decoder_layers, "layers of the decoder", layers, Resume::refused);
    v.field("activation", activation, "of the feed-forward layer", {}, Resume::refused);
    v.field("norm", norm, "normalisation", {}, Resume::refused);
    v.field("norm_position", norm_position, "before or after each sublayer", {}, Resume::refused);
    v.of("norm", {NormType::layer_norm, NormType::rms_norm})
        .field("norm_eps", norm_eps, "added to the variance", Range{1e-12, 1}, Resume::refused);
    v.automatic("final_norm", final_norm, "a norm after the last layer", {}, Resume::refused,
                "true for norm_position pre");
    v.of("norm", {NormType::layer_norm, NormType::rms_norm})
        .field("embedding_norm", embedding_norm, "a norm after the embeddings", {}, Resume::refused);
    v.field("bias", bias, "of linear layers and LayerNorm", {}, Resume::refused);
    v.automatic("qkv_bias", qkv_bias, "of the query, key and value projections", {}, Resume::refused, "bias");
    v.field("dropout", dropout, "after each sublayer", kProbability, Resume::incomparable);
    v.field("attention_dropout", attention_dropout, "on attention probabilities; linear attention has none",
            kProbability, Resume::incomparable);
    v.field("activation_dropout", activation_dropout, "inside the feed-forward layer", kProbability,
            Resume::incomparable);
    v.automatic("embedding_dropout", embedding_dropout, "on embeddings", kProbability, Resume::incomparable, "dropout");
    v.field("tie_embeddings", tie_embeddings, "which embedding matrices are one", {}, Resume::refused);
    v.automatic("scale_embeddings", scale_embeddings, "multiply embeddings by sqrt(d_model)", {}, Resume::refused,
                "true for encoder_decoder and for sinusoidal positions");
    v.field("output_bias", output_bias, "a bias on the logits", {}, Resume::refused);
    v.field("recompute", recompute,
            "activations of a layer are computed again in backward instead of kept: less memory, a third more time", {},
            Resume::free);
    v.of("architecture", {Architecture::decoder})
        .field("memory_length", memory_length,
               "with relative_xl: places of earlier segments that each layer remembers; 0: off", Range{0, 1'000'000},
               Resume::refused);
    v.section("init", init, "initial weights");
    // A row without a type may name options of the type that the architecture stands for.
    const auto assume = [&](PositionConfig& row) { row.assume(automatic_position(architecture)); };
    v.pattern("position", position, "position scheme of every stack: one, or a list repeated over the layers", assume);
    v.of("architecture", {Architecture::encoder_decoder})
        .pattern("encoder_position", encoder_position, "of the encoder instead", assume);
    v.pattern("decoder_position", decoder_position, "of the decoder instead", assume);
    v.pattern("attention", attention, "attention of every layer: one, or a list repeated over the layers");
    v.of("architecture", {Architecture::encoder_decoder})
        .pattern("encoder_attention", encoder_attention, "of the encoder instead");
    v.pattern("decoder_attention", decoder_attention, "self-attention of the decoder instead");
    v.of("architecture", {Architecture::encoder_decoder})
        .pattern("cross_attention", cross_attention, "cross-attention instead");
  }
};

}  // namespace attend
