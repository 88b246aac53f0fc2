#include "attend/config/rules.h"

#include <algorithm>
#include <initializer_list>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

class Rules {
 public:
  Rules(const Config& config, const Origins& origins, Problems& problems)
      : config_(config), origins_(origins), problems_(problems) {}

  void check(bool needs_data) {
    if (needs_data) data_is_named();
    runtime();
    tokenizer();
    heads();
    embeddings();
    positions("encoder", encoder_position_of(config_.model), config_.model.encoder_position.has_value());
    positions("decoder", decoder_position_of(config_.model), config_.model.decoder_position.has_value());
    attention(AttentionUse::encoder_self, "model.encoder_attention", config_.model.encoder_attention);
    attention(AttentionUse::decoder_self, "model.decoder_attention", config_.model.decoder_attention);
    attention(AttentionUse::cross, "model.cross_attention", config_.model.cross_attention);
    optimizer();
    schedule();
    loop();
  }

 private:
  // The first path is the key at fault, the others are the keys it does not go with. Reported at the first of
  // them that was written down; not at all where one of them is wrong in itself.
  void complain(std::initializer_list<std::string> paths, const std::string& message) {
    for (const auto& path : paths)
      if (problems_.touches(path)) return;
    TextMark mark;
    for (const auto& path : paths)
      if (!mark.known()) mark = mark_of(path);
    const std::string& first = *paths.begin();
    problems_.add(mark.known() ? mark : nearest_mark(first), first, message);
  }

  TextMark mark_of(const std::string& path) const {
    const auto found = origins_.find(path);
    return found == origins_.end() ? TextMark{} : found->second.mark;
  }

  // The section a missing key belongs to, or the beginning of the first file.
  TextMark nearest_mark(std::string path) const {
    for (auto dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.')) {
      path.resize(dot);
      if (const TextMark mark = mark_of(path); mark.known()) return mark;
    }
    return {0, 1, 1};
  }

  // `model.d_model (line 4) is 512`
  template <class T>
  std::string other(const std::string& path, const T& value) const {
    return concat(path, " (", where(path), ") is ", value);
  }
  std::string where(const std::string& path) const {
    const TextMark mark = mark_of(path);
    if (!mark.known()) return "default";
    return mark.line == 0 ? problems_.source(mark.source) : concat("line ", mark.line);
  }

  void data_is_named() {
    const DataConfig& data = config_.data;
    const auto required = [&](const std::string& path, const std::string& value) {
      if (value.empty())
        complain({path}, concat("missing; task ", name_of(config_.task), " needs the path of a text file"));
    };
    required("data.train.source", data.train.source);
    required("data.train.target", data.train.target);
    required("data.validation.source", data.validation.source);
    required("data.validation.target", data.validation.target);
  }

  void runtime() {
    const std::string& device = config_.runtime.device;
    const std::int64_t number = device.starts_with("cuda:") ? parse_int(device.substr(5)).value_or(-1) : -1;
    const bool known =
        device == "auto" || device == "cpu" || device == "cuda" || (number >= 0 && number < 1024);
    if (!known)
      complain({"runtime.device"}, concat("\"", device, "\" is none of auto, cpu, cuda, cuda:N",
                                          did_you_mean(device, {"auto", "cpu", "cuda"})));
    if (config_.output.empty()) complain({"output"}, "expected a directory, got nothing");
  }

  void tokenizer() {
    const TokenizersConfig& both = config_.data.tokenizer;
    if (!both.two) {
      one_tokenizer("data.tokenizer", both.source);
      if (!both.source.shared && !both.source.model.empty())
        complain({"data.tokenizer.model", "data.tokenizer.shared"},
                 concat("one file for two vocabularies, because ", other("data.tokenizer.shared", "false"),
                        "; give data.tokenizer.source.model and data.tokenizer.target.model"));
      return;
    }
    for (const auto& [side, config] :
         {std::pair{"source", &both.source}, std::pair{"target", &both.target}}) {
      const std::string path = concat("data.tokenizer.", side);
      one_tokenizer(path, *config);
      if (config->shared && mark_of(path + ".shared").known())
        complain({path + ".shared"},
                 "two tokenizers share nothing; leave this key out, or give one tokenizer");
    }
  }

