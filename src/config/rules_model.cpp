// Rules of the model: widths, ties, positions, attention.
#include "rule_book.h"

#include <set>

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
    if (config_.model.architecture == Architecture::encoder_decoder) {
      stack({"encoder", AttentionUse::encoder_self, config_.model.encoder_layers}, config_.model.encoder_position);
      attention(AttentionUse::cross, "model.cross_attention", config_.model.cross_attention);
      coverage();
    }
    stack({"decoder", AttentionUse::decoder_self, config_.model.decoder_layers}, config_.model.decoder_position);
    memory();
  }

 private:
  void architecture() {
    const auto wanted = config_.task == TaskType::translation ? Architecture::encoder_decoder : Architecture::decoder;
    if (config_.model.architecture != wanted)
      complain({"model.architecture", "task"}, concat("\"", name_of(config_.model.architecture),
                                                      "\" is not for this task: ", other("task", name_of(config_.task)),
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

  struct StackRules {
    std::string name;
    AttentionUse use;
    std::int64_t layers;
  };

  // `model.position` or the stack's own, with the number of the row where there are several.
  static std::string row_path(const std::string& base, std::size_t rows, std::size_t row) {
    return rows == 1 ? base : concat(base, "[", row, "]");
  }

  void stack(const StackRules& rules, const std::vector<PositionConfig>& own) {
    const ModelConfig& model = config_.model;
    const auto& rows = own.empty() ? model.position : own;
    const std::string base = own.empty() ? "model.position" : concat("model.", rules.name, "_position");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string path = row_path(base, rows.size(), i);
      if (rows.size() > 1 && kind_of(*rows[i].type) == PositionKind::input)
        complain({path + ".type"},
                 concat("\"", name_of(*rows[i].type),
                        "\" is added to the embeddings, so it cannot stand in a list over layers; name it alone, or "
                        "choose a scheme that acts in a layer, such as rope or alibi"));
      input_scheme(rules.name, rows[i], path);
      if (rows[i].type == PositionType::rope) rope(rows[i], path);
      if (rows[i].type == PositionType::relative_t5) t5(rows[i], path);
    }
    const auto& own_attention =
        rules.use == AttentionUse::encoder_self ? model.encoder_attention : model.decoder_attention;
    attention(rules.use, concat("model.", rules.name, "_attention"), own_attention);
    together(rules, {base, rows},
             {own_attention.empty() ? "model.attention" : concat("model.", rules.name, "_attention"),
              own_attention.empty() ? model.attention : own_attention});
  }

  // Each pair of a position scheme and an attention that meet in some layer, once.
  void together(const StackRules& rules, const std::pair<std::string, const std::vector<PositionConfig>&>& positions,
                const std::pair<std::string, const std::vector<AttentionConfig>&>& attentions) {
    const auto& [position_path, rows] = positions;
    const auto& [attention_path, kinds] = attentions;
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (std::int64_t layer = 0; layer < rules.layers; ++layer) {
      const auto i = static_cast<std::size_t>(layer) % rows.size(), j = static_cast<std::size_t>(layer) % kinds.size();
      if (!seen.insert({i, j}).second) continue;
      const auto& abilities = abilities_of(kinds[j].type);
      const std::string path = row_path(position_path, rows.size(), i) + ".type",
                        kind_path = row_path(attention_path, kinds.size(), j) + ".type";
      if (!takes(abilities, kind_of(*rows[i].type)))
        complain({path, kind_path},
                 concat("\"", name_of(*rows[i].type), "\" changes scores, but ",
                        other(kind_path, name_of(kinds[j].type)), ", which has none; choose rope or an input scheme"));
      const std::string how = row_path(attention_path, kinds.size(), j) + ".implementation";
      if (kinds[j].implementation == AttentionImplementation::fused &&
          kind_of(*rows[i].type) == PositionKind::relative_scores)
        complain({how, path},
                 concat("the fused kernel has no scores of ", name_of(*rows[i].type), "; choose auto or reference"));
    }
  }

  void input_scheme(const std::string& stack, const PositionConfig& position, const std::string& path) {
    const ModelConfig& model = config_.model;
    if ((position.type == PositionType::sinusoidal || position.type == PositionType::relative_xl) &&
        model.d_model % 2 != 0)
      complain({"model.d_model", path + ".type"},
               concat(model.d_model, " is odd, but ", other(path + ".type", name_of(*position.type)),
                      ": sines and cosines come in pairs"));
    if (position.type != PositionType::learned) return;
    const std::string table = path + ".max_length";
    const auto too_short = [&](const std::string& key, std::int64_t length) {
      if (position.max_length < length)
        complain({table, key}, concat(position.max_length, " rows are too few: ", other(key, length)));
    };
    if (config_.task == TaskType::language_model) return too_short("data.block_size", config_.data.block_size);
    too_short("data.max_length", config_.data.max_length);
    if (stack == "decoder" && config_.decoding.max_length)
      too_short("decoding.max_length", *config_.decoding.max_length);
  }

  void coverage() {
    const auto& own = config_.model.cross_attention;
    const auto& rows = own.empty() ? config_.model.attention : own;
    const std::string base = own.empty() ? "model.attention" : "model.cross_attention";
    for (std::size_t i = 0; config_.decoding.coverage_penalty > 0 && i < rows.size(); ++i)
      if (const auto path = row_path(base, rows.size(), i) + ".type"; !abilities_of(rows[i].type).weights)
        complain({"decoding.coverage_penalty", path},
                 concat("counts the weights of cross-attention, but ", other(path, name_of(rows[i].type)),
                        ", which has none; choose 0 or full"));
  }

  void memory() {
    const ModelConfig& model = config_.model;
    if (model.memory_length == 0) return;
    const auto& rows = model.decoder_position.empty() ? model.position : model.decoder_position;
    const std::string base = model.decoder_position.empty() ? "model.position" : "model.decoder_position";
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i].type != PositionType::relative_xl)
        complain(
            {"model.memory_length", row_path(base, rows.size(), i) + ".type"},
            concat("remembered places have no positions of their own, but ",
                   other(row_path(base, rows.size(), i) + ".type", name_of(*rows[i].type)), "; choose relative_xl"));
  }

  // 0 where the heads do not divide the width, which is told elsewhere.
  std::int64_t head_size() const {
    const ModelConfig& model = config_.model;
    if (model.num_heads == 0 || (!model.d_head && model.d_model % model.num_heads != 0)) return 0;
    return model.d_head.value_or(model.d_model / model.num_heads);
  }

  void rope(const PositionConfig& position, const std::string& path) {
    const std::int64_t head = head_size();
    if (head == 0) return;
    const std::int64_t turned = rotary_size(position, head);
    if (turned % 2 != 0 || turned == 0)
      complain(
          {path + (position.fraction < 1 ? ".fraction" : ".type"), "model.d_head", "model.num_heads", "model.d_model"},
          concat("rope turns ", turned, " features of each head of ", head,
                 ", but they turn in pairs; choose an even number of at least 2"));
    const auto& scaling = position.scaling;
    if (scaling.type != RopeScalingType::none && scaling.factor <= 1)
      complain({path + ".scaling.factor", path + ".scaling.type"},
               concat(scaling.factor, " changes nothing: ", other(path + ".scaling.type", name_of(scaling.type)),
                      "; say how many times longer sequences get"));
    if (scaling.type == RopeScalingType::ntk && turned == 2)
      complain({path + ".scaling.type"}, "ntk needs more than one pair of features that turn");
    if (scaling.type == RopeScalingType::yarn && scaling.beta_fast <= scaling.beta_slow)
      complain({path + ".scaling.beta_fast", path + ".scaling.beta_slow"},
               concat(scaling.beta_fast, " is not above ", other(path + ".scaling.beta_slow", scaling.beta_slow)));
    if (scaling.type == RopeScalingType::llama3 && scaling.high_frequency_factor <= scaling.low_frequency_factor)
      complain({path + ".scaling.high_frequency_factor", path + ".scaling.low_frequency_factor"},
               concat(scaling.high_frequency_factor, " is not above ",
                      other(path + ".scaling.low_frequency_factor", scaling.low_frequency_factor)));
  }

  void t5(const PositionConfig& position, const std::string& path) {
    if (position.buckets % 4 != 0)
      complain({path + ".buckets"},
               concat(position.buckets,
                      " cannot be halved for two sides and again for exact distances; choose a multiple of 4"));
    if (position.max_distance <= position.buckets / 2)
      complain({path + ".max_distance", path + ".buckets"},
               concat(position.max_distance, " is within the distances that have a bucket each: ",
                      other(path + ".buckets", position.buckets)));
  }

  void attention(AttentionUse use, const std::string& own_path, const std::vector<AttentionConfig>& own) {
    const bool overridden = !own.empty();
    const auto& rows = overridden ? own : config_.model.attention;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string base = overridden ? own_path : "model.attention";
      const std::string path = row_path(base, rows.size(), i) + ".type";
      if (rows[i].softcap > 0 && rows[i].implementation == AttentionImplementation::fused)
        complain({row_path(base, rows.size(), i) + ".softcap", row_path(base, rows.size(), i) + ".implementation"},
                 "the fused kernel has no softcap; leave it 0, or choose implementation auto");
      if (const auto head = head_size();
          rows[i].implementation == AttentionImplementation::fused && head > kMaxFusedHead)
        complain(
            {row_path(base, rows.size(), i) + ".implementation", "model.d_head", "model.num_heads", "model.d_model"},
            concat("the fused kernel takes heads of at most ", kMaxFusedHead, ", got ", head,
                   "; choose auto or reference"));
      for (const auto& abilities : kAttentionAbilities) {
        const std::string fault = abilities.type == rows[i].type ? unfit_for(abilities, use) : "";
        if (!fault.empty())
          complain(
              {path, "model.architecture"},
              concat("\"", name_of(rows[i].type), "\" ", fault, ", but ",
                     other("model.architecture", name_of(config_.model.architecture)),
                     overridden ? "; choose full" : concat("; give ", own_path, " a type of its own, such as full")));
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
