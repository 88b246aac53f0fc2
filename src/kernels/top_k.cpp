#include "attend/kernels/top_k.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "attend/core/error.h"

#include "loops/simd.h"

#define ATTEND_LOOPS "top_k_loops.inl"
#include "loops/each_target.inl"

namespace attend::kernels {

namespace {

constexpr std::int64_t kBlock = 128;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

// Largest value of every whole block; false when one of them holds a NaN.
ATTEND_CHOOSE(bool block_maxima(const float* row, std::int64_t blocks, float* maxima),
              block_maxima_loop<kBlock>(row, blocks, maxima))
// sum exp(row - peak); `size` is a multiple of sixteen.
ATTEND_CHOOSE(float sum_exp(const float* row, std::int64_t size, float peak), sum_exp_loop(row, size, peak))

struct Entry {
  float value;
  std::int32_t id;
  bool operator<(const Entry& other) const {  // better first
    return value != other.value ? value > other.value : id < other.id;
  }
};

// One row's work space, reused over the rows of a thread.
class RowSearch {
 public:
  RowSearch(std::int64_t vocabulary, std::int64_t wanted)
      : vocabulary_(vocabulary), whole_(vocabulary / kBlock), wanted_(wanted), maxima_(whole_ + 1) {}

  // The best `wanted` entries, sorted; `log_sum` is the row's log sum exp.
  const std::vector<Entry>& best(const float* row, float& log_sum) {
    log_sum = log_sum_exp(row);
    const float bound = lower_bound();
    found_.clear();
    for (std::size_t b = 0; b < maxima_.size(); ++b)
      if (maxima_[b] >= bound) collect(row, static_cast<std::int64_t>(b), bound);
    const auto end = found_.begin() + std::min<std::int64_t>(wanted_, found_.size());
    std::partial_sort(found_.begin(), end, found_.end());
    found_.erase(end, found_.end());
    return found_;
  }

 private:
  float log_sum_exp(const float* row) {
    const std::int64_t tail = whole_ * kBlock;
    bool sound = block_maxima(row, whole_, maxima_.data());
    maxima_.back() = kLowest;
    for (std::int64_t i = tail; i < vocabulary_; ++i) {
      sound = sound && row[i] == row[i];
      maxima_.back() = std::max(maxima_.back(), row[i]);
    }
    const float peak = *std::max_element(maxima_.begin(), maxima_.end());
    if (!sound || !std::isfinite(peak)) return std::numeric_limits<float>::quiet_NaN();
    double sum = sum_exp(row, tail, peak);
    for (std::int64_t i = tail; i < vocabulary_; ++i) sum += std::exp(row[i] - peak);
    return static_cast<float>(peak + std::log(sum));
  }

  // The wanted-th largest block maximum: at least that many values reach it, so none below it can win.
  float lower_bound() {
    if (wanted_ > static_cast<std::int64_t>(maxima_.size())) return kLowest;
    sorted_ = maxima_;
    const auto at = sorted_.begin() + (wanted_ - 1);
    std::nth_element(sorted_.begin(), at, sorted_.end(), std::greater<float>());
    return *at;
  }

  void collect(const float* row, std::int64_t block, float bound) {
    const std::int64_t end = std::min((block + 1) * kBlock, vocabulary_);
    for (std::int64_t i = block * kBlock; i < end; ++i)
      if (row[i] >= bound) found_.push_back({row[i], static_cast<std::int32_t>(i)});
  }

  std::int64_t vocabulary_, whole_, wanted_;
  std::vector<float> maxima_, sorted_;
  std::vector<Entry> found_;
};

// Appends a row's entries that may be chosen.
void fill_row(TopK& result, std::int64_t row, std::span<const Entry> entries, std::span<const std::int32_t> never) {
  std::int64_t at = row * result.count;
  const std::int64_t end = at + result.count;
  for (const Entry& entry : entries) {
    if (at == end) break;
    if (std::find(never.begin(), never.end(), entry.id) != never.end()) continue;
    result.ids[at] = entry.id;
    result.log_probs[at++] = entry.value;
  }
}

TopK make_result(const at::Tensor& logits, std::int64_t count, std::size_t never) {
  TopK result;
  result.count = std::min(count, logits.size(1) - static_cast<std::int64_t>(never));
  if (result.count < 1)
    throw ModelError("[decoding] expected a vocabulary with tokens to choose, got ", logits.size(1));
  result.ids.resize(logits.size(0) * result.count);
  result.log_probs.resize(logits.size(0) * result.count);
  return result;
}

void check_finite(const TopK& result) {
  for (const float x : result.log_probs)
    if (std::isnan(x))
      throw ModelError(
          "[decoding] expected finite logits, got NaN or infinity; the weights are broken, try another checkpoint");
}

}  // namespace

TopK top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never) {
  if (!logits.is_cpu()) return reference::top_k(logits, count, never);
  TopK result = make_result(logits, count, never.size());
  const at::Tensor rows = logits.to(at::kFloat).contiguous();
  const float* data = rows.const_data_ptr<float>();
  const std::int64_t vocabulary = rows.size(1);
  const std::int64_t wanted = result.count + static_cast<std::int64_t>(never.size());
  at::parallel_for(0, rows.size(0), 4, [&](std::int64_t begin, std::int64_t end) {
    RowSearch search(vocabulary, wanted);
    for (std::int64_t r = begin; r < end; ++r) {
      float log_sum = 0;
      fill_row(result, r, search.best(data + r * vocabulary, log_sum), never);
      for (std::int64_t i = r * result.count; i < (r + 1) * result.count; ++i) result.log_probs[i] -= log_sum;
    }
  });
  check_finite(result);
  return result;
}

TopK reference::top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never) {
  TopK result = make_result(logits, count, never.size());
  const std::int64_t wanted = result.count + static_cast<std::int64_t>(never.size());
  auto [values, indices] = logits.to(at::kFloat).log_softmax(-1).topk(wanted);
  values = values.cpu().contiguous();  // sync
  indices = indices.cpu().contiguous();
  std::vector<Entry> entries(wanted);
  for (std::int64_t r = 0; r < values.size(0); ++r) {
    for (std::int64_t i = 0; i < wanted; ++i)
      entries[i] = {values.const_data_ptr<float>()[r * wanted + i],
                    static_cast<std::int32_t>(indices.const_data_ptr<std::int64_t>()[r * wanted + i])};
    std::stable_sort(entries.begin(), entries.end());
    fill_row(result, r, entries, never);
  }
  check_finite(result);
  return result;
}

}  // namespace attend::kernels
