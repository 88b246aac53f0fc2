#include "attend/decoding/prompt_checks.h"

#include <algorithm>

#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::int64_t kTold = 3;

}  // namespace

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

void PromptWarnings::read(std::int64_t number, const std::string& text, std::span<const std::int32_t> ids) {
  const std::lock_guard lock(mutex_);
  unknown_prompts_.add(number, is_unknown(tokenizer_, ids));
  dropped_ += drops_end(tokenizer_, text) ? 1 : 0;
  specials_ += tokenizer_.count_specials(text);
  if (const auto unk = tokenizer_.special().unk; unk >= 0) unknown_ += std::ranges::count(ids, unk);
}

void PromptWarnings::look(std::int64_t number, std::span<const std::int32_t> ids) {
  const auto tokens = static_cast<std::int64_t>(ids.size());
  if (window_.remembers || tokens <= window_.context) return;
  const std::lock_guard lock(mutex_);
  if (++long_ > kTold) return;
  const auto unseen = window_.first(tokens - 1) - window_.keep_first;
  log_warning("[generate] prompt ", number, ": expected at most ", window_.context,
              " tokens, which is the context of the model, got ", tokens,
              window_.keep_first > 0 ? concat("; behind the first ", window_.keep_first, ", ", unseen, " are left out")
                                     : concat("; its beginning is left out, ", unseen, " tokens"));
}

void PromptWarnings::begin_behind(std::string_view instead) {
  const std::lock_guard lock(mutex_);
  if (++empty_ > 1) return;
  log_warning("[generate] an empty prompt: training put no start symbol before its text, so this one begins behind ",
              instead, "; a prompt says better what to write");
}

PromptWarnings::~PromptWarnings() {
  if (empty_ > 1) log_warning("[generate] ", format_count(empty_), " prompts are empty");
  if (long_ > kTold)
    log_warning("[generate] ", format_count(long_ - kTold), " more prompts were longer than the context");
  warn_of_specials("generate", specials_, tokenizer_);
  if (dropped_ > 0)
    log_warning("[generate] ", format_count(dropped_), dropped_ == 1 ? " prompt ends" : " prompts end",
                " in spaces or line ends, which the tokenizer of this model drops: it goes on as without them");
  if (unknown_ > 0)
    log_warning("[generate] ", format_count(unknown_),
                unknown_ == 1 ? " token of the prompts is" : " tokens of the prompts are",
                " unknown to the model, which was trained on no such text");
}

}  // namespace attend
