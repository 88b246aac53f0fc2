#include "escapes.h"

#include <string_view>

#include "attend/core/error.h"
#include "attend/core/log.h"

namespace attend {
namespace {

constexpr std::string_view kLetters = "ntr\\", kMeant = "\n\t\r\\";

}  // namespace

std::string unescape(const std::string& option, const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    const auto which = i + 1 < text.size() ? kLetters.find(text[++i]) : std::string_view::npos;
    if (which == std::string_view::npos)
      throw UsageError("[", option, R"(] with --escapes expected one of \n, \t, \r and \\, got a backslash before )",
                       text[i] != '\\' ? concat("\"", text.substr(i, 1), "\"") : "nothing");
    plain += kMeant[which];
  }
  return plain;
}

void warn_of_escapes(const std::string& option, const std::string& text) {
  for (std::size_t at = text.find('\\'); at != std::string::npos && at + 1 < text.size();
       at = text.find('\\', at + 1)) {
    if (kLetters.substr(0, 3).find(text[at + 1]) == std::string_view::npos) continue;
    log_warning("[", option, "] holds ", text.substr(at, 2),
                " as two characters, a backslash and a letter; --escapes reads it as an escape");
    return;
  }
}

}  // namespace attend
