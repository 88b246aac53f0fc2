// Every choice that a YAML makes by name, with one row per value. The parser, the printer, the reference and the tests
// read these tables.
#pragma once

#include "attend/core/enum_table.h"

namespace attend {

// Declares `constexpr std::span<const EnumEntry<E>> enum_table(E)`, which returns a table.
#define ATTEND_ENUM_TABLE(E, table) \
  constexpr std::span<const EnumEntry<E>> enum_table(E) { return table; }

enum class TaskType { translation, language_model };
inline constexpr EnumEntry<TaskType> kTaskTypes[] = {
    {TaskType::translation, "translation", "an encoder-decoder that turns source lines into target lines"},
    {TaskType::language_model, "language_model", "a decoder that predicts the next token of a text"}};
ATTEND_ENUM_TABLE(TaskType, kTaskTypes)

enum class Precision { automatic, fp32, bf16 };
inline constexpr EnumEntry<Precision> kPrecisions[] = {
    {Precision::automatic, "auto",
     "bf16 on CUDA and on CPUs that multiply bf16 natively (AMX, AVX512-BF16), else fp32"},
    {Precision::fp32, "fp32", "everything in single precision"},
    {Precision::bf16, "bf16", "bfloat16 weights and activations, fp32 masters, gradients, norms, softmax and loss"}};
ATTEND_ENUM_TABLE(Precision, kPrecisions)

enum class TokenizerType { sentencepiece, bpe, character, byte };
inline constexpr EnumEntry<TokenizerType> kTokenizerTypes[] = {
    {TokenizerType::sentencepiece, "sentencepiece", "SentencePiece subwords, trained in-process"},
    {TokenizerType::bpe, "bpe", "GPT-2's byte-level BPE, trained in-process"},
    {TokenizerType::character, "char", "one token per Unicode code point seen in training"},
    {TokenizerType::byte, "byte", "one token per UTF-8 byte; nothing to train"}};
ATTEND_ENUM_TABLE(TokenizerType, kTokenizerTypes)

enum class SubwordAlgorithm { bpe, unigram };
inline constexpr EnumEntry<SubwordAlgorithm> kSubwordAlgorithms[] = {
    {SubwordAlgorithm::bpe, "bpe", "byte-pair encoding"},
    {SubwordAlgorithm::unigram, "unigram", "unigram language model"}};
ATTEND_ENUM_TABLE(SubwordAlgorithm, kSubwordAlgorithms)

enum class Normalization { nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf, identity };
inline constexpr EnumEntry<Normalization> kNormalizations[] = {
    {Normalization::nmt_nfkc, "nmt_nfkc",
     "Unicode's NFKC; controls go, and characters like U+200B, U+200C and tabs are spaces"},
    {Normalization::nfkc, "nfkc", "Unicode's NFKC: U+2122 is TM, U+FF21 is A, U+00BD is 1, U+2044, 2"},
    {Normalization::nmt_nfkc_cf, "nmt_nfkc_cf", "nmt_nfkc without capitals (case folding)"},
    {Normalization::nfkc_cf, "nfkc_cf", "nfkc without capitals"},
    {Normalization::identity, "identity", "characters stay as they are"}};
ATTEND_ENUM_TABLE(Normalization, kNormalizations)

enum class OverLength { skip, crop };
inline constexpr EnumEntry<OverLength> kOverLengths[] = {
    {OverLength::skip, "skip", "leave out pairs with a longer side (counted and reported)"},
    {OverLength::crop, "crop", "keep the beginning"}};
ATTEND_ENUM_TABLE(OverLength, kOverLengths)

enum class DocumentRule { file, line, blank_line };
inline constexpr EnumEntry<DocumentRule> kDocumentRules[] = {
    {DocumentRule::file, "file", "the whole file is one document"},
    {DocumentRule::line, "line", "every line that is not blank"},
    {DocumentRule::blank_line, "blank_line", "what stands between blank lines"}};
ATTEND_ENUM_TABLE(DocumentRule, kDocumentRules)

enum class IdType { uint16, uint32 };
inline constexpr EnumEntry<IdType> kIdTypes[] = {
    {IdType::uint16, "uint16", "two bytes an id, little-endian (nanoGPT, llm.c)"},
    {IdType::uint32, "uint32", "four bytes an id, little-endian"}};
ATTEND_ENUM_TABLE(IdType, kIdTypes)

enum class BlockSampling { random_blocks, sequential, packed };
inline constexpr EnumEntry<BlockSampling> kBlockSamplings[] = {
    {BlockSampling::random_blocks, "random_blocks", "blocks that begin anywhere, drawn with replacement (nanoGPT)"},
    {BlockSampling::sequential, "sequential",
     "the text in its order; a row goes on where it stood in the batch before"},
    {BlockSampling::packed, "packed", "every block once an epoch, in random order; no token sees another document"}};
ATTEND_ENUM_TABLE(BlockSampling, kBlockSamplings)

enum class BatchUnit { sequences, source_tokens, target_tokens, padded_tokens };
inline constexpr EnumEntry<BatchUnit> kBatchUnits[] = {
    {BatchUnit::sequences, "sequences", "sentence pairs; of a language model blocks"},
    {BatchUnit::source_tokens, "source_tokens", "rows x longest source"},
    {BatchUnit::target_tokens, "target_tokens", "rows x longest target; of a language model rows x block_size"},
    {BatchUnit::padded_tokens, "padded_tokens", "rows x the longer of the two sides"}};
ATTEND_ENUM_TABLE(BatchUnit, kBatchUnits)

enum class Architecture { encoder_decoder, decoder };
inline constexpr EnumEntry<Architecture> kArchitectures[] = {
    {Architecture::encoder_decoder, "encoder_decoder",
     "a bidirectional encoder and a causal decoder with cross-attention"},
    {Architecture::decoder, "decoder", "a causal decoder alone, of decoder_layers layers"}};
ATTEND_ENUM_TABLE(Architecture, kArchitectures)

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

enum class PositionType { sinusoidal, learned, relative_shaw, relative_t5, relative_xl, rope, alibi, none };
inline constexpr EnumEntry<PositionType> kPositionTypes[] = {
    {PositionType::sinusoidal, "sinusoidal", "fixed sines and cosines added to the embeddings"},
    {PositionType::learned, "learned", "a trained table added to the embeddings"},
    {PositionType::relative_shaw, "relative_shaw",
     "a trained vector for each distance meets the query, and joins the values (Shaw et al. 2018)"},
    {PositionType::relative_t5, "relative_t5",
     "a trained bias for each bucket of distances and head, one table a stack (T5)"},
    {PositionType::relative_xl, "relative_xl",
     "queries meet projected sinusoids of the distance, with trained biases u and v (Transformer-XL)"},
    {PositionType::rope, "rope", "queries and keys are turned by angles that grow with the position (RoFormer)"},
    {PositionType::alibi, "alibi", "a penalty that grows with the distance, of another slope in each head"},
    {PositionType::none, "none", "no positions"}};
ATTEND_ENUM_TABLE(PositionType, kPositionTypes)
// Where a position scheme acts: on the embeddings at the input of a stack; on queries and keys of each layer (rotary);
// on scores, by distance alone; or on scores, by distance and query.
enum class PositionKind { none, input, rotary, distance_bias, relative_scores };
constexpr PositionKind kind_of(PositionType type) {
  switch (type) {
    case PositionType::sinusoidal:
    case PositionType::learned: return PositionKind::input;
    case PositionType::rope: return PositionKind::rotary;
    case PositionType::relative_t5:
    case PositionType::alibi: return PositionKind::distance_bias;
    case PositionType::relative_shaw:
    case PositionType::relative_xl: return PositionKind::relative_scores;
    case PositionType::none: break;
  }
  return PositionKind::none;
}

enum class SinusoidLayout { halves, interleaved };
inline constexpr EnumEntry<SinusoidLayout> kSinusoidLayouts[] = {
    {SinusoidLayout::halves, "halves", "all sines, then all cosines (Marian, Hugging Face)"},
    {SinusoidLayout::interleaved, "interleaved", "sine, cosine, sine, ... (the paper)"}};
ATTEND_ENUM_TABLE(SinusoidLayout, kSinusoidLayouts)

enum class RopePairing { halves, interleaved };
inline constexpr EnumEntry<RopePairing> kRopePairings[] = {
    {RopePairing::halves, "halves", "feature m turns with feature m + H/2 (GPT-NeoX, Hugging Face)"},
    {RopePairing::interleaved, "interleaved", "feature 2m turns with feature 2m + 1 (RoFormer, GPT-J)"}};
ATTEND_ENUM_TABLE(RopePairing, kRopePairings)

enum class RopeScalingType { none, linear, ntk, yarn, llama3 };
inline constexpr EnumEntry<RopeScalingType> kRopeScalingTypes[] = {
    {RopeScalingType::none, "none", "the angles as they are"},
    {RopeScalingType::linear, "linear", "every frequency divided by factor"},
    {RopeScalingType::ntk, "ntk", "base times factor^(d / (d - 2))"},
    {RopeScalingType::yarn, "yarn",
     "low frequencies divided, high ones kept, a ramp between; scores grow with 0.1 ln(factor) + 1"},
    {RopeScalingType::llama3, "llama3", "long wavelengths divided, short ones kept, a ramp between"}};
ATTEND_ENUM_TABLE(RopeScalingType, kRopeScalingTypes)

enum class AttentionType { full, sliding_window, linear };
inline constexpr EnumEntry<AttentionType> kAttentionTypes[] = {
    {AttentionType::full, "full", "softmax(q k^T / sqrt(H)) v over every visible key"},
    {AttentionType::sliding_window, "sliding_window", "the same over the keys nearer than `window`, itself included"},
    {AttentionType::linear, "linear",
     "phi(q) . sum phi(k) v^T, normalised; a state of constant size (Katharopoulos et al. 2020)"}};
ATTEND_ENUM_TABLE(AttentionType, kAttentionTypes)

enum class QkNorm { none, l2, rms };
inline constexpr EnumEntry<QkNorm> kQkNorms[] = {
    {QkNorm::none, "none", "queries and keys as they are"},
    {QkNorm::l2, "l2", "of length one, their products times 10"},
    {QkNorm::rms, "rms", "RMSNorm of each head with a trained gain, before rope"}};
ATTEND_ENUM_TABLE(QkNorm, kQkNorms)

enum class FeatureMap { elu, relu };
inline constexpr EnumEntry<FeatureMap> kFeatureMaps[] = {
    {FeatureMap::elu, "elu", "elu(x) + 1"},
    {FeatureMap::relu, "relu", "max(x, 0) + 0.001"}};
ATTEND_ENUM_TABLE(FeatureMap, kFeatureMaps)

enum class AttentionImplementation { automatic, fused, reference };
inline constexpr std::int64_t kMaxFusedHead = 256;  // most features of a head that the fused kernel takes
inline constexpr EnumEntry<AttentionImplementation> kAttentionImplementations[] = {
    {AttentionImplementation::automatic, "auto", "fused where a kernel covers the case, else reference"},
    {AttentionImplementation::fused, "fused", "one pass, probabilities never stored"},
    {AttentionImplementation::reference, "reference", "plain tensor operations, written to be read"}};
ATTEND_ENUM_TABLE(AttentionImplementation, kAttentionImplementations)

enum class OptimizerType { adam, adamw, sgd, adafactor, lion };
inline constexpr EnumEntry<OptimizerType> kOptimizerTypes[] = {
    {OptimizerType::adam, "adam", "Adam; weight decay is added to the gradient"},
    {OptimizerType::adamw, "adamw", "Adam with decoupled weight decay"},
    {OptimizerType::sgd, "sgd", "gradient descent; betas[0] is the momentum"},
    {OptimizerType::adafactor, "adafactor",
     "factored second moments, updates clipped by their root mean square, no first moment"},
    {OptimizerType::lion, "lion", "the sign of an interpolated momentum, decoupled weight decay"}};
ATTEND_ENUM_TABLE(OptimizerType, kOptimizerTypes)

enum class DecayTarget { matrices, all };
inline constexpr EnumEntry<DecayTarget> kDecayTargets[] = {
    {DecayTarget::matrices, "matrices", "weight decay on tensors of two or more dimensions"},
    {DecayTarget::all, "all", "weight decay on every parameter"}};
ATTEND_ENUM_TABLE(DecayTarget, kDecayTargets)

enum class ScheduleType { inverse_sqrt, noam, cosine, linear, constant, plateau };
inline constexpr EnumEntry<ScheduleType> kScheduleTypes[] = {
    {ScheduleType::inverse_sqrt, "inverse_sqrt", "warm-up to lr, then lr * sqrt(warmup_steps / t)"},
    {ScheduleType::noam, "noam", "lr * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)"},
    {ScheduleType::cosine, "cosine", "warm-up to lr, then half a cosine down to min_lr at decay_steps"},
    {ScheduleType::linear, "linear", "warm-up to lr, then a line down to min_lr at decay_steps"},
    {ScheduleType::constant, "constant", "warm-up to lr, then lr"},
    {ScheduleType::plateau, "plateau",
     "warm-up to lr, then times factor after each `patience` validations without a better best_metric"}};
ATTEND_ENUM_TABLE(ScheduleType, kScheduleTypes)

enum class ValidateMetric { loss, bleu, chrf };
inline constexpr EnumEntry<ValidateMetric> kValidateMetrics[] = {
    {ValidateMetric::loss, "loss", "negative log-likelihood per target token, without smoothing"},
    {ValidateMetric::bleu, "bleu", "BLEU of translations by beam search"},
    {ValidateMetric::chrf, "chrf", "chrF of translations by beam search"}};
ATTEND_ENUM_TABLE(ValidateMetric, kValidateMetrics)

enum class PeriodUnit { updates, epochs, target_tokens };

enum class LengthPenaltyType { average, gnmt, none };
inline constexpr EnumEntry<LengthPenaltyType> kLengthPenaltyTypes[] = {
    {LengthPenaltyType::average, "average", "log_prob / tokens^alpha"},
    {LengthPenaltyType::gnmt, "gnmt", "log_prob / ((5 + tokens) / 6)^alpha"},
    {LengthPenaltyType::none, "none", "log_prob"}};
ATTEND_ENUM_TABLE(LengthPenaltyType, kLengthPenaltyTypes)

enum class StopRule { finished, bound };
inline constexpr EnumEntry<StopRule> kStopRules[] = {
    {StopRule::finished, "finished", "when beam_size x patience hypotheses have finished"},
    {StopRule::bound, "bound", "when no unfinished hypothesis can still win"}};
ATTEND_ENUM_TABLE(StopRule, kStopRules)

#undef ATTEND_ENUM_TABLE

// What an attention type can do, as plain data, so that a config is refused before anything is built. A test compares
// each row with what the code does.
struct AttentionAbilities {
  AttentionType type;
  bool self_bidirectional, self_causal, cross, incremental, weights;
  bool scores;            // takes positions that act on scores
  bool sparse;            // never holds a matrix of queries by keys
  std::string_view cost;  // as a function of the length T
};
inline constexpr AttentionAbilities kAttentionAbilities[] = {
    {AttentionType::full, true, true, true, true, true, true, false, "T^2 time, T memory when fused"},
    {AttentionType::sliding_window, true, true, false, true, true, true, true, "T W"},
    {AttentionType::linear, true, true, true, true, false, false, true, "T"}};
static_assert(std::size(kAttentionAbilities) == std::size(kAttentionTypes), "every attention says what it can do");
constexpr bool takes(const AttentionAbilities& abilities, PositionKind kind) {
  return abilities.scores || (kind != PositionKind::distance_bias && kind != PositionKind::relative_scores);
}
constexpr const AttentionAbilities& abilities_of(AttentionType type) {
  for (const auto& row : kAttentionAbilities)
    if (row.type == type) return row;
  return kAttentionAbilities[0];
}

}  // namespace attend
