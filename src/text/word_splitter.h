// GPT-2's words: what byte-level BPE never merges across. A word is a run of letters, of numbers or of other
// characters, each with a space before it where there is one, an English contraction, or white space.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace attend {

class WordSplitter {
 public:
  WordSplitter();
  // Gives the words of valid UTF-8 in order; put together they are the text. Safe to call from several threads.
  void split(std::string_view text, const std::function<void(std::string_view)>& word) const;

 private:
  struct Pattern;
  std::shared_ptr<const Pattern> pattern_;
};

}  // namespace attend
