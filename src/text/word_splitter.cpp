// PCRE2 is included here and nowhere else.
#include "word_splitter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <new>
#include <string>

#include "attend/core/error.h"

namespace attend {
namespace {

// Unicode's White_Space. Every program means something else by \s: PCRE2 counts U+180E in, and without UCP no U+3000.
#define ATTEND_WHITE_SPACE \
  R"(\x09-\x0d\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"

constexpr std::string_view kWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{L}\p{N})" ATTEND_WHITE_SPACE
    R"(]+|[)" ATTEND_WHITE_SPACE R"(]+(?![^)" ATTEND_WHITE_SPACE R"(])|[)" ATTEND_WHITE_SPACE R"(]+)";

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string pcre2_message(int error) {
  PCRE2_UCHAR text[128] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct WordSplitter::Pattern {
  Pattern() = default;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { pcre2_code_free(code); }
  pcre2_code* code = nullptr;
};

WordSplitter::WordSplitter() {
  int error = 0;
  PCRE2_SIZE at = 0;
  const auto pattern = std::make_shared<Pattern>();
  pattern->code = pcre2_compile(units(kWords), kWords.size(), PCRE2_UTF | PCRE2_ANCHORED, &error, &at, nullptr);
  if (pattern->code == nullptr)
    throw Error(ExitCode::internal, concat("[tokenizer] PCRE2 refuses GPT-2's pattern: ", pcre2_message(error)));
  pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);  // faster where it can; the same words in any case
  pattern_ = pattern;
}

void WordSplitter::split(std::string_view text, const std::function<void(std::string_view)>& word) const {
  const pcre2_code* code = pattern_->code;
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  if (!match) throw std::bad_alloc();
  for (std::size_t begin = 0; begin < text.size();) {
    const int found = pcre2_match(code, units(text), text.size(), begin, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
    if (found < 0)  // every character is in a word, so this is PCRE2's fault
      throw DataError("[tokenizer] expected text that PCRE2 can split, got at byte ", begin + 1, ": ",
                      pcre2_message(found));
    const std::size_t end = pcre2_get_ovector_pointer(match.get())[1];
    word(text.substr(begin, end - begin));
    begin = end;
  }
}

}  // namespace attend
