// Paired bootstrap resampling (Koehn, 2004) as sacreBLEU 2.6 does it (--paired-bs): 1000 corpora of as many
// lines, drawn with repetition, the same lines for both systems. The draws are those of numpy's
// default_rng(12345).choice(), so that means, intervals and p-values are sacreBLEU's. It adds in fp32 and we
// in fp64: they agree to about 1e-5.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace attend {

inline constexpr std::int64_t kBootstrapSamples = 1000;
inline constexpr int kBootstrapSeed = 12345;

// Of a system: the score of the corpus that consists of these lines.
using ScoreOfLines = std::function<double(std::span<const std::int64_t> lines)>;

struct BootstrapEstimate {
  double mean = 0,
         confidence = 0;  // 95 % of the samples lie in about mean +- confidence (half of their range)
};

struct PairedBootstrap {
  BootstrapEstimate system, baseline;
  // How probable a difference at least as large as the real one is by chance. Where no sample differs it is 1
  // (sacreBLEU: 1 / 1001).
  double p_value = 1;
};

// DataError without lines.
PairedBootstrap paired_bootstrap(std::int64_t lines, const ScoreOfLines& system,
                                 const ScoreOfLines& baseline);

// The draws: numbers 0..bound-1 as numpy.random.default_rng(12345).choice(bound, size) gives them, by the
// generator PCG64 (O'Neill, 2014) and rejection by multiplication (Lemire, 2019).
class BootstrapDraws {
 public:
  explicit BootstrapDraws(std::uint32_t bound) : bound_(bound) {}
  std::int64_t next();

 private:
  std::uint32_t next_bits();

  std::uint32_t bound_;
  // What numpy makes of the seed.
  std::uint64_t state_high_ = 0x1905e0335aae9634, state_low_ = 0x9199b0d09775add5;
  std::uint32_t kept_ = 0;  // the upper half of the number drawn last
  bool has_kept_ = false;
};

}  // namespace attend
