#include "attend/decoding/text_start.h"

#include <algorithm>

#include "attend/data/language_corpora.h"

namespace attend {
namespace {

// Documents one after the other see each other but where they are packed: each is read behind the end of the one
// before.
bool reads_on_behind_ends(const DataConfig& data, bool several) {
  return several && data.sampling != BlockSampling::packed;
}

}  // namespace

TextStart text_start(const Config& config, const Tokenizer& tokenizer, const SpecialIds& special) {
  const auto corpora = training_documents(config.data);
  const bool ids = config.data.train.front().tokens.has_value();
  const bool several = ids || !std::ranges::all_of(corpora, &DocumentCorpus::is_one);
  TextStart start;
  if (!ids && several && special.bos >= 0 && special.bos != special.eos) start.symbol = special.bos;
  if (start.symbol >= 0) {
    start.of_empty = {start.symbol};
  } else if (special.eos >= 0 && reads_on_behind_ends(config.data, several)) {
    start.of_empty = {special.eos};
  } else if (start.of_empty = tokenizer.encode("\n"); !start.of_empty.empty()) {
    start.instead = "a line end";
  } else if (const auto symbol = special.bos >= 0 ? special.bos : special.eos; symbol >= 0) {
    start.of_empty = {symbol};
    start.instead = "a symbol that training never read there";
  }
  return start;
}

}  // namespace attend
