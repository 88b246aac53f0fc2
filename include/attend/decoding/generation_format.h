// Writes continuations; docs/decoding.md shows each format.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "attend/core/enum_table.h"
#include "attend/decoding/generator.h"

namespace attend {

enum class GenerationFormat { text, jsonl };
inline constexpr EnumEntry<GenerationFormat> kGenerationFormats[] = {
    {GenerationFormat::text, "text", "the continuations as they are, with a line of ten hyphens between them"},
    {GenerationFormat::jsonl, "jsonl", "an object a continuation; prompts and samples count from 1"}};
constexpr std::span<const EnumEntry<GenerationFormat>> enum_table(GenerationFormat) { return kGenerationFormats; }

struct GenerationFormatOptions {
  GenerationFormat format = GenerationFormat::text;
  bool echo = false;  // true: the prompt stands before each continuation
};

struct Prompted {
  std::int64_t number;  // number of the prompt, from 1
  std::string_view text;
};

// Returns all continuations of a prompt, the last line end included. In the format text a line of hyphens stands
// between continuations, and before the first one unless the prompt is number 1.
std::string format_generations(const Prompted& prompt, std::span<const Generation> generations,
                               const GenerationFormatOptions& options);

// Writes the text format of one prompt while its samples grow. The first sample that is not done goes out at once; the
// text of later ones is kept until it is their turn.
class GenerationStream {
 public:
  using Write = std::function<void(std::string_view)>;
  // `prompt` is the number of the prompt and the text with which each sample begins.
  GenerationStream(std::int64_t samples, const Prompted& prompt, Write write);
  void take(const TextPiece& piece);
  // Writes the end of the last line.
  void finish();

 private:
  std::vector<std::string> kept_;  // text of each sample that is not written yet
  std::vector<bool> done_;
  std::size_t turn_ = 0;
  Write write_;
};

}  // namespace attend
