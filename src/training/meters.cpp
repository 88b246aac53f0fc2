#include "attend/training/meters.h"

#include <torch/types.h>

#include <array>
#include <limits>

#include "attend/core/error.h"

namespace attend {
namespace {

// The places of Meters::sums_ and their names in state.json.
enum Place : std::size_t { kLoss, kNll, kCount, kNorm, kApplied, kPlaces };
constexpr std::array<const char*, kPlaces> kNames = {"loss", "nll", "count", "norms", "applied"};

std::array<double, kPlaces> values_of(const at::Tensor& sums) {
  std::array<double, kPlaces> values{};
  if (!sums.defined()) return values;
  const auto here = sums.cpu();  // sync
  std::copy_n(here.const_data_ptr<double>(), kPlaces, values.begin());
  return values;
}

}  // namespace

void Meters::add(const UpdateResult& update, const std::vector<Batch>& batches) {
  const auto applied = update.applied.to(at::kDouble);
  const auto added =
      torch::stack({update.loss, update.nll, update.count, update.gradient_norm.to(at::kDouble), applied});
  const auto counted = torch::where(update.applied, added, torch::zeros({}, added.options()));
  sums_ = sums_.defined() ? sums_ + counted : counted;
  ++updates_;
  for (const auto& batch : batches) {
    source_tokens_ += batch.source_tokens;
    target_tokens_ += batch.target_tokens;
    padded_tokens_ += batch.padded_tokens;
  }
}

Meters::Report Meters::report() const {
  const auto sums = values_of(sums_);
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  Report report;
  report.loss = sums[kCount] > 0 ? sums[kLoss] / sums[kCount] : nothing;
  report.nll = sums[kCount] > 0 ? sums[kNll] / sums[kCount] : nothing;
  report.gradient_norm = sums[kApplied] > 0 ? sums[kNorm] / sums[kApplied] : nothing;
  report.skipped = updates_ - static_cast<std::int64_t>(sums[kApplied]);
  report.source_tokens = source_tokens_;
  report.target_tokens = target_tokens_;
  if (padded_tokens_ > 0)
    report.padding_ratio =
        1.0 - static_cast<double>(source_tokens_ + target_tokens_) / static_cast<double>(padded_tokens_);
  return report;
}

void Meters::save(Json& state) const {
  auto& saved = state["meters"] = {{"updates", updates_},
                                   {"source_tokens", source_tokens_},
                                   {"target_tokens", target_tokens_},
                                   {"padded_tokens", padded_tokens_}};
  const auto sums = values_of(sums_);
  for (std::size_t i = 0; i < kPlaces; ++i) saved[kNames[i]] = sums[i];
}

void Meters::load(const Json& state) {
  reset();
  try {
    const auto& saved = state.at("meters");
    updates_ = saved.at("updates").get<std::int64_t>();
    source_tokens_ = saved.at("source_tokens").get<std::int64_t>();
    target_tokens_ = saved.at("target_tokens").get<std::int64_t>();
    padded_tokens_ = saved.at("padded_tokens").get<std::int64_t>();
    if (updates_ == 0) return;
    sums_ = torch::zeros({kPlaces}, torch::kFloat64);
    for (std::size_t i = 0; i < kPlaces; ++i) sums_[static_cast<std::int64_t>(i)] = saved.at(kNames[i]).get<double>();
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the sums of the metrics, got ", fault.what());
  }
}

}  // namespace attend
