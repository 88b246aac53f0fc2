// Rules of the model: widths, ties, positions, attention.
#include "rule_book.h"

#include "attend/core/text.h"

namespace attend {
namespace {

class ModelRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check() {
    architecture();
    heads();
    embeddings();
    positions("decoder", decoder_position_of(config_.model), config_.model.decoder_position.has_value());
    attention(AttentionUse::decoder_self, "model.decoder_attention", config_.model.decoder_attention);
    if (config_.model.architecture == Architecture::decoder) return;
    positions("encoder", encoder_position_of(config_.model), config_.model.encoder_position.has_value());
    attention(AttentionUse::encoder_self, "model.encoder_attention", config_.model.encoder_attention);
    attention(AttentionUse::cross, "model.cross_attention", config_.model.cross_attention);
  }

 private:
  void architecture() {
    const auto wanted = config_.task == TaskType::translation ? Architecture::encoder_decoder : Architecture::decoder;
    if (config_.model.architecture != wanted)
      complain({"model.architecture", "task"},
               concat("\"", name_of(config_.model.architecture), "\" is not for this task: ", other("task", name_of(config_.task)),
                      ", which needs ", name_of(wanted)));
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
    const bool one_side = config_.task == TaskType::language_model;
    if (config_.model.tie_embeddings != TieEmbeddings::all || one_side || config_.data.tokenizer.shared()) return;
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
    if (config_.task == TaskType::language_model) return too_short("data.block_size", config_.data.block_size);
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

void check_model_rules(const Config& config, const Origins& origins, Problems& problems) {
  ModelRules(config, origins, problems).check();
}

}  // namespace attend
