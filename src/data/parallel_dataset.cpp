#include "attend/data/parallel_dataset.h"

#include "attend/core/error.h"

namespace attend {

ParallelDataset encode_parallel(const ParallelText& text, const Tokenizers& tokenizers, const LengthRule& rule) {
  ParallelDataset data;
  const auto limit = static_cast<std::size_t>(rule.max_length);
  const auto eos = tokenizers.source->special().eos;
  for (std::size_t line = 0; line < text.source.size(); ++line) {
    auto source = tokenizers.source->encode(text.source[line]);
    auto target = tokenizers.target->encode(text.target[line]);
    if (source.empty() || target.empty()) {
      ++data.empty;
      continue;
    }
    if (source.size() + 1 > limit || target.size() + 1 > limit) {
      ++data.over_length;
      if (rule.over_length == OverLength::skip) continue;
      source.resize(std::min(source.size(), limit - 1));
      target.resize(std::min(target.size(), limit - 1));
    }
    source.push_back(eos);
    data.source.add(source);
    data.target.add(target);
  }
  if (data.size() == 0)
    throw DataError("[data] expected at least one pair of at most ", rule.max_length, " tokens, got none of ", text.source.size(),
                    " (", data.empty, " empty, ", data.over_length, " too long); look at data.max_length");
  return data;
}

}  // namespace attend
