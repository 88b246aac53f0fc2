#include "attend/training/fit_batch.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/types.h>

#include <algorithm>
#include <fstream>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/training/step.h"

namespace attend {
namespace {

// What CPU tensors hold at a time, at most, while it lives.
class PeakBytes final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t, c10::Device) override {
    held_ += size;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t peak() const { return peak_; }

 private:
  std::int64_t held_ = 0, peak_ = 0;
};

std::int64_t row_length(const Config& config) {
  return config.task == TaskType::translation ? config.data.max_length : config.data.block_size;
}

// A model ready to be trained, and batches of made-up sequences, all max_length long. No update is made: the weights
// stay.
class Probe {
 public:
  Probe(const Config& config, Model& model, const Runtime& runtime)
      : length_(row_length(config)),
        model_(model),
        device_(runtime.device),
        segments_(make_training_segments(model, config.training.optimizer, runtime.compute)),
        optimizer_(make_optimizer(config.training.optimizer, segments_)) {}

  // Forward and backward, as in training.
  void run(std::int64_t rows) {
    ForwardContext context;
    std::vector<LossTerm> further;
    context.training = true;
    context.auxiliary = &further;
    auto terms = model_.made_up_loss(rows, length_, context);
    terms.insert(terms.end(), further.begin(), further.end());
    objective_of(terms).backward();
  }
  double bytes(std::int64_t rows) {
    const auto peak = std::make_shared<PeakBytes>();
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, peak);
    run(rows);
    return static_cast<double>(peak->peak());
  }
  bool fits(std::int64_t rows) {
    try {
      run(rows);
      return true;
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error)) throw;
    }
    release_cached_memory(device_);
    return false;
  }

 private:
  std::int64_t length_;
  Model& model_;
  at::Device device_;
  std::vector<Segment> segments_;
  std::unique_ptr<Optimizer> optimizer_;
};

std::int64_t rows_on_cpu(Probe& probe, std::int64_t beside, std::int64_t most) {
  const double one = probe.bytes(1), three = probe.bytes(3);
  const double per_row = std::max((three - one) / 2, 1.0), fixed = one - per_row + static_cast<double>(beside);
  const double room = kMemoryShare * static_cast<double>(free_memory()) - fixed;
  return std::clamp(static_cast<std::int64_t>(room / per_row), std::int64_t{0}, most);
}

std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

}  // namespace

std::int64_t fit_batch_size(const Config& config, Model& model, const Runtime& runtime) {
  const std::int64_t length = row_length(config), most = std::max<std::int64_t>(1, kMostBatchTokens / length);
  std::int64_t rows = 0;
  {
    Probe probe(config, model, runtime);
    // gradients, and as much again while they are made
    const std::int64_t of_threads = 2 * BatchGradients::added_bytes(model);
    rows = runtime.device.is_cpu() ? rows_on_cpu(probe, of_threads, most)
                                   : largest_that_fits(most, [&](std::int64_t n) { return probe.fits(n); });
    if (!runtime.device.is_cpu() && rows > 1 && rows < most)
      rows = static_cast<std::int64_t>(kMemoryShare * static_cast<double>(rows));
  }
  if (rows == 0)
    throw OutOfMemoryError("[data.batch.size] expected memory for one row of ", length,
                           " tokens, got less; make the model, data.max_length or data.block_size smaller");
  const auto size = config.data.batch.unit == BatchUnit::sequences ? rows : rows * length;
  log_info("data.batch.size: auto is ", format_count(size), " ", name_of(config.data.batch.unit));
  return size;
}

std::int64_t largest_that_fits(std::int64_t most, const std::function<bool(std::int64_t)>& fits) {
  std::int64_t good = 0, bad = most + 1;
  for (std::int64_t n = 1; n < bad; n = good < most ? std::min(2 * n, most) : bad) {
    if (!fits(n)) bad = n;
    else good = n;
  }
  while (good > 0 && bad - good > 1 + good / 10) {
    const auto middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

std::uint64_t free_memory() {
  std::uint64_t free = ~std::uint64_t{0};
  std::ifstream machine("/proc/meminfo");
  for (std::string name, unit; machine >> name;) {
    std::uint64_t kilobytes = 0;
    machine >> kilobytes;
    std::getline(machine, unit);
    if (name == "MemAvailable:") free = kilobytes << 10;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory.max"),
             used = number_in("/sys/fs/cgroup/memory.current");  // "max": none
  if (limit && used) free = std::min(free, *limit - std::min(*limit, *used));
  return free;
}

}  // namespace attend
