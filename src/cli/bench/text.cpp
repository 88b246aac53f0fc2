#include "text.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::int64_t kFirstWord = 4;  // behind pad, unk, bos and eos

class NumberTokenizer final : public Tokenizer {
 public:
  explicit NumberTokenizer(std::int64_t size) : size_(size), bytes_(concat("numbers below ", size)) {}

  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    if (trim(text).empty()) return ids;
    for (const auto& word : split(trim(text), ' ')) {
      const auto id = parse_int(word);
      if (!id || *id < 0 || *id >= size_)
        throw DataError("[numbers] expected numbers below ", size_, ", got \"", word, "\"");
      ids.push_back(static_cast<std::int32_t>(*id));
    }
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::vector<std::string> words;
    for (const auto id : ids)
      if (id >= kFirstWord) words.push_back(std::to_string(id));
    return join(words, " ");
  }
  std::int64_t size() const override { return size_; }
  std::string piece(std::int32_t id) const override { return std::to_string(id); }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::int64_t size_;
  std::string bytes_;
};

class Words {
 public:
  Words(std::int64_t vocabulary, std::mt19937_64& random)
      : random_(random),
        log_ranks_(std::log(static_cast<double>(std::max<std::int64_t>(vocabulary - kFirstWord, 1)))) {}

  // Zipf: the logarithm of a word's rank is uniform.
  std::string line(std::int64_t length) {
    std::string text;
    for (std::int64_t i = 0; i < length; ++i) {
      const auto rank = static_cast<std::int64_t>(std::exp(uniform_(random_) * log_ranks_));  // 1, 2, ...
      if (i > 0) text += ' ';
      text += std::to_string(kFirstWord + rank - 1);
    }
    return text;
  }

 private:
  std::mt19937_64& random_;
  std::uniform_real_distribution<double> uniform_;
  double log_ranks_;
};

}  // namespace

Tokenizers number_tokenizers(const TokenizersConfig& config) {
  const auto source = std::make_shared<NumberTokenizer>(config.source.vocab_size);
  if (config.shared()) return {source, source};
  return {source, std::make_shared<NumberTokenizer>(config.target.vocab_size)};
}

ParallelText made_up_pairs(const PairShape& shape) {
  std::mt19937_64 random(shape.seed);
  std::lognormal_distribution<double> source_length(std::log(21.0), 0.6), ratio(0.0, 0.15);
  Words source(shape.source_vocabulary, random), target(shape.target_vocabulary, random);
  const auto whole = [&](double length) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::lround(length)), 1, shape.longest);
  };
  ParallelText text;
  for (std::int64_t i = 0; i < shape.pairs; ++i) {
    const double length = source_length(random);
    text.source.push_back(source.line(whole(length)));
    text.target.push_back(target.line(whole(length * ratio(random))));
  }
  return text;
}

std::vector<std::string> made_up_lines(const LineShape& shape) {
  std::mt19937_64 random(shape.seed);
  std::uniform_int_distribution<std::int64_t> length(shape.shortest, shape.longest);
  Words words(shape.vocabulary, random);
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < shape.lines; ++i) lines.push_back(words.line(length(random)));
  return lines;
}

}  // namespace attend
