// Paired bootstrap resampling (Koehn, 2004) as sacreBLEU 2.6 does it (--paired-bs). It draws 1000 corpora of equally
// many lines, with repetition, and uses the same lines for both systems. The draws equal numpy's
// default_rng(12345).choice(), so means, intervals and p-values are those of sacreBLEU. Both agree to about 1e-5,
// because sacreBLEU adds in fp32 and we add in fp64.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace attend {

inline constexpr std::int64_t kBootstrapSamples = 1000;
inline constexpr int kBootstrapSeed = 12345;

// Returns a system's score of the corpus that consists of these lines.
using ScoreOfLines = std::function<double(std::span<const std::int64_t> lines)>;

// About 95 % of the samples lie within mean +- confidence (half the range of these samples).
struct BootstrapEstimate {
  double mean = 0, confidence = 0;
};

struct PairedBootstrap {
  BootstrapEstimate system, baseline;
  // The probability that chance alone gives a difference at least as large as the real one. When no sample differs it
  // is 1 (in sacreBLEU 1 / 1001).
  double p_value = 1;
};

// Throws DataError when there are no lines.
PairedBootstrap paired_bootstrap(std::int64_t lines, const ScoreOfLines& system,
                                 const ScoreOfLines& baseline);

// Draws numbers 0 .. bound-1 as numpy.random.default_rng(12345).choice(bound, size) does, with the generator PCG64
// (O'Neill, 2014) and rejection by multiplication (Lemire, 2019).
class BootstrapDraws {
 public:
  explicit BootstrapDraws(std::uint32_t bound) : bound_(bound) {}
  std::int64_t next();

 private:
  std::uint32_t next_bits();

  std::uint32_t bound_;
  // numpy turns the seed into this state.
  std::uint64_t state_high_ = 0x1905e0335aae9634, state_low_ = 0x9199b0d09775add5;
  std::uint32_t kept_ = 0;  // the upper half of the last 64-bit number drawn
  bool has_kept_ = false;
};

}  // namespace attend
