#include "attend/text/parallel_text.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

void require_lines(const LineReader& reader) {
  if (reader.line_number() == 0) throw DataError("[", reader.name(), "] expected lines of text, got an empty file");
}

}  // namespace

std::vector<std::filesystem::path> PairFiles::all() const {
  auto files = tsv.empty() ? std::vector{source, target} : std::vector{tsv};
  if (!weights.empty()) files.push_back(weights);
  return files;
}

std::string describe(const PairFiles& files) {
  return files.tsv.empty() ? concat(files.source.string(), " and ", files.target.string()) : files.tsv.string();
}

PairReader::PairReader(const PairFiles& files)
    : files_(files),
      first_(files.tsv.empty() ? files.source : files.tsv),
      second_(files.tsv.empty() ? std::make_unique<LineReader>(files.target) : nullptr),
      third_(files.weights.empty() ? nullptr : std::make_unique<LineReader>(files.weights)) {}

bool PairReader::next(std::string& source, std::string& target) {
  const bool found = second_ ? next_of_two(source, target) : next_of_tsv(source, target);
  if (third_) next_weight(found);
  if (!found) require_lines(first_);
  return found;
}

bool PairReader::next_of_two(std::string& source, std::string& target) {
  const bool one = first_.next(source), other = second_->next(target);
  if (one != other) refuse_unequal();
  return one;
}

bool PairReader::next_of_tsv(std::string& source, std::string& target) {
  if (!first_.next(source)) return false;
  const auto tabs = std::count(source.begin(), source.end(), '\t');
  if (tabs != (files_.weight_column ? 2 : 1)) refuse_tabs(tabs);
  const auto tab = source.find('\t');
  target.assign(source, tab + 1);
  source.resize(tab);
  if (!files_.weight_column) return true;
  const auto behind = target.find('\t');
  take_weight(std::string_view(target).substr(behind + 1), first_);
  target.resize(behind);
  return true;
}

void PairReader::refuse_tabs(std::ptrdiff_t tabs) const {
  const bool weighted = files_.weight_column;
  const std::string_view hint =
      tabs == 0  ? "; is this a TSV file?"
      : weighted ? ""
                 : "; for the first two columns: cut -f 1,2; a weight is read where pair_weights is column";
  throw DataError("[", first_.name(), ":", first_.line_number(), ":1] expected a source, a tab and a target",
                  weighted ? ", a tab and a weight" : "", ", got ",
                  tabs == 0 ? "no tab" : concat(tabs, tabs == 1 ? " tab" : " tabs"), hint);
}

void PairReader::take_weight(std::string_view text, const LineReader& from) {
  const auto weight = parse_double(trim(text));
  if (!weight || (*weight != 0 && *weight < kLeastPairWeight) || *weight > kMostPairWeight)
    throw DataError("[", from.name(), ":", from.line_number(),
                    ":1] expected the weight of a pair, 0 or a number from 1e-9 to 1e9, got \"",
                    repair_utf8(text.substr(0, 40)), "\"");
  weight_ = *weight;
}

void PairReader::next_weight(bool has_pair) {
  std::string line;
  const bool found = third_->next(line);
  if (found && has_pair) return take_weight(line, *third_);
  if (found == has_pair) return;
  const auto pairs = first_.line_number();
  while (third_->next(line)) {
  }
  throw DataError("[", third_->name(), "] expected the weight of each pair of ", describe(files_),
                  ", a line each, got ", third_->line_number(), " lines for ",
                  has_pair ? concat("at least ", pairs) : concat(pairs), " pairs");
}

void PairReader::refuse_unequal() {
  std::string line;
  while (first_.next(line)) {
  }
  while (second_->next(line)) {
  }
  require_lines(first_);
  require_lines(*second_);
  throw DataError("[", describe(files_), "] expected as many lines in both, got ", first_.line_number(), " and ",
                  second_->line_number(), "; line n of one must be the translation of line n of the other");
}

ParallelText read_parallel_text(const PairFiles& files) {
  ParallelText text;
  PairReader reader(files);
  for (std::string source, target; reader.next(source, target);) {
    text.source.push_back(std::move(source));
    text.target.push_back(std::move(target));
  }
  return text;
}

}  // namespace attend
