#include "attend/training/gradient_histograms.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace attend {
namespace {

std::vector<double> make_limits() {
  std::vector<double> positive;
  for (double limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push_back(limit);
  positive.push_back(std::numeric_limits<double>::max());
  std::vector<double> all;
  for (auto limit = positive.rbegin(); limit != positive.rend(); ++limit) all.push_back(-*limit);
  all.push_back(0.0);
  all.insert(all.end(), positive.begin(), positive.end());
  return all;
}

void add_buckets(const std::vector<double>& limits, const at::Tensor& counts, EventHistogram& histogram) {
  const auto* count = counts.const_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < limits.size(); ++i) {
    while (count[i] == 0 && i + 1 < limits.size() && count[i + 1] == 0) ++i;
    histogram.limits.push_back(limits[i]);
    histogram.counts.push_back(static_cast<double>(count[i]));
  }
}

}  // namespace

EventHistogram histogram_of(const at::Tensor& values) {
  static const std::vector<double> limits = make_limits();
  const auto all = values.detach().to(at::kCPU, at::kDouble).reshape({-1});
  const auto finite = all.masked_select(all.isfinite());
  EventHistogram histogram;
  if (finite.numel() == 0) return histogram;
  histogram.min = finite.min().item<double>();
  histogram.max = finite.max().item<double>();
  histogram.count = static_cast<double>(finite.numel());
  histogram.sum = finite.sum().item<double>();
  histogram.sum_of_squares = finite.square().sum().item<double>();
  // Bucket i holds what is at least limits[i - 1] and less than limits[i].
  const auto edges = torch::tensor(limits, torch::kFloat64);
  add_buckets(limits,
              at::bincount(at::bucketize(finite, edges, /*out_int32=*/false, /*right=*/true), {}, edges.numel()),
              histogram);
  return histogram;
}

void write_gradient_histograms(const Model& model, const UpdateCounts& update, MetricsLog& log) {
  const auto tokens = static_cast<double>(std::max<std::int64_t>(update.target_tokens, 1));
  for (const auto& item : model.named_parameters())
    if (item.value().grad().defined())
      log.add_histogram(update.step, "gradient/" + item.key(), histogram_of(item.value().grad() / tokens));
}

}  // namespace attend
