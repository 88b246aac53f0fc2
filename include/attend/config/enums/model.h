// Choices of the section `model`; positions and attentions have headers of their own. Each choice has a table with one
// row per value.
#pragma once

#include "attend/core/enum_table.h"

namespace attend {

enum class Architecture { encoder_decoder, decoder };
inline constexpr EnumEntry<Architecture> kArchitectures[] = {
    {Architecture::encoder_decoder, "encoder_decoder",
     "a bidirectional encoder and a causal decoder with cross-attention"},
    {Architecture::decoder, "decoder", "a causal decoder alone, of decoder_layers layers"}};
ATTEND_ENUM_TABLE(Architecture, kArchitectures)
// The parts that a model of this architecture has.
struct Parts {
  bool encoder, decoder, cross_attention;
};
constexpr Parts parts_of(Architecture architecture) {
  switch (architecture) {
    case Architecture::encoder_decoder: return {true, true, true};
    case Architecture::decoder: break;
  }
  return {false, true, false};
}

enum class Activation { relu, gelu, gelu_tanh, silu, relu_squared, swiglu, geglu, reglu };
inline constexpr EnumEntry<Activation> kActivations[] = {
    {Activation::relu, "relu", "max(x, 0)"},
    {Activation::gelu, "gelu", "x Phi(x), exact"},
    {Activation::gelu_tanh, "gelu_tanh", "GELU's tanh approximation (GPT-2)"},
    {Activation::silu, "silu", "x sigmoid(x)"},
    {Activation::relu_squared, "relu_squared", "max(x, 0)^2"},
    {Activation::swiglu, "swiglu", "silu(gate) * up"},
    {Activation::geglu, "geglu", "gelu(gate) * up"},
    {Activation::reglu, "reglu", "relu(gate) * up"}};
ATTEND_ENUM_TABLE(Activation, kActivations)
constexpr bool is_gated(Activation a) {
  return a == Activation::swiglu || a == Activation::geglu || a == Activation::reglu;
}

enum class NormType { layer_norm, rms_norm, none };
inline constexpr EnumEntry<NormType> kNormTypes[] = {
    {NormType::layer_norm, "layer_norm", "(x - mean) / sqrt(var + eps) * weight + bias"},
    {NormType::rms_norm, "rms_norm", "x / sqrt(mean(x^2) + eps) * weight"},
    {NormType::none, "none", "identity"}};
ATTEND_ENUM_TABLE(NormType, kNormTypes)

enum class NormPosition { pre, post };
inline constexpr EnumEntry<NormPosition> kNormPositions[] = {
    {NormPosition::pre, "pre", "x + f(norm(x)); a final norm ends the stack"},
    {NormPosition::post, "post", "norm(x + f(x)), as in the original paper"}};
ATTEND_ENUM_TABLE(NormPosition, kNormPositions)

enum class TieEmbeddings { automatic, all, decoder, none };
inline constexpr EnumEntry<TieEmbeddings> kTieEmbeddings[] = {
    {TieEmbeddings::automatic, "auto", "all where the vocabulary is shared, else decoder; of a language model decoder"},
    {TieEmbeddings::all, "all", "one matrix for source, target and output (needs a shared vocabulary)"},
    {TieEmbeddings::decoder, "decoder",
     "one matrix for target and output, or for input and output of a language model"},
    {TieEmbeddings::none, "none", "every matrix its own"}};
ATTEND_ENUM_TABLE(TieEmbeddings, kTieEmbeddings)

enum class InitScheme { xavier_uniform, normal, linear };
inline constexpr EnumEntry<InitScheme> kInitSchemes[] = {
    {InitScheme::xavier_uniform, "xavier_uniform", "U(+-sqrt(6 / (in + out))), biases 0, embeddings N(0, 1/d_model)"},
    {InitScheme::normal, "normal", "N(0, std), biases 0 (GPT-2)"},
    {InitScheme::linear, "linear",
     "U(+-1/sqrt(in)) for weights and biases (PyTorch's nn.Linear), embeddings N(0, 1/d_model)"}};
ATTEND_ENUM_TABLE(InitScheme, kInitSchemes)

}  // namespace attend
