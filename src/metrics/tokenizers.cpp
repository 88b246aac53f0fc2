#include "attend/metrics/tokenizers.h"

#include "attend/metrics/segments.h"
#include "tokenizers/rules.h"

namespace attend {
namespace {

std::string apply_rules(std::string_view line, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::mteval_13a: return tokenize_13a(line);
    case BleuTokenizer::none: return std::string(line);
    case BleuTokenizer::intl: return tokenize_intl(line);
    case BleuTokenizer::character: return tokenize_characters(line);
    case BleuTokenizer::zh: return tokenize_zh(line);
  }
  return {};
}

}  // namespace

std::string bleu_tokenize(std::string_view line, BleuTokenizer tokenizer) {
  const std::string text = apply_rules(strip_trailing_white_space(line), tokenizer);
  std::string out;
  for (const std::string_view token : split_at_white_space(text)) {
    if (!out.empty()) out += ' ';
    out += token;
  }
  return out;
}

}  // namespace attend
