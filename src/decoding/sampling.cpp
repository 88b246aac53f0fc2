#include "attend/decoding/sampling.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>

#include "attend/core/philox.h"

#include "draw.h"
#include "search.h"

namespace attend {
namespace {

// In [0, 1), 53 bits.
double uniform(std::uint64_t seed, std::int64_t line, std::int64_t sample, std::int64_t step) {
  const auto name = static_cast<std::uint64_t>(line);
  const auto words = philox({static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(sample),
                                      static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32)},
                                     seed);
  return static_cast<double>(std::uint64_t{words[0]} << 21 | words[1] >> 11) * 0x1p-53;
}

// Beam k is a sample of its own from the second step on; all start from the one empty hypothesis.
class Sampling final : public Search {
 public:
  Sampling(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options)
      : Search(scorer, options, options.nbest), lines_(batch.lines) {}

 private:
  void look(const at::Tensor& logits) override {
    const LogitsRules::Result step = rules().apply(logits, rows_so_far());
    const std::int64_t V = logits.size(1), jobs = static_cast<std::int64_t>(sentences().size()) * beams();
    drawn_.assign(jobs, Continuation{kDead, 0, 0, 0});
    at::parallel_for(0, jobs, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t job = begin; job < end; ++job) {
        const Sentence& sentence = sentences()[job / beams()];
        const std::int64_t k = job % beams(), origin = std::min(k, width() - 1);
        const Live& live = sentence.beam[origin];
        if (live.rank == kDead) continue;
        const std::int64_t sample = searched() == 0 ? k : live.sample, row = job / beams() * width() + origin;
        const double u = uniform(options().sampling->seed, lines_[sentence.index], sample, forced() + searched());
        const float* ruled = step.ruled.const_data_ptr<float>() + row * V;
        const std::int32_t token = draw({ruled, static_cast<std::size_t>(V)}, *options().sampling, u);
        drawn_[job] = {live.rank + ruled[token], origin, token, step.log_probs.const_data_ptr<float>()[row * V + token],
                       sample};
      }
    });
  }

  std::vector<Continuation> continuations(const Sentence&, std::int64_t first_row) const override {
    std::vector<Continuation> chosen;
    const auto begin = drawn_.begin() + first_row / width_before() * beams();
    std::copy_if(begin, begin + beams(), std::back_inserter(chosen),
                 [](const Continuation& c) { return c.rank != kDead; });
    return chosen;
  }

  bool is_done(const Sentence&) const override { return false; }  // until all samples have ended

  std::int64_t width_before() const { return searched() == 1 ? 1 : beams(); }

  const std::vector<std::int64_t>& lines_;
  std::vector<Continuation> drawn_;  // sentence by sentence, beams() each
};

}  // namespace

std::vector<std::vector<Hypothesis>> sample(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options) {
  return Sampling(scorer, batch, options).run(batch);
}

}  // namespace attend
