#include "attend/checkpoint/initialize_from.h"

#include <torch/types.h>

#include <algorithm>
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
  // int64: old rows whose mean the other rows start as; undefined: they start as in a new model
  at::Tensor averaged;
};

CommonRows common_rows(const Tokenizer& now, const Tokenizer& before, bool grown) {
  std::unordered_map<std::string, std::int64_t> places;
  for (std::int64_t i = 0; i < before.size(); ++i) places.emplace(before.piece(static_cast<std::int32_t>(i)), i);
  std::vector<std::int64_t> here, there;
  for (std::int64_t i = 0; i < now.size(); ++i) {
    const auto found = places.find(now.piece(static_cast<std::int32_t>(i)));
    if (found == places.end()) continue;
    here.push_back(i);
    there.push_back(found->second);
  }
  CommonRows rows{torch::tensor(here, torch::kInt64), torch::tensor(there, torch::kInt64), now.size(), {}};
  std::erase(there, before.special().pad);
  if (grown) rows.averaged = torch::tensor(there, torch::kInt64);
  return rows;
}

// `fresh`: the table of a new model. Rows behind the pieces of both vocabularies (of ids without a piece) stay where
// they are.
at::Tensor with_common_rows(const at::Tensor& fresh, const at::Tensor& old, const CommonRows& rows) {
  at::Tensor table = fresh.detach().cpu().clone();
  if (rows.averaged.defined())
    table.copy_(old.index_select(0, rows.averaged).mean(0, /*keepdim=*/true).expand_as(table));
  for (auto row = rows.size; row < std::min(table.size(0), old.size(0)); ++row) table[row].copy_(old[row]);
  return table.index_copy_(0, rows.here, old.index_select(0, rows.there));
}

bool is_position_table(std::string_view name) { return name.ends_with("positions.weight"); }

// The first rows of a longer table are the old ones.
at::Tensor lengthened(const at::Tensor& fresh, const at::Tensor& old, const std::string& name) {
  log_info("initialize_from: ", name, " grows from ", format_count(old.size(0)), " to ", format_count(fresh.size(0)),
           " places; the further ones start anew");
  at::Tensor table = fresh.detach().cpu().clone();
  table.narrow(0, 0, old.size(0)).copy_(old);
  return table;
}

// The other config as if its learned tables were as long as they are here, where they may be.
Config with_longer_tables(Config initial, const Config& config) {
  const auto lengthen = [](std::vector<PositionConfig>& before, const std::vector<PositionConfig>& now) {
    for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i)
      if (auto *old = before[i].find<LearnedOptions>(); old && now[i].find<LearnedOptions>())
        old->max_length = std::max(old->max_length, now[i].as<LearnedOptions>().max_length);
  };
  lengthen(initial.model.position, config.model.position);
  lengthen(initial.model.encoder_position, config.model.encoder_position);
  lengthen(initial.model.decoder_position, config.model.decoder_position);
  return initial;
}

void check_alike(const Config& config, const LoadedModel& initial) {
  std::string differences;
  for (const auto& change : compare_configs(with_longer_tables(initial.config, config), config)) {
    if (!change.path.starts_with("model.") || change.resume != Resume::refused) continue;
    const bool table = change.path.ends_with("position.max_length") || change.path.ends_with("].max_length");
    differences += concat("\n  ", change.path, ": ", change.before, " there, ", change.after, " here",
                          table ? " (a learned table may only grow)" : "");
  }
  if (!differences.empty())
    throw ConfigError(
        "[training.initialize_from] expected a model that is built like this one, got ", initial.path.string(),
        " with other keys:", differences,
        "\nWrite its values, or put its config.yaml first and leave these keys out of yours: attend train ",
        (initial.path / "config.yaml").string(), " YOURS.yaml");
}

// The tables of a side; the output layer belongs to the target.
bool belongs_to_source(std::string_view name) {
  return name == "source_embedding.weight" || name == "embedding.weight";
}
bool belongs_to_target(std::string_view name) {
  return name == "target_embedding.weight" || name == "head.weight" || name == "head.bias";
}

void report(const CommonRows& rows, std::string_view side) {
  const auto found = rows.here.size(0);
  log_info("initialize_from: ", format_count(found), " of ", format_count(rows.size), " pieces of the ", side,
           " vocabulary are known; ", format_count(rows.size - found),
           rows.averaged.defined() ? " start as their mean" : " start anew");
}

}  // namespace

