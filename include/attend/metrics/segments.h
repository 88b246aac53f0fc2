// Functions that the metrics share: white space as in Python's str.split(), n-gram counts, references, signatures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attend {

// Returns the number of bytes of the white space character at offset `at`, or 0 when there is none. White space is
// Python's 29 code points: 09-0D, 1C-20, 85, A0, 1680, 2000-200A, 2028, 2029, 202F, 205F, 3000.
std::size_t white_space_at(std::string_view text, std::size_t at);
std::string_view strip_trailing_white_space(std::string_view text);
// Returns the non-empty pieces between white space, as views into the text.
std::vector<std::string_view> split_at_white_space(std::string_view text);

// A text as a row of units (words or code points); unit i reaches from begins[i] to ends[i]. An n-gram is the stretch
// of text over n units. Equal n-grams must be equal stretches, so there must be exactly one space, or nothing, between
// units.
struct Units {
  std::string text;
  std::vector<std::size_t> begins, ends;
  std::int64_t size() const { return static_cast<std::int64_t>(begins.size()); }
};
// The keys are views into units.text.
using NgramCounts = std::unordered_map<std::string_view, std::int64_t>;
NgramCounts count_ngrams(const Units& units, std::size_t order);

// References[i] has the lines of reference file i.
using References = std::vector<std::vector<std::string>>;
// Throws DataError unless there is a reference and every reference has as many lines as the hypotheses.
void require_equal_counts(const std::vector<std::string>& hypotheses, const References& references);
// Returns line `line` of every reference.
std::vector<std::string_view> references_of(const References& references, std::size_t line);

// What a signature says about the evaluation, besides the metric's own fields.
struct Evaluation {
  std::size_t references = 1;
  bool bootstrap = false;  // scores were resampled with bootstrap.h
};
// Returns "nrefs:1|FIELDS|version:attend-0.1.0, sacrebleu-2.6-compatible". It is sacreBLEU's signature with our
// program's name.
std::string make_signature(const Evaluation& evaluation, std::string_view fields);

}  // namespace attend
