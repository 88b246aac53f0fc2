// How continuations are written; docs/decoding.md shows each format.
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
  bool echo = false;  // the prompt before each continuation
};

struct Prompted {
  std::int64_t number;  // from 1
  std::string_view text;
};

// All continuations of a prompt, the last line end included, and in text behind another prompt's the line between them.
std::string format_generations(const Prompted& prompt, std::span<const Generation> generations, const GenerationFormatOptions& options);

// The text format of one prompt, written while its samples grow: the first one that is not done goes out at once, what the
// others become is kept until it is their turn.
class GenerationStream {
 public:
  using Write = std::function<void(std::string_view)>;
  // `prompt`: its number, from 1, and what each sample begins with.
  GenerationStream(std::int64_t samples, const Prompted& prompt, Write write);
  void take(const TextPiece& piece);
  // The end of the last line.
  void finish();

 private:
  std::vector<std::string> kept_;  // of each sample, not written yet
  std::vector<bool> done_;
  std::size_t turn_ = 0;
  Write write_;
};

}  // namespace attend
