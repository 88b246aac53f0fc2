#include <algorithm>
#include <cfloat>
#include <cmath>
#include <utility>

#include "subwords.h"

namespace attend {
namespace {

constexpr float kUnknownPenalty = 10.0f;  // below the worst piece, as in SentencePiece

// Pieces in the order of their bytes, to be narrowed down a byte at a time.
class PrefixTable {
 public:
  explicit PrefixTable(const Subwords& subwords) {
    for (std::size_t i = 0; i < subwords.pieces().size(); ++i) {
      const auto id = static_cast<std::int32_t>(i);
      if (subwords.find(subwords[id].text) == id && subwords[id].kind != PieceKind::unused)
        pieces_.push_back({subwords[id].text, id});
    }
    std::ranges::sort(pieces_, {}, &Segment::text);
  }

  // visit(bytes, id) for every piece that `text` starts with, shortest first.
  template <class Visit>
  void each_prefix(std::string_view text, const Visit& visit) const {
    auto begin = pieces_.begin(), end = pieces_.end();
    for (std::size_t at = 0; at < text.size() && begin != end; ++at) {
      // All of begin..end start with the first `at` bytes of the text and are longer.
      const auto byte_of = [at](const Segment& piece) { return static_cast<unsigned char>(piece.text[at]); };
      const auto range = std::ranges::equal_range(begin, end, static_cast<unsigned char>(text[at]), {}, byte_of);
      begin = range.begin();
      end = range.end();
      if (begin == end || begin->text.size() > at + 1) continue;
      visit(at + 1, begin->id);
      ++begin;
    }
  }

 private:
  std::vector<Segment> pieces_;  // texts point into the subwords
};

// A piece between two places of the text.
struct Arc {
  std::size_t begin = 0, end = 0;  // in bytes
  std::int32_t id = 0;
  double score = 0;
};

class UnigramSampler final : public SubwordSampler {
 public:
  explicit UnigramSampler(SubwordModel model) : subwords_(std::move(model)), table_(subwords_) {
    // SentencePiece's way, the odd start of the largest score included.
    float worst = FLT_MAX;
    for (const auto& piece : subwords_.pieces())
      if (piece.kind == PieceKind::normal) {
        worst = std::min(worst, piece.score);
        best_score_ = std::max(best_score_, piece.score);
      }
    unknown_score_ = worst - kUnknownPenalty;
  }

  std::vector<std::int32_t> best(std::string_view text) const override {
    // In float, piece by piece, as SentencePiece adds it up: ties fall the same way.
    struct Place {
      float score = 0;
      Arc arc;
      bool reached = false;
    };
    std::vector<Place> places(text.size() + 1);
    each_arc(text, [&](const Arc& arc) {
      const double score = arc.score + places[arc.begin].score;
      Place& end = places[arc.end];
      if (!end.reached || score > end.score) end = {static_cast<float>(score), arc, true};
    });
    std::vector<Segment> segments;
    for (auto at = text.size(); at > 0; at = places[at].arc.begin) segments.push_back(segment_of(text, places[at].arc));
    std::ranges::reverse(segments);
    return subwords_.ids_of(segments);
  }

  std::vector<std::int32_t> sample(std::string_view text, double alpha, PhiloxStream& random) const override {
    std::vector<Segment> segments;
    std::size_t begin = 0;  // of what stands between symbols
    for (std::size_t at = 0; at < text.size();) {
      const auto symbol = subwords_.symbol_at(text.substr(at));
      if (symbol > 0) {
        sample_part(text.substr(begin, at - begin), alpha, random, segments);
        segments.push_back({text.substr(at, symbol), subwords_.find(text.substr(at, symbol))});
        begin = at + symbol;
      }
      at += symbol > 0 ? symbol : character_bytes(text.substr(at));
    }
    sample_part(text.substr(begin), alpha, random, segments);
    return subwords_.ids_of(segments);
  }

 private:
  void sample_part(std::string_view text, double alpha, PhiloxStream& random, std::vector<Segment>& segments) const {
    // forward[i]: log of the sum over all segmentations of the text before i.
    std::vector<double> forward(text.size() + 1, -HUGE_VAL);
    std::vector<Arc> arcs;
    constexpr std::size_t kNone = ~std::size_t{0};
    // the last arc to a place, and the one before each arc
    std::vector<std::size_t> last(text.size() + 1, kNone), before;
    forward[0] = 0;
    each_arc(text, [&](const Arc& arc) {
      forward[arc.end] = log_add(forward[arc.end], alpha * arc.score + forward[arc.begin]);
      before.push_back(std::exchange(last[arc.end], arcs.size()));
      arcs.push_back(arc);
    });
    const auto first = static_cast<std::ptrdiff_t>(segments.size());
    for (auto at = text.size(); at > 0;) {
      double rest = random.uniform();
      auto i = last[at];
      const auto probability = [&] { return std::exp(alpha * arcs[i].score + forward[arcs[i].begin] - forward[at]); };
      while (before[i] != kNone && (rest -= probability()) >= 0) i = before[i];
      segments.push_back(segment_of(text, arcs[i]));
      at = arcs[i].begin;
    }
    std::reverse(segments.begin() + first, segments.end());
  }

  // Arcs from left to right; every character has one of its own, if only as unknown text.
  template <class Visit>
  void each_arc(std::string_view text, const Visit& visit) const {
    for (std::size_t begin = 0; begin < text.size();) {
      const auto character = character_bytes(text.substr(begin));
      bool has_character = false;
      table_.each_prefix(text.substr(begin), [&](std::size_t bytes, std::int32_t id) {
        has_character |= bytes == character;
        visit(Arc{begin, begin + bytes, id, score_of(id)});
      });
      if (!has_character) visit(Arc{begin, begin + character, subwords_.unknown(), unknown_score_});
      begin += character;
    }
  }

  double score_of(std::int32_t id) const {
    const auto& piece = subwords_[id];
    if (piece.kind != PieceKind::user_defined) return piece.score;
    std::int64_t characters = 0;
    for (std::string_view rest = piece.text; !rest.empty(); rest.remove_prefix(character_bytes(rest))) ++characters;
    return static_cast<float>(characters) * best_score_ - 0.1;
  }

  static Segment segment_of(std::string_view text, const Arc& arc) {
    return {text.substr(arc.begin, arc.end - arc.begin), arc.id};
  }
  static double log_add(double a, double b) {
    if (a < b) std::swap(a, b);
    return b == -HUGE_VAL ? a : a + std::log1p(std::exp(b - a));
  }

  Subwords subwords_;
  PrefixTable table_;
  float best_score_ = FLT_MIN;
  float unknown_score_ = 0;
};

}  // namespace

std::unique_ptr<SubwordSampler> make_unigram_sampler(SubwordModel model) {
  return std::make_unique<UnigramSampler>(std::move(model));
}

}  // namespace attend
