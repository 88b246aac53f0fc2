#include "attend/decoding/target_reader.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "attend/decoding/translation_format.h"

namespace attend {
namespace {

struct NbestLine {
  std::int64_t line;  // from 0
  std::string text;
};

bool are_numbers(const std::vector<std::string>& parts, bool whole) {
  return std::ranges::all_of(parts, [&](const std::string& part) {
    return !part.empty() && part.front() != '-' &&
           (whole ? parse_int(part).has_value() : parse_double(part).has_value());
  });
}

// 0-0 1-2, or 0.9,0.1 0.2,0.8, or nothing
bool is_alignment(std::string_view field) {
  if (field.empty()) return true;
  return std::ranges::all_of(split(field, ' '), [](const std::string& group) {
    const auto pair = split(group, '-');
    return (pair.size() == 2 && are_numbers(pair, true)) ||
           (group.find('.') != std::string::npos && are_numbers(split(group, ','), false));
  });
}

// line ||| text [||| alignment] ||| log_prob= L ||| score; a text that holds bars always has the field behind it.
std::optional<NbestLine> parse_nbest(std::string_view line) {
  const auto first = line.find(kBar), score = line.rfind(kBar);
  if (first == std::string_view::npos || score == first) return std::nullopt;
  const auto log_prob = line.rfind(kBar, score - 1);
  const auto begin = first + kBar.size();
  if (log_prob == std::string_view::npos || log_prob < begin) return std::nullopt;
  const std::string_view feature = line.substr(log_prob + kBar.size(), score - log_prob - kBar.size());
  const auto number = parse_int(line.substr(0, first));
  if (!number || *number < 0 || !feature.starts_with("log_prob= ") || !parse_double(line.substr(score + kBar.size())))
    return std::nullopt;
  std::string_view text = line.substr(begin, log_prob - begin);
  const auto last = text.rfind(kBar);
  if (last != std::string_view::npos && is_alignment(text.substr(last + kBar.size()))) text = text.substr(0, last);
  return NbestLine{*number, std::string(text)};
}

// What another program's list, or a text with an alignment behind it, looks like; "" where it is neither.
std::string_view foreign_kind(std::string_view line) {
  const auto first = line.find(kBar), last = line.rfind(kBar);
  if (first == std::string_view::npos) return "";
  if (first != last && parse_int(line.substr(0, first)).value_or(-1) >= 0) return "an n-best list of another program";
  const auto field = line.substr(last + kBar.size());
  return !field.empty() && is_alignment(field) ? "text with an alignment behind it" : "";
}

bool looks_like_jsonl(std::string_view line) {
  return line.starts_with("{") && line.find("\"hypotheses\"") != std::string_view::npos;
}

std::vector<std::int32_t> ids_of(const Json& list, const std::string& where) {
  if (!list.is_array()) throw DataError("[", where, "] token_ids: expected a list of numbers, got ", list.type_name());
  std::vector<std::int32_t> ids;
  for (const Json& value : list) {
    const bool fits =
        value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<std::int32_t>::max();
    if (!fits) throw DataError("[", where, "] token_ids: expected whole numbers of 0 or more, got ", value.dump());
    ids.push_back(value.get<std::int32_t>());
  }
  return ids;
}

Target target_of(const Json& hypothesis, const std::string& where) {
  const auto text = hypothesis.find("text");
  const auto ids = hypothesis.find("token_ids");
  const bool has_text = text != hypothesis.end() && text->is_string();
  if (!has_text && ids == hypothesis.end())
    throw DataError("[", where, "] expected a hypothesis with text or token_ids, got ",
                    hypothesis.dump().substr(0, 100));
  Target target;
  if (has_text) target.text = text->get<std::string>();
  if (ids != hypothesis.end()) target.token_ids = ids_of(*ids, where);
  return target;
}

}  // namespace

TargetReader::TargetReader(const std::filesystem::path& path)
    : name_(path == "-" ? "stdin" : path.string()), reader_(path) {
  take_line();
  if (line_ && looks_like_jsonl(*line_)) format_ = Format::jsonl;
  if (line_ && parse_nbest(*line_)) format_ = Format::nbest;
  const auto foreign = line_ && format_ == Format::text ? foreign_kind(*line_) : "";
  if (!foreign.empty())
    throw DataError("[", where(),
                    "] expected translations alone, or a list as attend translate writes it, got what looks like ",
                    foreign, ": \"", line_->substr(0, 100), "\"; give the texts alone");
}

void TargetReader::take_line() {
  std::string line;
  line_.reset();
  if (reader_.next(line)) line_ = std::move(line);
}

std::string TargetReader::where() const { return concat(name_, ":", reader_.line_number()); }

bool TargetReader::next(std::vector<Target>& targets) {
  targets.clear();
  if (!line_) return false;
  switch (format_) {
    case Format::text:
      targets.push_back({*line_, {}});
      take_line();
      break;
    case Format::nbest: next_nbest(targets); break;
    case Format::jsonl: next_jsonl(targets); break;
  }
  ++lines_;
  return true;
}

void TargetReader::next_nbest(std::vector<Target>& targets) {
  for (; line_; take_line()) {
    auto entry = parse_nbest(*line_);
    if (!entry)
      throw DataError("[", where(), "] expected \"line ||| text ||| log_prob= L ||| score\" as in the lines before");
    if (entry->line == lines_ + 1 && !targets.empty()) return;  // belongs to the next source line
    if (entry->line != lines_)
      throw DataError("[", where(), "] expected a hypothesis of line ", lines_,
                      targets.empty() ? "" : " or the one after", ", got ", entry->line,
                      "; an n-best list names every line of the source in its order");
    targets.push_back({std::move(entry->text), {}});
  }
}

void TargetReader::next_jsonl(std::vector<Target>& targets) {
  Json row;
  try {
    row = parse_json(*line_, where());
  } catch (const ModelError& fault) {
    throw DataError(fault.what());
  }
  const bool sound = row.is_object() && row.contains("line") && row["line"].is_number_unsigned() &&
                     row.contains("hypotheses") && row["hypotheses"].is_array();
  if (!sound)
    throw DataError("[", where(),
                    "] expected an object with \"line\" and \"hypotheses\", as attend translate writes them");
  if (row["line"].get<std::uint64_t>() != static_cast<std::uint64_t>(lines_ + 1))
    throw DataError("[", where(), "] expected the hypotheses of line ", lines_ + 1, ", got those of ",
                    row["line"].dump());
  for (const Json& hypothesis : row["hypotheses"]) targets.push_back(target_of(hypothesis, where()));
  take_line();
}

}  // namespace attend
