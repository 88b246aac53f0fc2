#include "attend/text/parallel_text.h"

#include <algorithm>

#include "attend/core/error.h"

namespace attend {
namespace {

void require_lines(const LineReader& reader) {
  if (reader.line_number() == 0) throw DataError("[", reader.name(), "] expected lines of text, got an empty file");
}

}  // namespace

std::vector<std::filesystem::path> PairFiles::all() const {
  if (!tsv.empty()) return {tsv};
  return {source, target};
}

std::string describe(const PairFiles& files) {
  return files.tsv.empty() ? concat(files.source.string(), " and ", files.target.string()) : files.tsv.string();
}

PairReader::PairReader(const PairFiles& files)
    : files_(files),
      first_(files.tsv.empty() ? files.source : files.tsv),
      second_(files.tsv.empty() ? std::make_unique<LineReader>(files.target) : nullptr) {}

bool PairReader::next(std::string& source, std::string& target) {
  if (second_ ? next_of_two(source, target) : next_of_tsv(source, target)) return true;
  require_lines(first_);
  return false;
}

bool PairReader::next_of_two(std::string& source, std::string& target) {
  const bool one = first_.next(source), other = second_->next(target);
  if (one != other) refuse_unequal();
  return one;
}

bool PairReader::next_of_tsv(std::string& source, std::string& target) {
  if (!first_.next(source)) return false;
  const auto tabs = std::count(source.begin(), source.end(), '\t');
  if (tabs != 1)
    throw DataError("[", first_.name(), ":", first_.line_number(), ":1] expected a source, a tab and a target, got ",
                    tabs == 0 ? "no tab" : concat(tabs, " tabs"),
                    tabs == 0 ? "; is this a TSV file?" : "; for the first two columns: cut -f 1,2");
  const auto tab = source.find('\t');
  target.assign(source, tab + 1);
  source.resize(tab);
  return true;
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
