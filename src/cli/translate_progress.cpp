#include "translate_progress.h"

#include <algorithm>
#include <filesystem>

#include "attend/core/file.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/training/progress_line.h"

namespace attend {
namespace {

constexpr double kPlainLineEvery = 60;  // seconds

// Lines of a plain file; nothing for what is no file or is compressed.
std::optional<std::int64_t> count_lines(const std::string& input) {
  std::error_code ignored;
  if (input == "-" || !fs::is_regular_file(input, ignored)) return std::nullopt;
  const MappedFile file(input);
  const auto* begin = file.data();
  if (file.size() == 0 || (file.size() > 1 && begin[0] == 0x1f && begin[1] == 0x8b)) return std::nullopt;  // gzip
  return std::count(begin, begin + file.size(), '\n') + (begin[file.size() - 1] != '\n');
}

std::int64_t count_words(std::string_view line) {
  std::int64_t words = 0;
  bool in_word = false;
  for (const char c : line) {
    const bool is_space = c == ' ' || c == '\t';
    words += !is_space && !in_word;
    in_word = !is_space;
  }
  return words;
}

}  // namespace

TranslateProgress::TranslateProgress(const std::string& input, const std::string& output) {
  if (output != "-") all_lines_ = count_lines(input);
}

void TranslateProgress::add(std::int64_t lines, std::span<const std::string> text, TranslatedWindow results) {
  lines_ += lines;
  for (const auto& line : text) words_ += count_words(line);
  for (const auto& translations : results) tokens_ += translations.front().hypothesis.tokens();
  const bool due = all_lines_ && seconds() - told_ >= kPlainLineEvery;
  if (!progress_is_live() && !due) return;
  told_ = seconds();
  show_progress(line("translating: "));
}

void TranslateProgress::finish() const {
  finish_progress();
  log_info(line("translated "), ", ", format_fixed(seconds(), 1), " s");
}

double TranslateProgress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

// "translating: 1,234 of 5,000 lines, left 0:37, 102.3 lines/s, 812.0 words/s, 1,034.2 tokens/s": the most important
// first, as a terminal may be narrow.
std::string TranslateProgress::line(std::string_view verb) const {
  const auto rate = [&](std::int64_t count) {
    return format_fixed(static_cast<double>(count) / std::max(seconds(), 1e-9), 1);
  };
  const bool is_part = all_lines_ && *all_lines_ > lines_;
  const std::string all = is_part ? concat(" of ", format_count(*all_lines_)) : "";
  return concat(verb, format_count(lines_), all, lines_ == 1 && !is_part ? " line, " : " lines, ",
                is_part ? time_left() : "", rate(lines_), " lines/s, ", rate(words_), " words/s, ", rate(tokens_),
                " tokens/s");
}

// "left 0:37, " or nothing before the first line.
std::string TranslateProgress::time_left() const {
  if (lines_ == 0) return "";
  return concat("left ",
                clock_text(seconds() * static_cast<double>(*all_lines_ - lines_) / static_cast<double>(lines_)), ", ");
}

void TranslateNotes::Count::add(bool counts, std::int64_t line) {
  if (!counts) return;
  if (count == 0) first = line;
  ++count;
}

void TranslateNotes::add(const SourceLines& lines, TranslatedWindow results) {
  const std::string source_tag = options_.source_tag.empty() ? source_tag_of(config_) : "";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Translation& best = results[i].front();
    if (best.source.tokens == 0) continue;  // blank
    const auto line = lines.line(i);
    ++translated_;
    longest_ = std::max(longest_, best.source.tokens);
    cut_.add(best.cut, line);
    long_.add(best.source.tokens > config_.data.max_length, line);
    unknown_.add(best.source.is_unknown, line);
    few_.add(options_.decoding.distinct && static_cast<std::int64_t>(results[i].size()) < options_.nbest, line);
    untagged_.add(!begins_with_tag(lines.text[i], source_tag), line);
  }
}

// "2 lines (the first is line 7) have"
std::string TranslateNotes::Count::told(const char* one, const char* many) const {
  return count == 1 ? concat("[translate] line ", first, " ", one)
                    : concat("[translate] ", format_count(count), " lines (the first is line ", first, ") ", many);
}

void TranslateNotes::tell() const {
  if (untagged_.count > 0)
    log_warning(untagged_.told("does", "do"), " not begin with \"", source_tag_of(config_),
                "\", as every source line of training did; --source-tag \"", source_tag_of(config_),
                "\" puts it there");
  if (long_.count > 0)
    log_warning(long_.told("has", "have"), " more tokens than training ever saw, ", config_.data.max_length,
                " (data.max_length); the longest has ", longest_,
                "; shorter ones translate better, and --split-sentences cuts lines into sentences");
  if (unknown_.count > 0)
    log_warning(unknown_.told("is", "are"),
                " made of nothing but tokens that the model does not know; the translation is made up");
  if (few_.count > 0)
    log_warning(few_.told("has", "have"), " fewer than ", options_.nbest,
                " translations with different texts; a larger --beam finds more");
  if (cut_.count > 0)
    log_warning("[translate] ", limit_note(cut_.count, translated_, options_.decoding), " (the first is line ",
                cut_.first, ")");
}

}  // namespace attend
