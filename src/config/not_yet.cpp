#include "attend/config/not_yet.h"

#include <string>

#include "attend/config/field_visitor.h"

namespace attend {

namespace {

struct Later {
  std::string_view path, value;  // no value: the key itself
};

// A building step that makes one of these real deletes its row.
constexpr Later kLater[] = {
    {"task", "masked_language_model"},
    {"task", "span_corruption"},
    {"task", "gap_sentences"},
    {"task", "classification"},
    {"runtime.precision", "int8"},
    {"data.train.alignment", ""},
    {"model.architecture", "encoder"},
    {"model.feed_forward", ""},
    {"model.residual", ""},
    {"model.attention.type", "dot"},
    {"model.attention.type", "general"},
    {"model.attention.type", "additive"},
    {"model.attention.type", "concat"},
    {"model.attention.type", "local_m"},
    {"model.attention.type", "local_p"},
    {"model.attention.type", "hard"},
    {"model.attention.type", "sparsemax"},
    {"model.attention.type", "entmax15"},
    {"model.attention.type", "dilated"},
    {"model.attention.type", "longformer"},
    {"model.attention.type", "bigbird"},
    {"model.attention.type", "strided"},
    {"model.attention.type", "fixed"},
    {"model.attention.type", "random"},
    {"model.attention.type", "performer"},
    {"model.attention.type", "linformer"},
    {"model.attention.type", "reformer"},
    {"model.attention.type", "nystrom"},
    {"model.attention.type", "aft"},
    {"model.attention.type", "fourier"},
    {"model.attention.implementation", "tiled"},
    {"model.attention.sinks", ""},
    {"model.attention.memory_tokens", ""},
    {"model.attention.talking_heads", ""},
    {"model.attention.dilation", ""},
    {"model.attention.half_width", ""},
    {"model.attention.mode", ""},
    {"model.attention.global_tokens", ""},
    {"model.attention.block", ""},
    {"model.attention.stride", ""},
    {"model.attention.keys", ""},
    {"model.attention.seed", ""},
    {"model.attention.features", ""},
    {"model.attention.kernel", ""},
    {"model.attention.k", ""},
    {"model.attention.share", ""},
    {"model.attention.buckets", ""},
    {"model.attention.chunk", ""},
    {"model.attention.rounds", ""},
    {"model.attention.landmarks", ""},
    {"model.attention.coverage", ""},
    {"model.attention.guided_alignment", ""},
    {"model.attention.entropy_penalty", ""},
    {"model.attention.monotonic_penalty", ""},
};

void erase_all(std::string& text, std::string_view word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word)) text.erase(at, word.size());
}

// The rows name one place for each kind of thing: model.cross_attention[1].type is model.attention.type.
std::string general_path(std::string_view path) {
  std::string text = unnumbered_path(path);
  for (const std::string_view prefix : {"encoder_", "decoder_", "cross_"})
    if (text.starts_with("model.") && text.find("_layers") == std::string::npos) erase_all(text, prefix);
  return text;
}

}  // namespace

bool is_key_not_yet(std::string_view path) {
  const std::string general = general_path(path);
  for (const auto& row : kLater)
    if (row.path == general && row.value.empty()) return true;
  return false;
}

bool is_value_not_yet(std::string_view path, std::string_view value) {
  const std::string general = general_path(path);
  for (const auto& row : kLater)
    if (row.path == general && !row.value.empty() && row.value == value) return true;
  return false;
}

}  // namespace attend
