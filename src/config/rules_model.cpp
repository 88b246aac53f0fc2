// Rules of the model: widths, ties, positions, attention.
#include "rule_book.h"

#include <set>

#include "attend/config/attention/fused.h"
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
    const Parts parts = parts_of(config_.model.architecture);
    if (parts.encoder)
      stack({"encoder", AttentionUse::encoder_self, config_.model.encoder_layers}, config_.model.encoder_position);
    if (parts.cross_attention) {
      attention(AttentionUse::cross, "model.cross_attention", cross_rows());
      coverage();
    }
    if (parts.decoder)
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

  // The rows of a pattern, and the key where they stand: `model.position` or the stack's own.
  template <class Row>
  struct Rows {
    std::string base;
    const std::vector<Row>& rows;
    // With the number of the row where there are several.
    std::string path(std::size_t row) const { return rows.size() == 1 ? base : concat(base, "[", row, "]"); }
  };
  template <class Row>
  static Rows<Row> rows_of(const std::string& general, const std::vector<Row>& all, const std::string& name,
                           const std::vector<Row>& own) {
    return own.empty() ? Rows<Row>{"model." + general, all} : Rows<Row>{concat("model.", name, "_", general), own};
  }

  void stack(const StackRules& rules, const std::vector<PositionConfig>& own) {
    const ModelConfig& model = config_.model;
    const auto positions = rows_of("position", model.position, rules.name, own);
    for (std::size_t i = 0; i < positions.rows.size(); ++i) position(rules.name, positions, i);
    const auto& own_attention =
        rules.use == AttentionUse::encoder_self ? model.encoder_attention : model.decoder_attention;
    const auto attentions = rows_of("attention", model.attention, rules.name, own_attention);
    attention(rules.use, concat("model.", rules.name, "_attention"), attentions);
    together(rules.layers, positions, attentions);
  }

  void position(const std::string& stack, const Rows<PositionConfig>& positions, std::size_t row) {
    const PositionConfig& scheme = positions.rows[row];
    const std::string path = positions.path(row);
    if (positions.rows.size() > 1 && kind_of(scheme) == PositionKind::input)
      complain({path + ".type"},
               concat("\"", name_of(scheme.type()),
                      "\" is added to the embeddings, so it cannot stand in a list over layers; name it alone, or "
                      "choose a scheme that acts in a layer, such as rope or alibi"));
    has_pairs(scheme.type(), path);
    if (const auto* learned = scheme.find<LearnedOptions>()) table(stack, *learned, path);
    if (const auto* rope = scheme.find<RopeOptions>()) rotation(*rope, path);
    if (const auto* t5 = scheme.find<T5Options>()) buckets(*t5, path);
  }

  // Each pair of a position scheme and an attention that meet in some layer, once.
  void together(std::int64_t layers, const Rows<PositionConfig>& positions, const Rows<AttentionConfig>& attentions) {
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const auto i = static_cast<std::size_t>(layer) % positions.rows.size(),
                 j = static_cast<std::size_t>(layer) % attentions.rows.size();
      if (!seen.insert({i, j}).second) continue;
      const auto& scheme = positions.rows[i];
      const auto& mechanism = attentions.rows[j];
      const std::string type = positions.path(i) + ".type", other_type = attentions.path(j) + ".type";
      if (!takes(mechanism.abilities(), kind_of(scheme)))
        complain({type, other_type}, concat("\"", name_of(scheme.type()), "\" changes scores, but ",
                                            other(other_type, name_of(mechanism.type())),
                                            ", which has none; choose rope or an input scheme"));
      const auto* full = mechanism.find<FullOptions>();
      if (full && full->implementation == AttentionImplementation::fused &&
          kind_of(scheme) == PositionKind::relative_scores)
        complain({attentions.path(j) + ".implementation", type},
                 concat("the fused kernel has no scores of ", name_of(scheme.type()), "; choose auto or reference"));
    }
  }

  void has_pairs(PositionType type, const std::string& path) {
    const ModelConfig& model = config_.model;
    if ((type == PositionType::sinusoidal || type == PositionType::relative_xl) && model.d_model % 2 != 0)
      complain({"model.d_model", path + ".type"},
               concat(model.d_model, " is odd, but ", other(path + ".type", name_of(type)),
                      ": sines and cosines come in pairs"));
  }

  void table(const std::string& stack, const LearnedOptions& learned, const std::string& path) {
    const std::string table = path + ".max_length";
    const auto too_short = [&](const std::string& key, std::int64_t length) {
      if (learned.max_length < length)
        complain({table, key}, concat(learned.max_length, " rows are too few: ", other(key, length)));
    };
    if (config_.task == TaskType::language_model) return too_short("data.block_size", config_.data.block_size);
    too_short("data.max_length", config_.data.max_length);
    if (stack == "decoder" && config_.decoding.max_length)
      too_short("decoding.max_length", *config_.decoding.max_length);
  }

  void coverage() {
    if (config_.decoding.coverage_penalty == 0) return;
    const auto attentions = cross_rows();
    for (std::size_t i = 0; i < attentions.rows.size(); ++i)
      if (const auto path = attentions.path(i) + ".type"; !attentions.rows[i].abilities().weights)
        complain({"decoding.coverage_penalty", path},
                 concat("counts the weights of cross-attention, but ",
                        other(path, name_of(attentions.rows[i].type())), ", which has none; choose 0 or full"));
  }

  void memory() {
    const ModelConfig& model = config_.model;
    if (model.memory_length == 0) return;
    const auto positions = rows_of("position", model.position, "decoder", model.decoder_position);
    for (std::size_t i = 0; i < positions.rows.size(); ++i)
      if (const auto path = positions.path(i) + ".type"; positions.rows[i].type() != PositionType::relative_xl)
        complain({"model.memory_length", path},
                 concat("remembered places have no positions of their own, but ",
                        other(path, name_of(positions.rows[i].type())), "; choose relative_xl"));
  }

  Rows<AttentionConfig> cross_rows() const {
    return rows_of("attention", config_.model.attention, "cross", config_.model.cross_attention);
  }

  // 0 where the heads do not divide the width, which is told elsewhere.
  std::int64_t head_size() const {
    const ModelConfig& model = config_.model;
    if (model.num_heads == 0 || (!model.d_head && model.d_model % model.num_heads != 0)) return 0;
    return model.d_head.value_or(model.d_model / model.num_heads);
  }

  void rotation(const RopeOptions& rope, const std::string& path) {
    const std::int64_t head = head_size();
    if (head == 0) return;
    const std::int64_t turned = rotary_size(rope, head);
    if (turned % 2 != 0 || turned == 0)
      complain({path + (rope.fraction < 1 ? ".fraction" : ".type"), "model.d_head", "model.num_heads", "model.d_model"},
               concat("rope turns ", turned, " features of each head of ", head,
                      ", but they turn in pairs; choose an even number of at least 2"));
    scaling(rope.scaling, turned, path + ".scaling");
  }

  void scaling(const RopeScalingConfig& scaling, std::int64_t turned, const std::string& path) {
    const std::string type = path + ".type";
    if (scaling.type() != RopeScalingType::none && scaling.factor() <= 1)
      complain({path + ".factor", type},
               concat(scaling.factor(), " changes nothing: ", other(type, name_of(scaling.type())),
                      "; say how many times longer sequences get"));
    if (scaling.type() == RopeScalingType::ntk && turned == 2)
      complain({type}, "ntk needs more than one pair of features that turn");
    const auto require_above = [&](const char* high, double above, const char* low, double below) {
      if (above <= below)
        complain({path + high, path + low}, concat(above, " is not above ", other(path + low, below)));
    };
    if (const auto* yarn = scaling.find<YarnScaling>())
      require_above(".beta_fast", yarn->beta_fast, ".beta_slow", yarn->beta_slow);
    if (const auto* llama = scaling.find<Llama3Scaling>())
      require_above(".high_frequency_factor", llama->high_frequency_factor, ".low_frequency_factor",
            llama->low_frequency_factor);
  }

  void buckets(const T5Options& t5, const std::string& path) {
    if (t5.buckets % 4 != 0)
      complain({path + ".buckets"},
               concat(t5.buckets,
                      " cannot be halved for two sides and again for exact distances; choose a multiple of 4"));
    if (t5.max_distance <= t5.buckets / 2)
      complain({path + ".max_distance", path + ".buckets"},
               concat(t5.max_distance, " is within the distances that have a bucket each: ",
                      other(path + ".buckets", t5.buckets)));
  }

  // `own` is the key under which the use may have an attention of its own.
  void attention(AttentionUse use, const std::string& own, const Rows<AttentionConfig>& attentions) {
    for (std::size_t i = 0; i < attentions.rows.size(); ++i) {
      const AttentionConfig& mechanism = attentions.rows[i];
      const std::string path = attentions.path(i);
      if (const auto* full = mechanism.find<FullOptions>()) fused(*full, path);
      const std::string fault = unfit_for(mechanism.abilities(), use);
      if (!fault.empty())
        complain({path + ".type", "model.architecture"},
                 concat("\"", name_of(mechanism.type()), "\" ", fault, ", but ",
                        other("model.architecture", name_of(config_.model.architecture)),
                        attentions.base == own ? "; choose full"
                                               : concat("; give ", own, " a type of its own, such as full")));
    }
  }

  void fused(const FullOptions& full, const std::string& path) {
    if (full.implementation != AttentionImplementation::fused) return;
    if (full.softcap > 0)
      complain({path + ".softcap", path + ".implementation"},
               "the fused kernel has no softcap; leave it 0, or choose implementation auto");
    if (const auto head = head_size(); head > kMaxFusedHead)
      complain({path + ".implementation", "model.d_head", "model.num_heads", "model.d_model"},
               concat("the fused kernel takes heads of at most ", kMaxFusedHead, ", got ", head,
                      "; choose auto or reference"));
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
