#include "attend/training/meters.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {
namespace {

void accumulate(at::Tensor& total, const at::Tensor& value) {
  const auto added = value.detach().to(at::kDouble);
  total = total.defined() ? total + added : added;
}

double value_of(const at::Tensor& total) { return total.defined() ? total.item<double>() : 0.0; }  // sync

}  // namespace

void Meters::add(const std::vector<LossTerm>& terms, const Batch& batch) {
  accumulate(loss_, terms.at(0).sum);
  accumulate(nll_, terms.at(1).sum);
  accumulate(count_, terms.at(0).count);
  source_tokens_ += batch.source_tokens;
  target_tokens_ += batch.target_tokens;
  padded_tokens_ += batch.padded_tokens;
}

void Meters::add_gradient_norm(const at::Tensor& norm) {
  accumulate(norms_, norm);
  ++updates_;
}

Meters::Report Meters::report() const {
  const double count = std::max(value_of(count_), 1.0);
  Report report;
  report.loss = value_of(loss_) / count;
  report.nll = value_of(nll_) / count;
  report.gradient_norm = value_of(norms_) / static_cast<double>(std::max<std::int64_t>(updates_, 1));
  report.source_tokens = source_tokens_;
  report.target_tokens = target_tokens_;
  if (padded_tokens_ > 0)
    report.padding_ratio = 1.0 - static_cast<double>(source_tokens_ + target_tokens_) / static_cast<double>(padded_tokens_);
  return report;
}

void Meters::save(Json& state) const {
  state["meters"] = {{"loss", value_of(loss_)},         {"nll", value_of(nll_)},           {"count", value_of(count_)},
                     {"norms", value_of(norms_)},       {"updates", updates_},             {"source_tokens", source_tokens_},
                     {"target_tokens", target_tokens_}, {"padded_tokens", padded_tokens_}};
}

void Meters::load(const Json& state) {
  reset();
  try {
    const auto& saved = state.at("meters");
    const auto scalar = [&](const char* name) { return torch::tensor(saved.at(name).get<double>(), torch::kFloat64); };
    updates_ = saved.at("updates").get<std::int64_t>();
    source_tokens_ = saved.at("source_tokens").get<std::int64_t>();
    target_tokens_ = saved.at("target_tokens").get<std::int64_t>();
    padded_tokens_ = saved.at("padded_tokens").get<std::int64_t>();
    if (padded_tokens_ == 0) return;
    loss_ = scalar("loss");
    nll_ = scalar("nll");
    count_ = scalar("count");
    norms_ = scalar("norms");
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the sums of the metrics, got ", fault.what());
  }
}

}  // namespace attend
