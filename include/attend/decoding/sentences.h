// A line cut into its sentences, with the white space between them kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/core/unicode.h"

namespace attend {

// before + sentences[0].text + sentences[0].after + ... is the line.
struct SplitLine {
  struct Sentence {
    std::string text;   // without white space around it, never empty
    std::string after;  // white space
  };
  std::string before;
  std::vector<Sentence> sentences;  // none in a blank line
};

SplitLine split_sentences(std::string_view line, SentenceLanguage language);

}  // namespace attend
