// What attend translate reads, a window at a time, and the lines that become of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/line_reader.h"
#include "translate_options.h"
#include "translate_progress.h"

namespace attend {

// A file with a line for each line of input, if there is one.
class Beside {
 public:
  Beside(const std::optional<std::string>& file, std::string_view meaning) : meaning_(meaning) {
    if (file) reader_.emplace(*file);
  }
  // As many lines as the input's window has; DataError where either ends before the other.
  void next(const std::vector<std::string>& window, LineReader& input);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  [[noreturn]] void refuse(LineReader& input);

  std::string_view meaning_;
  std::optional<LineReader> reader_;
  std::vector<std::string> lines_;
};

// The input, cut into sentences where that is asked for, and what stands beside it.
class Windows {
 public:
  explicit Windows(const TranslateOptions& options);
  // False at the end.
  bool next();
  // Lines of this window.
  std::int64_t count() const { return static_cast<std::int64_t>(lines_.size()); }
  // What is to be translated.
  SourceLines text(const std::string& target_tag);
  // The lines of output, from the translations of that text.
  std::string format(TranslatedWindow results, const FormatOptions& format) const;

 private:
  void split();
  std::int64_t number(std::size_t line) const { return first_ + static_cast<std::int64_t>(line); }

  std::int64_t window_;
  std::optional<SentenceLanguage> language_;  // where lines are cut
  LineReader text_;
  Beside prefix_, constraints_;
  std::int64_t first_ = 1;  // number of the first line
  std::vector<std::string> lines_, tags_;
  std::vector<SplitLine> splits_;                 // of each line
  std::vector<std::string> sentences_, prefixes_; // of all lines
  std::vector<std::int64_t> numbers_;             // of each sentence
};

}  // namespace attend
