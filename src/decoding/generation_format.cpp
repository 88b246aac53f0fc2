#include "attend/decoding/generation_format.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::string_view kLineBetween = "----------\n";

// One text, behind whatever was written before it.
std::string as_text(bool is_first, std::string_view text) { return concat(is_first ? "" : kLineBetween, text, "\n"); }

std::string as_json(const Prompted& prompt, std::span<const Generation> generations, std::string_view before) {
  std::string lines;
  for (std::size_t i = 0; i < generations.size(); ++i) {
    const auto& [text, hypothesis] = generations[i];
    const nlohmann::ordered_json row{{"prompt", prompt.number},
                                     {"sample", i + 1},
                                     {"text", std::string(before) + text},
                                     {"tokens", hypothesis.tokens()},
                                     {"log_prob", hypothesis.log_prob},
                                     {"token_ids", hypothesis.token_ids},
                                     {"token_log_probs", hypothesis.token_log_probs},
                                     {"finish", std::string(name_of(hypothesis.finish))}};
    lines += row.dump() + "\n";
  }
  return lines;
}

}  // namespace

std::string format_generations(const Prompted& prompt, std::span<const Generation> generations,
                               const GenerationFormatOptions& options) {
  const std::string_view before = options.echo ? prompt.text : std::string_view();
  switch (options.format) {
    case GenerationFormat::text: {
      std::string texts;
      for (const Generation& generation : generations)
        texts += as_text(prompt.number == 1 && texts.empty(), std::string(before) + generation.text);
      return texts;
    }
    case GenerationFormat::jsonl: return as_json(prompt, generations, before);
  }
  return {};
}

GenerationStream::GenerationStream(std::int64_t samples, const Prompted& prompt, Write write)
    : kept_(static_cast<std::size_t>(samples), std::string(prompt.text)),
      done_(kept_.size()),
      write_(std::move(write)) {
  if (prompt.number > 1) kept_.front().insert(0, kLineBetween);
}

void GenerationStream::take(const TextPiece& piece) {
  const auto sample = static_cast<std::size_t>(piece.sample);
  kept_[sample] += piece.text;
  done_[sample] = piece.last;
  for (; turn_ < kept_.size(); ++turn_) {
    if (!kept_[turn_].empty()) write_(std::exchange(kept_[turn_], ""));
    if (!done_[turn_]) return;
    if (turn_ + 1 < kept_.size()) write_(concat("\n", kLineBetween));
  }
}

void GenerationStream::finish() { write_("\n"); }

}  // namespace attend
