// Checks prompts and stop strings: what the model does not see of them, and what its tokenizer cannot write.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "attend/decoding/text_window.h"
#include "attend/text/text_fit.h"

namespace attend {

// Returns true where the tokenizer drops the white space that a prompt ends with, so that the model does not see it.
bool drops_end(const Tokenizer& tokenizer, std::string_view prompt);

// Returns false where no text that the tokenizer can write holds this one.
bool can_write(const Tokenizer& tokenizer, std::string_view text);

// Warns of stop strings that can never come.
void warn_of_stops(const Tokenizer& tokenizer, std::span<const std::string> stops);

// Warns of what the model does not see of the prompts: the first ones one by one, at the end all of them in numbers.
// Several threads may use it.
class PromptWarnings {
 public:
  PromptWarnings(const TextWindow& window, const Tokenizer& tokenizer) : window_(window), tokenizer_(tokenizer) {}
  ~PromptWarnings();
  PromptWarnings(const PromptWarnings&) = delete;
  PromptWarnings& operator=(const PromptWarnings&) = delete;

  // Notes what the tokenizer makes of the text of prompt `number`.
  void read(std::int64_t number, const std::string& text, std::span<const std::int32_t> ids);
  // Notes how many tokens of prompt `number` the context holds.
  void look(std::int64_t number, std::span<const std::int32_t> ids);
  // Notes that an empty prompt begins behind `instead`, as no start symbol was trained.
  void begin_behind(std::string_view instead);

 private:
  const TextWindow& window_;
  const Tokenizer& tokenizer_;
  std::mutex mutex_;
  UnknownLines unknown_prompts_{"generate", "prompt"};
  std::int64_t long_ = 0, unknown_ = 0, dropped_ = 0, specials_ = 0, empty_ = 0;
};

}  // namespace attend