  void one_tokenizer(const std::string& path, const TokenizerConfig& config) {
    static const std::map<std::string, std::string> kOwned{{"input", "data.train"},
                                                           {"input_format", ""},
                                                           {"model_prefix", ""},
                                                           {"model_type", "algorithm"},
                                                           {"vocab_size", "vocab_size"},
                                                           {"character_coverage", "character_coverage"},
                                                           {"byte_fallback", "byte_fallback"},
                                                           {"user_defined_symbols", "user_symbols"},
                                                           {"pad_id", ""},
                                                           {"unk_id", ""},
                                                           {"bos_id", ""},
                                                           {"eos_id", ""},
                                                           {"pad_piece", ""},
                                                           {"unk_piece", ""},
                                                           {"bos_piece", ""},
                                                           {"eos_piece", ""},
                                                           {"unk_surface", ""},
                                                           {"minloglevel", ""},
                                                           {"num_threads", "runtime.threads"}};
    for (const auto& [name, value] : config.options) {
      const auto owned = kOwned.find(name);
      if (owned == kOwned.end()) continue;
      const std::string instead =
          owned->second.empty() ? "; Attend sets it" : concat("; set ", owned->second, " instead");
      complain({path + ".options"}, concat("\"", name, "\" is not SentencePiece's to choose", instead));
    }
    if (!config.options.empty() && config.type != TokenizerType::sentencepiece)
      complain({path + ".options", path + ".type"},
               concat("options are SentencePiece's, but ", other(path + ".type", name_of(config.type))));
    auto symbols = config.user_symbols;
    std::sort(symbols.begin(), symbols.end());
    if (std::adjacent_find(symbols.begin(), symbols.end()) != symbols.end() ||
        std::count(symbols.begin(), symbols.end(), "") > 0)
      complain({path + ".user_symbols"}, "expected different symbols, none of them empty");
  }

  void heads() {
    const ModelConfig& model = config_.model;
    if (!model.d_head && model.d_model % model.num_heads != 0)
      complain({"model.num_heads", "model.d_model"},
               concat(model.num_heads, " does not divide the width: ", other("model.d_model", model.d_model),
                      "; choose a divisor or set model.d_head"));
    const std::int64_t kv_heads = model.num_kv_heads.value_or(model.num_heads);
    if (kv_heads > model.num_heads || model.num_heads % kv_heads != 0)
      complain(
          {"model.num_kv_heads", "model.num_heads"},
          concat(kv_heads, " does not divide the query heads: ", other("model.num_heads", model.num_heads)));
  }

  void embeddings() {
    if (config_.model.tie_embeddings != TieEmbeddings::all || config_.data.tokenizer.shared()) return;
    const TokenizersConfig& tokenizer = config_.data.tokenizer;
    const std::string why = tokenizer.two ? concat("data.tokenizer (", where("data.tokenizer"), ") names two")
                                          : other("data.tokenizer.shared", "false");
    complain({"model.tie_embeddings", tokenizer.two ? "data.tokenizer" : "data.tokenizer.shared"},
             concat("\"all\" needs a shared vocabulary, but ", why, "; choose decoder or none"));
  }

  void positions(const std::string& stack, const PositionConfig& position, bool own) {
    const std::string path = own ? concat("model.", stack, "_position") : "model.position";
    const ModelConfig& model = config_.model;
    if (position.type == PositionType::sinusoidal && model.d_model % 2 != 0)
      complain({"model.d_model", path + ".type"},
               concat(model.d_model, " is odd, but ", other(path + ".type", "sinusoidal"),
                      ": sines and cosines come in pairs"));
    if (position.type != PositionType::learned) return;
    const std::string table = path + ".max_length";
    const auto too_short = [&](const std::string& key, std::int64_t length) {
      if (position.max_length < length)
        complain({table, key}, concat(position.max_length, " rows are too few: ", other(key, length)));
    };
    too_short("data.max_length", config_.data.max_length);
    if (stack == "decoder") too_short("decoding.max_length", config_.decoding.max_length);
  }

