#include "attend/training/guard.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attend/config/print.h"
#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::size_t kRecent = 10;
constexpr std::int64_t kEnough = 100;
constexpr double kFall = 0.2;  // of a rise
constexpr std::int64_t kMostRollbacks = 1000, kMostLosses = 1'000'000;  // the ranges of the config

double mean_of(const std::deque<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::string keys_of_losses(const Config& config) {
  std::string keys;
  for (const auto& [path, before, after, resume] : compare_configs(Config{}, config))
    if (resume == Resume::incomparable) keys += concat(path, ": ", after, "\n");
  return keys;
}

void Guard::add(const UpdateResult& update) {
  const auto& [name, sum, count, weight] = update.loss();
  const auto loss = sum / torch::where(count.gt(0), count, torch::ones_like(count));
  unseen_.push_back(torch::stack({loss, update.applied.to(at::kDouble)}));
}

const std::string& Guard::fault() {
  look();
  return fault_;
}

bool Guard::calm() {
  look();
  return fault_.empty() && !rise_ && skipped_in_row_ == 0 && (config_.sigma == 0 || excess() <= config_.sigma / 2);
}

double Guard::lr_factor() const { return std::ldexp(1.0, -static_cast<int>(rollbacks_)); }

void Guard::look() {
  if (unseen_.empty()) return;
  const auto all = torch::stack(unseen_).cpu();  // sync
  unseen_.clear();
  const double* values = all.const_data_ptr<double>();
  for (std::int64_t i = 0; i < all.size(0); ++i) take(values[2 * i], values[2 * i + 1] > 0);
}

void Guard::take(double loss, bool applied) {
  skipped_in_row_ = applied ? 0 : skipped_in_row_ + 1;
  if (skipped_in_row_ >= config_.max_skipped && fault_.empty())
    fault_ = concat(skipped_in_row_,
                    " updates in a row had a loss or a gradient that is no number (training.guard.max_skipped)");
  if (!applied) return;
  recent_.push_back(loss);
  if (recent_.size() > kRecent) {
    window_.push_back(recent_.front());
    recent_.pop_front();
  }
  while (window_.size() > static_cast<std::size_t>(config_.window)) window_.pop_front();
  if (config_.sigma == 0 || !fault_.empty()) return;
  if (!rise_ && excess() > config_.sigma) rise_ = Rise{mean_of(window_), 0, 0, 0};
  if (rise_) watch();
}

void Guard::watch() {
  const double now = mean_of(recent_);
  rise_->peak = std::max(rise_->peak, now);
  rise_->sigmas = std::max(rise_->sigmas, excess());
  if (now < rise_->peak - kFall * (rise_->peak - rise_->from)) {
    rise_.reset();
    if (excess() > config_.sigma) window_.clear();  // what was before says nothing of the text that came
    return;
  }
  const auto patience = std::min(config_.window, kEnough) / 2;
  if (++rise_->updates > patience)
    fault_ = concat("the loss rose to ", format_fixed(now, 3), ", ", format_fixed(rise_->sigmas, 1),
                    " standard deviations above its mean of ", format_fixed(rise_->from, 3),
                    ", and did not fall again in ", patience,
                    " updates (training.guard.sigma=0 lets this be, for text that became harder)");
}

double Guard::excess() const {
  if (window_.size() < static_cast<std::size_t>(std::min(config_.window, kEnough))) return 0;
  const double mean = mean_of(window_);
  double squares = 0;
  for (const double loss : window_) squares += (loss - mean) * (loss - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(window_.size()));
  return (mean_of(recent_) - mean) / std::max(deviation, 0.01 * std::abs(mean) + 1e-12);
}

void Guard::save(Json& state) {
  const bool good = calm();
  state["guard"] = {{"calm", good},         {"fault", fault_},   {"skipped_in_row", skipped_in_row_},
                    {"rollbacks", rollbacks_}, {"recent", recent_}, {"window", window_}, {"measured_on", measured_on_}};
  if (rise_) state["guard"]["rise"] = {rise_->from, rise_->sigmas, rise_->peak, rise_->updates};
}

void Guard::load(const Json& state) {
  unseen_.clear();
  try {
    const auto& saved = state.at("guard");
    fault_ = saved.at("fault").get<std::string>();
    skipped_in_row_ = saved.at("skipped_in_row").get<std::int64_t>();
    rollbacks_ = saved.at("rollbacks").get<std::int64_t>();
    recent_ = saved.at("recent").get<std::deque<double>>();
    window_ = saved.at("window").get<std::deque<double>>();
    rise_.reset();
    if (const auto rise = saved.find("rise"); rise != saved.end())
      rise_ = Rise{rise->at(0).get<double>(), rise->at(1).get<double>(), rise->at(2).get<double>(),
                   rise->at(3).get<std::int64_t>()};
    const bool counts = skipped_in_row_ >= 0 && rollbacks_ >= 0 && rollbacks_ <= kMostRollbacks;
    if (!counts || recent_.size() > kRecent || static_cast<std::int64_t>(window_.size()) > kMostLosses)
      throw ModelError("[state.json] guard: expected small counts and at most ", kRecent, " recent losses, got others");
    if (saved.value("measured_on", "") != measured_on_) recent_.clear(), window_.clear(), rise_.reset();
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of the guard, got ", fault.what());
  }
}

bool Guard::was_calm(const Json& state) {
  const auto guard = state.find("guard");
  if (guard == state.end() || !guard->is_object()) return false;
  const auto calm = guard->find("calm");
  return calm != guard->end() && calm->is_boolean() && calm->get<bool>();
}

}  // namespace attend
