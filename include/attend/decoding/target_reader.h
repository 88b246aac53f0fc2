// What attend score is to score: plain text, a line each, or what attend translate wrote as nbest or jsonl. Which it is
// shows in the first line. Every fault is a DataError with file and line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attend/text/parallel_text.h"

namespace attend {

struct Target {
  std::string text;
  std::optional<std::vector<std::int32_t>> token_ids;  // jsonl: to be scored as they stand
};

class TargetReader {
 public:
  explicit TargetReader(const std::filesystem::path& path);
  // The targets of the next source line: one of plain text, each hypothesis of a list. False when there is none left.
  bool next(std::vector<Target>& targets);
  // True where a line may have several targets.
  bool reads_lists() const { return format_ != Format::text; }
  std::int64_t lines() const { return lines_; }  // given so far

 private:
  enum class Format { text, nbest, jsonl };
  void take_line();
  void next_nbest(std::vector<Target>& targets);
  void next_jsonl(std::vector<Target>& targets);
  std::string where() const;

  std::string name_;
  LineReader reader_;
  Format format_ = Format::text;
  std::optional<std::string> line_;  // read, not yet given; empty at the end
  std::int64_t lines_ = 0;
};

}  // namespace attend
