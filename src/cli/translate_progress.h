// What a user hears of a translation besides its text: how far it is, and at the end what may not be as expected.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attend/decoding/translator.h"

namespace attend {

using TranslatedWindow = std::span<const std::vector<Translation>>;

// A moving line on a terminal. Of a file that becomes a file it tells the time left, elsewhere too, once in a while.
class TranslateProgress {
 public:
  TranslateProgress(const std::string& input, const std::string& output);
  // `lines` of the input, the text that was translated for them, and what it became.
  void add(std::int64_t lines, std::span<const std::string> text, TranslatedWindow results);
  void finish() const;

 private:
  double seconds() const;
  std::string line(std::string_view verb) const;
  std::string time_left() const;

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<std::int64_t> all_lines_;
  double told_ = 0;  // seconds at the last plain line
  std::int64_t lines_ = 0, words_ = 0, tokens_ = 0;
};

// One warning a run and kind, with a count.
class TranslateNotes {
 public:
  TranslateNotes(const Config& config, const TranslatorOptions& options) : config_(config), options_(options) {}
  void add(const SourceLines& lines, TranslatedWindow results);
  void tell() const;

 private:
  struct Count {
    std::int64_t count = 0, first = 0;  // number of the first line
    void add(bool counts, std::int64_t line);
    std::string told(const char* one, const char* many) const;
  };
  Config config_;
  TranslatorOptions options_;
  std::int64_t translated_ = 0, longest_ = 0;
  Count cut_, long_, unknown_, few_, untagged_;
};

}  // namespace attend
