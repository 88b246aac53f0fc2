// Reads what attend score is to score: plain text, one target per line, or what attend translate wrote as nbest or
// jsonl. The first line shows which it is. Every fault is a DataError with file and line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attend/text/parallel_text.h"

namespace attend {

struct Target {
  std::string text;
  std::optional<std::vector<std::int32_t>> token_ids;  // only from jsonl: ids that are scored as they stand
};

class TargetReader {
 public:
  explicit TargetReader(const std::filesystem::path& path);
  // Reads the targets of the next source line: one of plain text, each hypothesis of a list. Returns false where none
  // is left.
  bool next(std::vector<Target>& targets);
  // Returns true where a line may have several targets.
  bool reads_lists() const { return format_ != Format::text; }
  std::int64_t lines() const { return lines_; }  // source lines given so far

 private:
  enum class Format { text, nbest, jsonl };
  void take_line();
  void next_nbest(std::vector<Target>& targets);
  void next_jsonl(std::vector<Target>& targets);
  std::string where() const;

  std::string name_;
  LineReader reader_;
  Format format_ = Format::text;
  // The line that is read and not yet given; empty at the end.
  std::optional<std::string> line_;
  std::int64_t lines_ = 0;
};

}  // namespace attend
