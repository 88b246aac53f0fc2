// Cuts a line into its sentences and keeps the white space between them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/core/unicode.h"

namespace attend {

// The line is before + sentences[0].text + sentences[0].after + sentences[1].text + ...
struct SplitLine {
  struct Sentence {
    std::string text;   // has no white space around it and is never empty
    std::string after;  // white space behind the text
  };
  std::string before;
  std::vector<Sentence> sentences;  // a blank line has none
};

SplitLine split_sentences(std::string_view line, SentenceLanguage language);

}  // namespace attend
