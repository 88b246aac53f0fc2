#include "attend/decoding/text_window.h"

#include <algorithm>

#include "attend/core/error.h"

namespace attend {
namespace {

std::int64_t context_of(const Config& config, const std::optional<std::int64_t>& chosen) {
  const std::int64_t context = chosen.value_or(config.data.block_size + config.model.memory_length);
  if (const auto longest = longest_sequence(decoder_position_of(config.model)); longest && context > *longest)
    throw UsageError("[--context] expected at most ", *longest, ", the learned positions of the model, got ",
                     context);
  return context;
}

std::int64_t kept_of(const Config& config, const std::optional<std::int64_t>& chosen, std::int64_t context) {
  const std::int64_t kept = chosen.value_or(config.generation.keep_first);
  if (kept > 0 && config.model.memory_length > 0)
    throw UsageError("[--keep-first] expected 0 of a model with a memory, which forgets what is further back, got ",
                     kept);
  if (kept >= context)
    throw UsageError("[--keep-first] expected less than the context of ", context, " tokens, got ", kept);
  return kept;
}

}  // namespace

std::int64_t TextWindow::first(std::int64_t place) const {
  if (remembers) return std::max<std::int64_t>(0, place / stride * stride - (context - stride));
  if (place < context) return keep_first;
  return keep_first + (place - context + stride) / stride * stride;
}

std::int64_t TextWindow::end(std::int64_t place) const {
  if (remembers) return (place / stride + 1) * stride;
  return place < context ? context : context + ((place - context) / stride + 1) * stride;
}

std::vector<std::int64_t> TextWindow::seen(std::span<const std::int64_t> text, std::int64_t place) const {
  const auto kept = text.begin() + std::min(keep_first, place + 1);
  std::vector<std::int64_t> tokens(text.begin(), kept);
  const auto begin = std::max(kept, text.begin() + std::min(first(place), place + 1));
  tokens.insert(tokens.end(), begin, text.begin() + place + 1);
  return tokens;
}

TextWindow text_window(const Config& config, const WindowChoice& choice) {
  TextWindow window;
  window.remembers = config.model.memory_length > 0;
  window.context = context_of(config, choice.context);
  window.keep_first = kept_of(config, choice.keep_first, window.context);
  const std::int64_t moving = window.context - window.keep_first;
  const std::int64_t usual = window.remembers ? std::min(window.context, config.data.block_size) : moving - moving / 2;
  window.stride = choice.stride.value_or(usual);
  if (window.stride > moving)
    throw UsageError("[--stride] expected at most ", moving, ", the context less what stays, got ", window.stride,
                     "; places between would not be read");
  return window;
}

}  // namespace attend
