#include "attend/training/meters.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

// Places of Meters::sums_; the sum and the count of term i stand at kTerms + 2 i and the place behind it.
enum Place : std::size_t { kNorms, kApplied, kTerms };

std::vector<double> values_of(const at::Tensor& sums) {
  if (!sums.defined()) return std::vector<double>(kTerms);
  const auto here = sums.cpu();  // sync
  return {here.const_data_ptr<double>(), here.const_data_ptr<double>() + here.numel()};
}

// The terms as they were saved. Older checkpoints hold two of them, "loss" and "nll", and one "count".
Json terms_in(const Json& saved) {
  if (saved.contains("terms")) return saved.at("terms");
  Json terms = Json::array();
  for (const char* name : {"loss", "nll"})
    terms.push_back({{"name", name}, {"sum", saved.at(name)}, {"count", saved.at("count")}});
  return terms;
}

double ratio(double sum, double count) {
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double Meters::Report::mean(std::string_view name) const {
  const auto found = std::ranges::find(terms, name, &Mean::name);
  return found == terms.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

void Meters::add(const UpdateResult& update, const std::vector<Batch>& batches) {
  std::vector<at::Tensor> values{update.gradient_norm.to(at::kDouble), update.applied.to(at::kDouble)};
  std::vector<std::string> names;
  for (const auto& term : update.terms) {
    names.push_back(term.name);
    values.push_back(term.sum);
    values.push_back(term.count);
  }
  if (sums_.defined() && names != names_)
    throw ModelError("[state.json] expected sums of ", join(names, ", "), ", got ", join(names_, ", "));
  names_ = std::move(names);
  const auto added = torch::stack(values);
  const auto counted = torch::where(update.applied, added, torch::zeros({}, added.options()));
  sums_ = sums_.defined() ? sums_.to(counted.device()) + counted : counted;
  ++updates_;
  for (const auto& batch : batches) {
    source_tokens_ += batch.source_tokens;
    target_tokens_ += batch.target_tokens;
    padded_tokens_ += batch.padded_tokens;
  }
}

Meters::Report Meters::report() const {
  const auto sums = values_of(sums_);
  Report report;
  for (std::size_t i = 0; i < names_.size(); ++i)
    report.terms.push_back({names_[i], ratio(sums[kTerms + 2 * i], sums[kTerms + 2 * i + 1])});
  report.gradient_norm = ratio(sums[kNorms], sums[kApplied]);
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
  saved["norms"] = sums[kNorms];
  saved["applied"] = sums[kApplied];
  saved["terms"] = Json::array();
  for (std::size_t i = 0; i < names_.size(); ++i)
    saved["terms"].push_back({{"name", names_[i]}, {"sum", sums[kTerms + 2 * i]}, {"count", sums[kTerms + 2 * i + 1]}});
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
    std::vector<double> sums{saved.at("norms").get<double>(), saved.at("applied").get<double>()};
    for (const auto& term : terms_in(saved)) {
      names_.push_back(term.at("name").get<std::string>());
      sums.push_back(term.at("sum").get<double>());
      sums.push_back(term.at("count").get<double>());
    }
    sums_ = torch::tensor(sums, torch::kFloat64);
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the sums of the metrics, got ", fault.what());
  }
}

}  // namespace attend
