// Made-up text for measurements where no data is at hand: lines of token numbers, and the tokenizer that
// reads them. So the measured path is the real one, from text to tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/data/parallel_dataset.h"
#include "attend/text/parallel_text.h"

namespace attend {

// "17 5 1032" <-> {17, 5, 1032}; as many pieces as the config's tokenizers may have.
Tokenizers number_tokenizers(const TokenizersConfig& config);

// Sentences of a translation corpus. Source lengths are log-normal with a median of 21 and a mean of 25
// tokens (about what news and talks have in subwords), a target is 15 % longer or shorter; words are
// distributed as Zipf says.
struct PairShape {
  std::int64_t pairs = 0, longest = 0;  // longest: tokens of a line
  std::int64_t source_vocabulary = 0, target_vocabulary = 0;
  std::uint64_t seed = 1;
};
ParallelText made_up_pairs(const PairShape& shape);

// Lines of `shortest` to `longest` tokens, all lengths alike.
struct LineShape {
  std::int64_t lines = 0, shortest = 0, longest = 0, vocabulary = 0;
  std::uint64_t seed = 1;
};
std::vector<std::string> made_up_lines(const LineShape& shape);

}  // namespace attend
