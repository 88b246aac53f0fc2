#include "attend/metrics/translation_edits.h"

#include <algorithm>
#include <tuple>

namespace attend {
namespace {

constexpr std::int64_t kLongestShift = 10, kFarthestShift = 50, kMostShiftsTried = 1000;

// `length` hypothesis words from `start` on are put before the word at `target`.
struct Shift {
  std::int64_t start = 0, length = 0, target = 0;
};

// A target within the words shifted counts from behind them.
void perform(const Shift& shift, Words& words) {
  const auto at = [&](std::int64_t i) {
    return words.begin() + std::min(i, static_cast<std::int64_t>(words.size()));
  };
  const std::int64_t end = shift.start + shift.length;
  if (shift.target < shift.start)
    std::rotate(at(shift.target), at(shift.start), at(end));
  else
    std::rotate(at(shift.start), at(end),
                at(shift.target > end ? shift.target : shift.target + shift.length));
}

// Looks for the shift that saves most edits; of equals the longest, then the one from the left, then the one
// to the left.
class ShiftSearch {
 public:
  // Adds to `tried`, and stops soon after it reached kMostShiftsTried.
  ShiftSearch(const Words& words, const Words& reference, BandedEditDistance& table, std::int64_t& tried)
      : words_(words),
        reference_(reference),
        table_(table),
        tried_(tried),
        before_(table.solve(words)),
        alignment_(table.alignment()) {}

  void run() {
    const auto words = static_cast<std::int64_t>(words_.size()),
               columns = static_cast<std::int64_t>(reference_.size());
    for (std::int64_t start = 0; start < words; ++start) {
      const std::int64_t last = std::min(columns - 1, start + kFarthestShift);
      for (std::int64_t place = std::max<std::int64_t>(0, start - kFarthestShift); place <= last; ++place) {
        try_equal_words(start, place);
        if (tried_ >= kMostShiftsTried) return;
      }
    }
  }

  std::int64_t saved() const { return saved_; }
  const Shift& best() const { return best_; }
  std::int64_t edits_before() const { return before_; }

 private:
  // All stretches of words that stand in the hypothesis from `start` on and in the reference from `place` on.
  void try_equal_words(std::int64_t start, std::int64_t place) {
    const auto index = [](std::int64_t i) { return static_cast<std::size_t>(i); };
    const std::int64_t longest = std::min({kLongestShift, static_cast<std::int64_t>(words_.size()) - start,
                                           static_cast<std::int64_t>(reference_.size()) - place});
    const std::int64_t aligned = alignment_.place[index(place)];
    bool hypothesis_wrong = false, reference_wrong = false;
    for (std::int64_t i = 0; i < longest && tried_ < kMostShiftsTried; ++i) {
      if (words_[index(start + i)] != reference_[index(place + i)]) return;
      hypothesis_wrong = hypothesis_wrong || alignment_.hypothesis_error[index(start + i)];
      reference_wrong = reference_wrong || alignment_.reference_error[index(place + i)];
      const bool stays_inside = start <= aligned && aligned <= start + i;
      if (hypothesis_wrong && reference_wrong && !stays_inside) try_targets(start, i + 1, place);
    }
  }

  // Behind what each of the reference words, and the one before them, is aligned with.
  void try_targets(std::int64_t start, std::int64_t length, std::int64_t place) {
    std::int64_t previous = -1;
    for (std::int64_t i = place - 1; i < place + length; ++i) {
      const std::int64_t target = i < 0 ? 0 : alignment_.place[static_cast<std::size_t>(i)] + 1;
      if (target == previous) continue;
      previous = target;
      ++tried_;
      consider({start, length, target});
    }
  }

  void consider(const Shift& shift) {
    shifted_ = words_;
    perform(shift, shifted_);
    const std::int64_t unchanged = std::min(shift.start, shift.target);
    const std::int64_t saved = before_ - table_.distance(shifted_, static_cast<std::size_t>(unchanged));
    const auto rank = [](std::int64_t gain, const Shift& s) {
      return std::tuple(gain, s.length, -s.start, -s.target);
    };
    if (best_.length > 0 && rank(saved, shift) <= rank(saved_, best_)) return;
    best_ = shift;
    saved_ = saved;
  }

  const Words &words_, &reference_;
  BandedEditDistance& table_;
  std::int64_t& tried_;
  const std::int64_t before_;  // edits without a shift
  const BandedEditDistance::Alignment alignment_;
  Words shifted_;
  Shift best_;
  std::int64_t saved_ = 0;
};

}  // namespace

std::int64_t translation_edits(Words hypothesis, const Words& reference) {
  if (reference.empty()) return static_cast<std::int64_t>(hypothesis.size());
  BandedEditDistance table(reference, hypothesis.size());
  for (std::int64_t shifts = 0, tried = 0;; ++shifts) {
    ShiftSearch search(hypothesis, reference, table, tried);
    search.run();
    if (tried >= kMostShiftsTried || search.saved() <= 0) return shifts + search.edits_before();
    perform(search.best(), hypothesis);
  }
}

}  // namespace attend
