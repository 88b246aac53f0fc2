#include "translate_windows.h"

namespace attend {

void Beside::next(const std::vector<std::string>& window, LineReader& input) {
  lines_.clear();
  std::string line;
  while (reader_ && lines_.size() < window.size() && reader_->next(line)) lines_.push_back(std::move(line));
  if (reader_ && (lines_.size() < window.size() || (window.empty() && reader_->next(line)))) refuse(input);
}

void Beside::refuse(LineReader& input) {
  std::string line;
  while (input.next(line)) {}
  while (reader_->next(line)) {}
  throw DataError("[", reader_->name(), "] expected as many lines as the input has, ", input.line_number(), ", got ",
                  reader_->line_number(), "; line n is ", meaning_, " translation n, and may be blank");
}

Windows::Windows(const TranslateOptions& options)
    : window_(options.window),
      language_(options.sentences()),
      text_(options.input),
      prefix_(options.target_prefix, "the beginning of"),
      constraints_(options.constraints, "what must be in") {}

bool Windows::next() {
  first_ += count();
  lines_ = text_.next_window(window_);
  prefix_.next(lines_, text_);
  constraints_.next(lines_, text_);
  if (language_) split();
  return !lines_.empty();
}

// A prefix begins the first sentence of its line.
void Windows::split() {
  splits_.clear();
  sentences_.clear();
  prefixes_.clear();
  numbers_.clear();
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto& parts = splits_.emplace_back(split_sentences(lines_[i], *language_)).sentences;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      sentences_.push_back(parts[k].text);
      numbers_.push_back(number(i) + static_cast<std::int64_t>(k) * SourceLines::kPartOfLine);
      if (!prefix_.lines().empty()) prefixes_.push_back(k == 0 ? prefix_.lines()[i] : "");
    }
  }
}

SourceLines Windows::text(const std::string& target_tag) {
  const auto& text = language_ ? sentences_ : lines_;
  tags_.assign(target_tag.empty() ? 0 : text.size(), target_tag);
  SourceLines lines{text, first_, language_ ? prefixes_ : prefix_.lines(), tags_};
  lines.constraints = constraints_.lines();
  lines.numbers = numbers_;
  return lines;
}

std::string Windows::format(TranslatedWindow results, const FormatOptions& format) const {
  std::string out;
  for (std::size_t i = 0, at = 0; i < lines_.size(); ++i) {
    if (!language_) {
      out += format_translations(number(i), results[i], format);
      continue;
    }
    std::vector<Translation> best;
    while (best.size() < splits_[i].sentences.size()) best.push_back(results[at++].front());
    const bool is_blank = best.empty();  // which jsonl shows as a line without sentences
    if (is_blank && format.format != TranslationFormat::jsonl)
      out += format_translations(number(i), std::vector<Translation>(1), format);
    else out += format_sentences(number(i), splits_[i], best, format);
  }
  return out;
}

}  // namespace attend
