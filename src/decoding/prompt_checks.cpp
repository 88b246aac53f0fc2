#include "attend/decoding/prompt_checks.h"

#include "attend/core/json.h"
#include "attend/core/log.h"

namespace attend {

bool drops_end(const Tokenizer& tokenizer, std::string_view prompt) {
  const auto end = prompt.find_last_not_of(" \t\r\n");
  if (end == prompt.npos || end + 1 == prompt.size()) return false;
  return tokenizer.encode(prompt) == tokenizer.encode(prompt.substr(0, end + 1));
}

// In the middle of a text and alone, because tokenizers treat ends as something of their own.
bool can_write(const Tokenizer& tokenizer, std::string_view text) {
  const auto comes_back = [&](const std::string& around) {
    return tokenizer.decode(tokenizer.encode(around)).find(text) != std::string::npos;
  };
  return comes_back(std::string(text)) || comes_back("a" + std::string(text) + "a");
}

void warn_of_stops(const Tokenizer& tokenizer, std::span<const std::string> stops) {
  for (const std::string& stop : stops)
    if (!can_write(tokenizer, stop))
      log_warning("[generate] the stop string ", Json(stop).dump(),
                  " can never come: the tokenizer of this model writes no such text",
                  stop.find('\n') == std::string::npos ? "" : " (SentencePiece reads the end of a line as a space)");
}

}  // namespace attend
