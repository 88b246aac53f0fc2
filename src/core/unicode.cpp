#include "attend/core/unicode.h"

#include <unicode/ubrk.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <limits>
#include <memory>

#include "attend/core/error.h"

namespace attend {
namespace {

bool is_in(char32_t code_point, std::uint32_t categories) {
  return (U_GET_GC_MASK(static_cast<UChar32>(code_point)) & categories) != 0;
}

struct CloseCaseMap {
  void operator()(UCaseMap* map) const { ucasemap_close(map); }
};

// Bytes that the lower case of `text` has; no more than `capacity` of them are written to `out`.
std::int32_t lower(std::string_view text, char* out, std::int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UCaseMap, CloseCaseMap> map(ucasemap_open("", 0, &status));  // "": of no language
  const std::int32_t size = ucasemap_utf8ToLower(map.get(), out, capacity, text.data(),
                                                 static_cast<std::int32_t>(text.size()), &status);
  if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
    throw DataError("[lower case] expected a line that ICU can read, got: ", u_errorName(status));
  return size;
}

struct CloseBreaks {
  void operator()(UBreakIterator* breaks) const { ubrk_close(breaks); }
};

void require(UErrorCode status) {
  if (U_FAILURE(status)) throw DataError("[sentences] expected a line that ICU can read, got: ", u_errorName(status));
}

}  // namespace

bool is_space(char32_t code_point) { return u_isUWhiteSpace(static_cast<UChar32>(code_point)) != 0; }
bool runs_on(char32_t code_point) {
  const auto kind = u_getIntPropertyValue(static_cast<UChar32>(code_point), UCHAR_LINE_BREAK);
  return kind == U_LB_IDEOGRAPHIC || kind == U_LB_CONDITIONAL_JAPANESE_STARTER || kind == U_LB_NONSTARTER ||
         kind == U_LB_COMPLEX_CONTEXT;
}
bool is_in_word(char32_t code_point) {
  return is_in(code_point, U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK) && !runs_on(code_point);
}

std::vector<std::size_t> sentence_ends(std::string_view text, SentenceLanguage language) {
  const std::string rules = language == SentenceLanguage::any ? "" : concat(name_of(language), "@ss=standard");
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UBreakIterator, CloseBreaks> breaks(
      ubrk_open(UBRK_SENTENCE, rules.c_str(), nullptr, 0, &status));
  require(status);
  UText bytes = UTEXT_INITIALIZER;
  utext_openUTF8(&bytes, text.data(), static_cast<std::int64_t>(text.size()), &status);
  ubrk_setUText(breaks.get(), &bytes, &status);
  std::vector<std::size_t> ends;
  if (U_SUCCESS(status) && ubrk_first(breaks.get()) != UBRK_DONE)
    for (auto end = ubrk_next(breaks.get()); end != UBRK_DONE; end = ubrk_next(breaks.get()))
      ends.push_back(static_cast<std::size_t>(end));
  utext_close(&bytes);
  require(status);
  return ends;
}

bool is_punctuation(char32_t code_point) { return is_in(code_point, U_GC_P_MASK); }
bool is_symbol(char32_t code_point) { return is_in(code_point, U_GC_S_MASK); }
bool is_number(char32_t code_point) { return is_in(code_point, U_GC_N_MASK); }

std::string to_lower(std::string_view text) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) / 4;
  if (text.size() > kMost)
    throw DataError("[lower case] expected a line of at most ", kMost, " bytes, got ", text.size());
  std::string out(text.size(), '\0');  // most often it stays as long
  const std::int32_t size = lower(text, out.data(), static_cast<std::int32_t>(out.size()));
  const bool fits = static_cast<std::size_t>(size) <= out.size();
  out.resize(static_cast<std::size_t>(size));
  if (!fits) lower(text, out.data(), size);
  return out;
}

}  // namespace attend
