#include <algorithm>

#include "attend/core/error.h"
#include "subwords.h"

namespace attend {
namespace {

// Which sides of a space mark pieces reach over; where none does, words begin and end.
struct WordRule {
  bool before_mark = false, after_mark = false;

  explicit WordRule(const Subwords& subwords) {
    for (const auto& piece : subwords.pieces())
      if (piece.kind == PieceKind::normal) add(piece.text);
  }
  bool parts(std::string_view left, std::string_view right) const {
    const bool left_mark = left.ends_with(kSpaceMark), right_mark = right.starts_with(kSpaceMark);
    return left_mark != right_mark && !(right_mark ? before_mark : after_mark);
  }

 private:
  void add(std::string_view text) {
    bool was_mark = text.starts_with(kSpaceMark);
    for (; !text.empty(); text.remove_prefix(character_bytes(text))) {
      const bool is_mark = text.starts_with(kSpaceMark);
      before_mark |= is_mark && !was_mark;
      after_mark |= !is_mark && was_mark;
      was_mark = is_mark;
    }
  }
};

class BpeSampler final : public SubwordSampler {
 public:
  explicit BpeSampler(SubwordModel model) : subwords_(std::move(model)), words_(subwords_) {
    for (const auto& piece : subwords_.pieces())
      if (piece.kind == PieceKind::unused)
        throw ConfigError(
            "[data.tokenizer.sampling.alpha] expected a BPE model that uses all its pieces, got one with \"",
            piece.text, "\" unused; set it to 0");
  }

  std::vector<std::int32_t> best(std::string_view text) const override {
    PhiloxStream none(0);
    return sample(text, 0.0, none);
  }

  std::vector<std::int32_t> sample(std::string_view text, double alpha, PhiloxStream& random) const override {
    std::vector<Segment> segments, word;
    const auto end_word = [&] {
      merge(word, word.size() > kMaxSampledWord ? 0.0 : alpha, random);
      segments.insert(segments.end(), word.begin(), word.end());
      word.clear();
    };
    while (!text.empty()) {
      const auto symbol = subwords_.symbol_at(text);
      const auto piece = text.substr(0, symbol > 0 ? symbol : character_bytes(text));
      text.remove_prefix(piece.size());
      if (!word.empty() && (symbol > 0 || words_.parts(word.back().text, piece))) end_word();
      const auto id = subwords_.find(piece);
      word.push_back({piece, id < 0 ? subwords_.unknown() : id});
      if (symbol > 0) end_word();
    }
    end_word();
    return subwords_.ids_of(segments);
  }

 private:
  // The piece of two neighbours, whose texts lie side by side; -1: none.
  std::int32_t merged(const std::vector<Segment>& word, std::size_t left) const {
    if (left + 1 >= word.size()) return -1;
    return subwords_.find({word[left].text.data(), word[left].text.size() + word[left + 1].text.size()});
  }

  void merge(std::vector<Segment>& word, double alpha, PhiloxStream& random) const {
    std::vector<std::int32_t> ids;  // of neighbours i and i + 1 as one piece
    for (std::size_t i = 0; i + 1 < word.size(); ++i) ids.push_back(merged(word, i));
    for (;;) {
      std::size_t best = ids.size();
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || (alpha > 0 && random.uniform() < alpha)) continue;
        // of equals the first
        if (best == ids.size() || subwords_[ids[i]].score > subwords_[ids[best]].score) best = i;
      }
      if (best == ids.size()) return;
      word[best] = {{word[best].text.data(), word[best].text.size() + word[best + 1].text.size()}, ids[best]};
      const auto at = static_cast<std::ptrdiff_t>(best);
      word.erase(word.begin() + at + 1);
      ids.erase(ids.begin() + at);
      if (best > 0) ids[best - 1] = merged(word, best - 1);
      if (best < ids.size()) ids[best] = merged(word, best);
    }
  }

  Subwords subwords_;
  WordRule words_;
};

}  // namespace

std::unique_ptr<SubwordSampler> make_bpe_sampler(SubwordModel model) {
  return std::make_unique<BpeSampler>(std::move(model));
}

}  // namespace attend