bool takes_tokenizers_of(const Config& initial, const LoadedConfig& wanted) {
  for (const auto& change : compare_configs(initial, wanted.config)) {
    const bool chooses = change.path.starts_with("data.tokenizer") && change.resume != Resume::incomparable &&
                         !change.path.ends_with(".add_symbols");
    if (!chooses) continue;
    const auto origin = wanted.origins.find(change.path);
    if (origin != wanted.origins.end() && origin->second.mark.known()) return false;
  }
  return true;
}

Config with_tokenizers_of(const Config& initial, const LoadedConfig& wanted) {
  Config config = wanted.config;
  const auto& own = wanted.config.data.tokenizer;
  auto& taken = config.data.tokenizer = initial.data.tokenizer;
  const auto& own_target = own.two ? own.target : own.source;
  taken.source.sampling = own.source.sampling;
  taken.target.sampling = own_target.sampling;
  const bool adds = !own.source.add_symbols.empty() || !own_target.add_symbols.empty();
  if (own.two && taken.shared() && adds)
    throw ConfigError(
        "[data.tokenizer] expected add_symbols once, as the model has one vocabulary for both sides, got source and "
        "target; "
        "name them in data.tokenizer.add_symbols");
  taken.two = taken.two || (own.two && adds);
  taken.source.add_symbols = own.source.add_symbols;
  taken.target.add_symbols = own_target.add_symbols;
  const auto tie = wanted.origins.find("model.tie_embeddings");
  if (tie == wanted.origins.end() || !tie->second.mark.known()) config.model.tie_embeddings = TieEmbeddings::automatic;
  resolve(config);
  return config;
}

Tokenizers with_added_symbols(const Tokenizers& tokenizers, const TokenizersConfig& config) {
  const auto grown = [&](const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<std::string>& symbols,
                         std::string_view side) {
    if (symbols.empty()) return tokenizer;
    if (!tokenizer)
      throw ConfigError(
          "[data.tokenizer.add_symbols] expected a model with a tokenizer, got one that was trained on ids alone");
    auto more = with_symbols(*tokenizer, symbols);
    log_info("add_symbols: ", symbols.size(), " symbols behind the ", format_count(tokenizer->size()),
             " pieces of the ", side, " vocabulary: ", join(symbols, " "));
    return more;
  };
  if (tokenizers.shared()) {
    const auto both = grown(tokenizers.source, config.source.add_symbols, "shared");
    return {both, both};
  }
  return {grown(tokenizers.source, config.source.add_symbols, "source"),
          grown(tokenizers.target, config.target.add_symbols, "target")};
}

void initialize_from(Model& model, const Config& config, const Tokenizers& tokenizers, const LoadedModel& initial) {
  check_alike(config, initial);
  if (tokenizers.target && !initial.tokenizers.target)
    log_warning("[training.initialize_from] ", initial.path.string(),
                " was trained on ids alone; is data.tokenizer the one that made them?");
  // A model that reads ids alone has no tokenizer, and nothing is known of its rows.
  const auto same = [](const auto& a, const auto& b) { return !a || !b || a->serialized() == b->serialized(); };
  const bool same_source = same(tokenizers.source, initial.tokenizers.source);
  const bool same_target = same(tokenizers.target, initial.tokenizers.target);
  const auto& symbols = config.data.tokenizer;
  const bool source_grown = !symbols.source.add_symbols.empty(), target_grown = !symbols.target.add_symbols.empty();
  const auto source =
      same_source ? CommonRows{} : common_rows(*tokenizers.source, *initial.tokenizers.source, source_grown);
  const auto target =
      same_target ? CommonRows{} : common_rows(*tokenizers.target, *initial.tokenizers.target, target_grown);
  if (!same_source) report(source, tokenizers.shared() ? "shared" : "source");
  if (!same_target && !tokenizers.shared()) report(target, "target");

  const torch::NoGradGuard no_grad;
  auto values = parameters_of(*initial.model);
  for (auto& item : model.named_parameters()) {
    const auto& name = item.key();
    const bool by_source = belongs_to_source(name) && !same_source, by_target = belongs_to_target(name) && !same_target;
    const auto found = values.find(name);
    if (found == values.end()) continue;  // set_parameters names it
    auto& old = found->second;
    if (by_source || by_target) old = with_common_rows(item.value(), old, by_source ? source : target);
    else if (is_position_table(name) && item.value().size(0) > old.size(0)) old = lengthened(item.value(), old, name);
  }
  set_parameters(model, values, "training.initialize_from");
  log_info("weights start from ", initial.path.string());
}

}  // namespace attend