  void attention(AttentionUse use, const std::string& own_path, const std::vector<AttentionConfig>& own) {
    const bool overridden = !own.empty();
    const auto& rows = overridden ? own : config_.model.attention;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string base = overridden ? own_path : "model.attention";
      const std::string path = rows.size() == 1 ? base + ".type" : concat(base, "[", i, "].type");
      for (const auto& abilities : kAttentionAbilities) {
        const std::string fault = abilities.type == rows[i].type ? unfit_for(abilities, use) : "";
        if (!fault.empty())
          complain({path, "model.architecture"},
                   concat("\"", name_of(rows[i].type), "\" ", fault, ", but ",
                          other("model.architecture", name_of(config_.model.architecture))));
      }
    }
  }

  void optimizer() {
    const auto& betas = config_.training.optimizer.betas;
    if (betas.size() != 2)
      complain({"training.optimizer.betas"}, concat("expected 2 values, got ", betas.size()));
  }

  void schedule() {
    const TrainingConfig& training = config_.training;
    const ScheduleConfig& schedule = training.schedule;
    const std::string type = "training.schedule.type", warmup = "training.schedule.warmup_steps";
    const auto type_is = other(type, name_of(schedule.type));
    const bool decays = schedule.type == ScheduleType::cosine || schedule.type == ScheduleType::linear;
    const bool divides = schedule.type == ScheduleType::inverse_sqrt || schedule.type == ScheduleType::noam;
    if (divides && schedule.warmup_steps == 0)
      complain({warmup, type}, concat("expected at least 1, because ", type_is));
    const std::int64_t end = schedule.decay_steps > 0 ? schedule.decay_steps : training.max_steps;
    const std::string end_path =
        schedule.decay_steps > 0 ? "training.schedule.decay_steps" : "training.max_steps";
    if (decays && end == 0)
      complain(
          {"training.schedule.decay_steps", type},
          concat("expected an update to end at, because ", type_is, " and ", other("training.max_steps", 0)));
    if (decays && end > 0 && end <= schedule.warmup_steps)
      complain(
          {end_path, warmup},
          concat(end, " ends the decay before the warm-up does: ", other(warmup, schedule.warmup_steps)));
    const auto above_peak = [&](const std::string& path, double value) {
      if (schedule.type != ScheduleType::noam && value > training.optimizer.lr)
        complain({path, "training.optimizer.lr"},
                 concat(format_double(value), " is above the peak: ",
                        other("training.optimizer.lr", format_double(training.optimizer.lr))));
    };
    above_peak("training.schedule.min_lr", schedule.min_lr);
    above_peak("training.schedule.warmup_init_lr", schedule.warmup_init_lr);
  }

  void loop() {
    const TrainingConfig& training = config_.training;
    if (training.max_steps == 0 && training.max_epochs == 0 && training.max_minutes == 0)
      complain({"training.max_steps", "training.max_epochs", "training.max_minutes"},
               "nothing ends the training; set max_steps, max_epochs or max_minutes");
    if (training.average_checkpoints > training.keep_checkpoints)
      complain({"training.average_checkpoints", "training.keep_checkpoints"},
               concat(training.average_checkpoints, " cannot be averaged: ",
                      other("training.keep_checkpoints", training.keep_checkpoints)));
    auto metrics = training.validate_metrics;
    std::sort(metrics.begin(), metrics.end());
    if (metrics.empty()) complain({"training.validate_metrics"}, "expected at least one metric");
    if (std::adjacent_find(metrics.begin(), metrics.end()) != metrics.end())
      complain({"training.validate_metrics"}, "a metric is given twice");
  }

  const Config& config_;
  const Origins& origins_;
  Problems& problems_;
};

}  // namespace

std::string unfit_for(const AttentionAbilities& abilities, AttentionUse use) {
  switch (use) {
    case AttentionUse::encoder_self: return abilities.self_bidirectional ? "" : "cannot stand in an encoder";
    case AttentionUse::decoder_self:
      if (!abilities.self_causal) return "cannot be causal";
      return abilities.incremental ? "" : "cannot decode step by step";
    case AttentionUse::cross: return abilities.cross ? "" : "cannot be cross-attention";
  }
  return "";
}

void check_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems) {
  Rules(config, origins, problems).check(needs_data);
}

}  // namespace attend
