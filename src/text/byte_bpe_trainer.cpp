#include "byte_bpe_trainer.h"

#include <algorithm>
#include <array>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "attend/core/interrupt.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "byte_alphabet.h"
#include "kinds.h"
#include "word_splitter.h"

namespace attend {
namespace {

constexpr std::int64_t kLeastCount = 2;  // what comes once is no pattern
constexpr std::size_t kMaxTrainedWord = kMaxPieceBytes / 2;  // every byte has a character of one or two

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using WordCounts = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

// Longer words are cut, so that no piece grows beyond what a file may hold and no word slows its pairs down.
WordCounts count_words(const LineSource& lines, const std::vector<AddedToken>& added) {
  WordCounts counts;
  const auto count = [&counts](std::string_view word) {
    for (; !word.empty(); word.remove_prefix(std::min<std::size_t>(kMaxTrainedWord, word.size()))) {
      const std::string_view part = word.substr(0, kMaxTrainedWord);
      const auto known = counts.find(part);
      if (known == counts.end())
        counts.emplace(part, 1);
      else
        ++known->second;
    }
  };
  const WordSplitter splitter;
  const AddedTokens tokens(added);
  const auto count_words_of = [&](std::string_view text) { splitter.split(text, count); };
  for (std::string line; lines(line);)
    tokens.split(is_valid_utf8(line) ? line : repair_utf8(line), count_words_of, [](const AddedToken&) {});
  return counts;
}

class Learner {
 public:
  explicit Learner(const std::vector<std::string>& symbols) {
    for (const std::string_view piece : kSpecialPieces) add_token(std::string(piece), true);
    for (const std::string& symbol : symbols) add_token(symbol, false);
    add_bytes();
    first_merged_ = static_cast<std::int32_t>(model_.pieces.size());
  }
  // What is no word of the text.
  std::vector<AddedToken> symbols(SpelledSpecials spelled) const {
    return spelled == SpelledSpecials::symbols ? model_.added : without_specials(model_.added);
  }

  ByteBpeModel learn(const WordCounts& counts, std::int64_t vocab_size) {
    start(counts);
    while (static_cast<std::int64_t>(model_.pieces.size()) < vocab_size && !candidates_.empty()) {
      throw_if_interrupted();
      const Candidate best = candidates_.top();
      candidates_.pop();
      const auto pair = pairs_.find(best.key);
      if (pair == pairs_.end()) continue;
      if (pair->second.count == best.count)
        merge(static_cast<std::int32_t>(best.key >> 32), static_cast<std::int32_t>(best.key & 0xFFFFFFFF));
      else if (pair->second.count < best.count)  // a rise was proposed when it happened, falls are seen here
        propose(best.key, pair->second.count);
    }
    model_.special = {0, 1, 2, 3};
    return std::move(model_);
  }

 private:
  struct Word {
    std::vector<std::int32_t> symbols;
    std::int64_t count;
  };
  struct Pair {
    std::int64_t count = 0;
    bool has_risen = false;
    std::vector<std::size_t> words;  // where it was seen; it may have gone since
  };
  struct Candidate {
    std::int64_t count;
    std::uint64_t key;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : key > other.key;
    }
  };

  void start(const WordCounts& counts) {
    for (const auto& [text, count] : counts) {
      Word word{{}, count};
      for (const char byte : text) word.symbols.push_back(ids_of_bytes_[static_cast<std::uint8_t>(byte)]);
      words_.push_back(std::move(word));
    }
    for (std::size_t index = 0; index < words_.size(); ++index) {
      const auto& symbols = words_[index].symbols;
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) change(symbols[i], symbols[i + 1], 1, index);
    }
    propose_risen();
  }

  std::int32_t add_piece(const std::string& piece) {
    const auto [known, is_new] = ids_.emplace(piece, static_cast<std::int32_t>(model_.pieces.size()));
    if (is_new) model_.pieces.push_back(piece);
    return known->second;
  }

  void add_token(const std::string& text, bool special) {
    model_.added.push_back({text, add_piece(text), special, false});
  }

  // In the order of their characters, which is GPT-2's.
  void add_bytes() {
    std::vector<std::pair<char32_t, std::uint8_t>> ordered;
    for (int byte = 0; byte < 256; ++byte) {
      const auto value = static_cast<std::uint8_t>(byte);
      ordered.emplace_back(byte_character(value), value);
    }
    std::ranges::sort(ordered);
    for (const auto& [character, byte] : ordered) ids_of_bytes_[byte] = add_piece(encode_utf8({character}));
  }

  void propose(std::uint64_t key, std::int64_t count) {
    if (count >= kLeastCount) candidates_.push({count, key});
  }

  // The pair comes once more in each copy of this word, or (-1) once less.
  void change(std::int32_t left, std::int32_t right, std::int64_t sign, std::size_t index) {
    const std::uint64_t key = pair_key(left, right);
    Pair& pair = pairs_[key];
    pair.count += sign * words_[index].count;
    if (sign < 0) return;
    if (pair.words.empty() || pair.words.back() != index) pair.words.push_back(index);
    if (!std::exchange(pair.has_risen, true)) risen_.push_back(key);
  }

  void propose_risen() {
    for (const std::uint64_t key : risen_) {
      Pair& pair = pairs_[key];
      pair.has_risen = false;
      propose(key, pair.count);
    }
    risen_.clear();
  }

  // Of the counts only those of the neighbours change; the pair's own is of no use any more.
  void replace(std::size_t index, const Merge& merge) {
    auto& symbols = words_[index].symbols;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      if (i + 1 == symbols.size() || symbols[i] != merge.left || symbols[i + 1] != merge.right) {
        symbols[kept++] = symbols[i];
        continue;
      }
      if (kept > 0) {
        change(symbols[kept - 1], merge.left, -1, index);
        change(symbols[kept - 1], merge.result, 1, index);
      }
      ++i;
      if (i + 1 < symbols.size()) {
        change(merge.right, symbols[i + 1], -1, index);
        change(merge.result, symbols[i + 1], 1, index);
      }
      symbols[kept++] = merge.result;
    }
    symbols.resize(kept);
  }

  void merge(std::int32_t left, std::int32_t right) {
    const auto text = [this](std::int32_t id) { return model_.pieces[static_cast<std::size_t>(id)]; };
    const Merge made{left, right, add_piece(text(left) + text(right))};
    if (made.result < first_merged_) return;  // bytes that look like a symbol are none
    // A piece that comes about in two ways can bring a pair back that was merged before.
    if (merged_.insert(pair_key(left, right)).second) model_.merges.push_back(made);
    const std::vector<std::size_t> words = std::move(pairs_[pair_key(left, right)].words);
    for (const std::size_t index : words) replace(index, made);
    pairs_.erase(pair_key(left, right));
    propose_risen();
  }

  ByteBpeModel model_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::array<std::int32_t, 256> ids_of_bytes_{};
  std::int32_t first_merged_ = 0;
  std::vector<Word> words_;
  std::unordered_map<std::uint64_t, Pair> pairs_;
  std::unordered_set<std::uint64_t> merged_;
  std::vector<std::uint64_t> risen_;  // pairs that came more often since propose_risen
  std::priority_queue<Candidate> candidates_;
};

}  // namespace

ByteBpeModel learn_byte_bpe(const TokenizerConfig& config, const LineSource& lines) {
  Learner learner(config.user_symbols);
  return learner.learn(count_words(lines, learner.symbols(spelled_specials_of(config))), config.vocab_size);
}

}  // namespace attend
