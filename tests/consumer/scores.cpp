#include <cstdio>

#include "attend/core/version.h"
#include "attend/text/tokenizer.h"

// Takes in the base library and what it links to, SentencePiece included.
int main() {
  attend::TokenizerConfig config;
  config.type = attend::TokenizerType::byte;
  const auto tokenizer = attend::train_tokenizer(config, [](std::string&) { return false; });
  const auto ids = tokenizer->encode("attend");
  std::printf("attend %s, %zu tokens, \"%s\"\n", attend::kVersion.data(), ids.size(),
              tokenizer->decode(ids).c_str());
  return tokenizer->decode(ids) == "attend" ? 0 : 1;
}
