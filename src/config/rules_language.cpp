// Rules of a language model's data, and of keys that belong to the other task.
#include "rule_book.h"

#include <algorithm>

#include "attend/core/text.h"

namespace attend {
namespace {

class LanguageRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check(bool needs_data) {
    each_corpus([&](const std::string& path, const auto& corpus) { belongs_to_task(path, corpus); });
    if (config_.task != TaskType::language_model) return;
    each_corpus([&](const std::string& path, const auto& corpus) { one_source(path, corpus, needs_data); });
    streams();
    batches();
    memory();
    if (config_.data.tokenizer.two) complain({"data.tokenizer", "task"}, "a language model has one tokenizer, got source and target");
    for (const auto metric : config_.training.validate_metrics)
      if (metric != ValidateMetric::loss)
        complain({"training.validate_metrics", "task"},
                 concat("\"", name_of(metric), "\" is measured on translations, but ", other("task", name_of(config_.task))));
  }

 private:
  template <class Look>
  void each_corpus(const Look& look) {
    const auto& train = config_.data.train;
    const auto& sets = config_.data.validation;
    for (std::size_t i = 0; i < train.size(); ++i) look(path_of("data.train", i, train.size()), train[i]);
    for (std::size_t i = 0; i < sets.size(); ++i) look(path_of("data.validation", i, sets.size()), sets[i]);
  }

  template <class Corpus>
  void belongs_to_task(const std::string& path, const Corpus& corpus) {
    const auto refuse = [&](const std::string& key, bool given) {
      if (given) complain({path + key, "task"}, concat("does not go with the task: ", other("task", name_of(config_.task))));
    };
    if (config_.task == TaskType::translation) {
      refuse(".text", !corpus.text.empty());
      refuse(".tokens", corpus.tokens.has_value());
      return;
    }
    refuse(".source", !corpus.source.empty());
    refuse(".target", !corpus.target.empty());
    refuse(".tsv", !corpus.tsv.empty());
    refuse(".pair_weights", weights_of(corpus) != "");
    refuse(".source_prefix", !corpus.source_prefix.empty());
    refuse(".target_prefix", !corpus.target_prefix.empty());
  }

  static std::string_view weights_of(const CorpusConfig& corpus) { return corpus.pair_weights; }
  static std::string_view weights_of(const ValidationConfig&) { return ""; }
  static double fraction_of(const CorpusConfig&) { return 0; }
  static double fraction_of(const ValidationConfig& set) { return set.fraction; }

  template <class Corpus>
  void one_source(const std::string& path, const Corpus& corpus, bool needs_data) {
    if (!corpus.text.empty() && corpus.tokens) complain({path + ".tokens", path + ".text"}, concat("text or ids, not both: ", other(path + ".text", corpus.text)));
    if (!corpus.field.empty() && corpus.documents != DocumentRule::file)
      complain({path + ".field", path + ".documents"}, "each JSON line is a document; leave documents out");
    if (needs_data && fraction_of(corpus) == 0 && corpus.text.empty() && !corpus.tokens)
      complain({path + ".text"}, concat("missing; task ", name_of(config_.task), " needs the path of a text file, or tokens"));
    if (needs_data && corpus.tokens && corpus.tokens->file.empty()) complain({path + ".tokens.file"}, "missing; the file of ids");
  }

  // All corpora of training are ids of one vocabulary, or none is.
  void streams() {
    const auto& train = config_.data.train;
    const auto& first = train.front().tokens;
    for (std::size_t i = 0; i < train.size(); ++i) {
      const std::string path = path_of("data.train", i, train.size());
      const auto& tokens = train[i].tokens;
      if (tokens.has_value() != first.has_value()) complain({path + ".tokens", path + ".text"}, "some corpora are ids and some are text; choose one of them");
      if (!tokens || !first) continue;
      if (tokens->vocab_size == 0) complain({path + ".tokens.vocab_size"}, "missing; one more than the largest id there may be");
      if (tokens->vocab_size != first->vocab_size || tokens->eos != first->eos)
        complain({path + ".tokens.vocab_size", path + ".tokens.eos"}, "other ids than those of the first corpus; one model has one vocabulary");
      if (tokens->eos >= tokens->vocab_size) complain({path + ".tokens.eos", path + ".tokens.vocab_size"}, concat(tokens->eos, " is no id: ", other(path + ".tokens.vocab_size", tokens->vocab_size)));
    }
    const auto& sets = config_.data.validation;
    const std::string trained = path_of("data.train", 0, train.size()) + ".tokens";
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const std::string path = path_of("data.validation", i, sets.size());
      const auto& tokens = sets[i].tokens;
      if (!tokens || !first) continue;
      if (tokens->vocab_size > first->vocab_size)
        complain({path + ".tokens.vocab_size", trained + ".vocab_size"},
                 concat(tokens->vocab_size, " ids, but the model has ", first->vocab_size, "; leave it out to have those of training"));
      if (tokens->eos >= 0 && tokens->eos != first->eos)
        complain({path + ".tokens.eos", trained + ".eos"},
                 concat(tokens->eos, " ends no document in training: ", other(trained + ".eos", first->eos), "; leave it out"));
    }
    const bool weighted = std::ranges::any_of(train, [&](const auto& corpus) { return corpus.weight != train.front().weight; });
    if (weighted && config_.data.sampling == BlockSampling::sequential)
      complain({"data.sampling"}, "\"sequential\" reads every corpus once an epoch, so weights mean nothing; choose random_blocks or packed");
  }

  void batches() {
    const auto& batch = config_.data.batch;
    if (batch.unit == BatchUnit::source_tokens)
      complain({"data.batch.unit", "task"}, concat("\"source_tokens\": there is no source: ", other("task", name_of(config_.task)),
                                                   "; choose sequences or target_tokens"));
    if (batch.unit != BatchUnit::sequences && batch.size && *batch.size < config_.data.block_size)
      complain({"data.batch.size", "data.block_size"},
               concat(*batch.size, " tokens are less than one row: ", other("data.block_size", config_.data.block_size)));
  }

  void memory() {
    if (config_.model.memory_length > 0 && config_.data.sampling != BlockSampling::sequential)
      complain({"model.memory_length", "data.sampling"},
               concat("a row remembers what it read in the batch before, but ", other("data.sampling", name_of(config_.data.sampling)),
                      ", so it read something else there; choose sequential"));
  }
};

}  // namespace

void check_language_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems) {
  LanguageRules(config, origins, problems).check(needs_data);
}

}  // namespace attend
