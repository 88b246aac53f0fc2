// Where generate's prompts come from: --prompt, --prompt-file, or --input with lines, ids or JSON lines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attend/core/enum_table.h"
#include "attend/decoding/generator.h"
#include "attend/text/line_reader.h"

namespace attend {

enum class PromptFormat { lines, jsonl };
constexpr EnumEntry<PromptFormat> kPromptFormats[] = {
    {PromptFormat::lines, "lines", "a prompt a line"},
    {PromptFormat::jsonl, "jsonl", "an object a line, {\"prompt\": \"...\"} or {\"token_ids\": [...]}"}};
constexpr std::span<const EnumEntry<PromptFormat>> enum_table(PromptFormat) { return kPromptFormats; }

struct PromptSource {
  std::optional<std::string> prompt, file, input;  // one of them, or none: standard input
  PromptFormat format = PromptFormat::lines;
  bool ids = false;  // text is ids
};

// A single prompt is a window of its own; of the input, windows of so many lines.
class PromptReader {
 public:
  explicit PromptReader(const PromptSource& source);
  // The next prompts, at most `most`; none at the end. DataError with the line where one is none, or an id is
  // not below `vocabulary`.
  std::vector<Prompt> next(std::int64_t most, std::int64_t vocabulary);

 private:
  Prompt prompt_of(const std::string& line, const std::string& where, std::int64_t vocabulary) const;

  const PromptSource& source_;
  std::optional<Prompt> single_;
  std::optional<LineReader> lines_;
};

}  // namespace attend
