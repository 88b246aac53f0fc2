#include "attend/checkpoint/initialize_from.h"

#include <torch/types.h>

#include <unordered_map>

#include "attend/config/print.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

// Rows of the new vocabulary and where they are in the old one.
struct CommonRows {
  at::Tensor here, there;  // int64
  std::int64_t size = 0;   // of the new vocabulary
};

CommonRows common_rows(const Tokenizer& now, const Tokenizer& before) {
  std::unordered_map<std::string, std::int64_t> places;
  for (std::int64_t i = 0; i < before.size(); ++i) places.emplace(before.piece(static_cast<std::int32_t>(i)), i);
  std::vector<std::int64_t> here, there;
  for (std::int64_t i = 0; i < now.size(); ++i) {
    const auto found = places.find(now.piece(static_cast<std::int32_t>(i)));
    if (found == places.end()) continue;
    here.push_back(i);
    there.push_back(found->second);
  }
  return {torch::tensor(here, torch::kInt64), torch::tensor(there, torch::kInt64), now.size()};
}

void check_alike(const Config& config, const LoadedModel& initial) {
  std::string differences;
  for (const auto& change : compare_configs(initial.config, config))
    if (change.path.starts_with("model.") && change.resume == Resume::refused)
      differences += concat("\n  ", change.path, ": ", change.before, " there, ", change.after, " here");
  if (!differences.empty())
    throw ConfigError("[training.initialize_from] expected a model that is built like this one, got ", initial.path.string(),
                      " with other keys:", differences, "\nWrite its values, or put its config.yaml first and leave these keys out of yours: attend train ",
                      (initial.path / "config.yaml").string(), " YOURS.yaml");
}

// The tables of a side; the output layer belongs to the target.
bool belongs_to_source(std::string_view name) { return name == "source_embedding.weight" || name == "embedding.weight"; }
bool belongs_to_target(std::string_view name) {
  return name == "target_embedding.weight" || name == "head.weight" || name == "head.bias";
}

void report(const CommonRows& rows, std::string_view side) {
  const auto found = rows.here.size(0);
  log_info("initialize_from: ", format_count(found), " of ", format_count(rows.size), " pieces of the ", side,
           " vocabulary are known; ", format_count(rows.size - found), " start anew");
}

}  // namespace

bool takes_tokenizers_of(const Config& initial, const LoadedConfig& wanted) {
  for (const auto& change : compare_configs(initial, wanted.config)) {
    if (!change.path.starts_with("data.tokenizer") || change.resume != Resume::refused) continue;
    const auto origin = wanted.origins.find(change.path);
    if (origin != wanted.origins.end() && origin->second.mark.known()) return false;
  }
  return true;
}

Config with_tokenizers_of(const Config& initial, const LoadedConfig& wanted) {
  Config config = wanted.config;
  const auto& own = wanted.config.data.tokenizer;
  config.data.tokenizer = initial.data.tokenizer;
  config.data.tokenizer.source.sampling = own.source.sampling;
  config.data.tokenizer.target.sampling = own.two ? own.target.sampling : own.source.sampling;
  const auto tie = wanted.origins.find("model.tie_embeddings");
  if (tie == wanted.origins.end() || !tie->second.mark.known()) config.model.tie_embeddings = TieEmbeddings::automatic;
  resolve(config);
  return config;
}

void initialize_from(Model& model, const Config& config, const Tokenizers& tokenizers, const LoadedModel& initial) {
  check_alike(config, initial);
  if (tokenizers.target && !initial.tokenizers.target)
    log_warning("[training.initialize_from] ", initial.path.string(), " was trained on ids alone; is data.tokenizer the one that made them?");
  // A model that reads ids alone has no tokenizer, and nothing is known of its rows.
  const auto same = [](const auto& a, const auto& b) { return !a || !b || a->serialized() == b->serialized(); };
  const bool same_source = same(tokenizers.source, initial.tokenizers.source);
  const bool same_target = same(tokenizers.target, initial.tokenizers.target);
  const auto source = same_source ? CommonRows{} : common_rows(*tokenizers.source, *initial.tokenizers.source);
  const auto target = same_target ? CommonRows{} : common_rows(*tokenizers.target, *initial.tokenizers.target);
  if (!same_source) report(source, tokenizers.shared() ? "shared" : "source");
  if (!same_target && !tokenizers.shared()) report(target, "target");

  const torch::NoGradGuard no_grad;
  auto values = parameters_of(*initial.model);
  for (auto& item : model.named_parameters()) {
    const auto& name = item.key();
    const bool by_source = belongs_to_source(name) && !same_source, by_target = belongs_to_target(name) && !same_target;
    const auto found = values.find(name);
    if (found == values.end() || (!by_source && !by_target)) continue;  // set_parameters copies, or names it
    const auto& rows = by_source ? source : target;
    found->second = item.value().detach().cpu().index_copy(0, rows.here, found->second.index_select(0, rows.there));
  }
  set_parameters(model, values, "training.initialize_from");
  log_info("weights start from ", initial.path.string());
}

}  // namespace attend
