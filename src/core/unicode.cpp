#include "attend/core/unicode.h"

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>

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

}  // namespace

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
