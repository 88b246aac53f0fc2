#include "attend/metrics/segments.h"

#include "attend/core/error.h"
#include "attend/core/version.h"
#include "attend/metrics/bootstrap.h"

namespace attend {
namespace {

// Of the two- and three-byte forms.
bool is_wide_space(std::string_view bytes) {
  if (bytes.size() == 2) return bytes == "\xC2\x85" || bytes == "\xC2\xA0";
  if (bytes.starts_with("\xE2\x80")) {
    const auto last = static_cast<unsigned char>(bytes[2]);
    return (last >= 0x80 && last <= 0x8A) || last == 0xA8 || last == 0xA9 || last == 0xAF;
  }
  return bytes == "\xE1\x9A\x80" || bytes == "\xE2\x81\x9F" || bytes == "\xE3\x80\x80";
}

// Bytes of the white space character that ends the text, else 0.
std::size_t trailing_white_space(std::string_view text) {
  for (std::size_t width = 1; width <= 3 && width <= text.size(); ++width)
    if (white_space_at(text, text.size() - width) == width) return width;
  return 0;
}

}  // namespace

std::size_t white_space_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x20);
  const std::size_t width = byte == 0xC2 ? 2 : byte >= 0xE1 && byte <= 0xE3 ? 3 : 0;
  return width > 0 && at + width <= text.size() && is_wide_space(text.substr(at, width)) ? width : 0;
}

std::string_view strip_trailing_white_space(std::string_view text) {
  while (const std::size_t width = trailing_white_space(text)) text.remove_suffix(width);
  return text;
}

std::vector<std::string_view> split_at_white_space(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t width = white_space_at(text, at);
    if (width > 0 && at > begin) pieces.push_back(text.substr(begin, at - begin));
    at += width > 0 ? width : 1;
    if (width > 0) begin = at;
  }
  if (begin < text.size()) pieces.push_back(text.substr(begin));
  return pieces;
}

NgramCounts count_ngrams(const Units& units, std::size_t order) {
  const std::string_view text = units.text;
  NgramCounts counts;
  for (std::size_t last = order - 1; last < units.ends.size(); ++last) {
    const std::size_t begin = units.begins[last + 1 - order];
    ++counts[text.substr(begin, units.ends[last] - begin)];
  }
  return counts;
}

void require_equal_counts(const std::vector<std::string>& hypotheses, const References& references) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i].size() != hypotheses.size())
      throw DataError("[reference ", i + 1, "] expected ", hypotheses.size(),
                      " lines, as many as hypotheses, got ", references[i].size(),
                      "; line n of one belongs to line n of the other");
}

std::vector<std::string_view> references_of(const References& references, std::size_t line) {
  std::vector<std::string_view> lines;
  for (const auto& reference : references) lines.push_back(reference[line]);
  return lines;
}

std::string make_signature(const Evaluation& evaluation, std::string_view fields) {
  const std::string bootstrap =
      evaluation.bootstrap ? concat("|bs:", kBootstrapSamples, "|seed:", kBootstrapSeed) : "";
  return concat("nrefs:", evaluation.references, bootstrap, "|", fields, "|version:attend-", kVersion,
                ", sacrebleu-2.6-compatible");
}

}  // namespace attend
