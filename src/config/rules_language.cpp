// Rules of a language model's data.
#include "rule_book.h"

#include <algorithm>
#include <tuple>

#include "attend/core/text.h"

namespace attend {
namespace {

class LanguageRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check(bool needs_data) {
    if (config_.task != TaskType::language_model) return;
    each_corpus([&](const std::string& path, const auto& corpus) { one_source(path, corpus, needs_data); });
    streams();
    streams_of_validation();
    if (needs_data) unused_tokenizer();
    batches();
    memory();
    if (config_.data.tokenizer.two)
      complain({"data.tokenizer", "task"}, "a language model has one tokenizer, got source and target");
    for (const auto metric : config_.training.validate_metrics)
      if (metric != ValidateMetric::loss)
        complain({"training.validate_metrics", "task"},
                 concat("\"", name_of(metric), "\" is measured on translations, but ",
                        other("task", name_of(config_.task))));
  }

 private:
  template <class Look>
  void each_corpus(const Look& look) {
    const auto& train = config_.data.train;
    const auto& sets = config_.data.validation;
    for (std::size_t i = 0; i < train.size(); ++i) look(path_of("data.train", i, train.size()), train[i]);
    for (std::size_t i = 0; i < sets.size(); ++i) look(path_of("data.validation", i, sets.size()), sets[i]);
  }

  static double fraction_of(const CorpusConfig&) { return 0; }
  static double fraction_of(const ValidationConfig& set) { return set.fraction; }

  static std::string or_fraction(const CorpusConfig&) { return ""; }
  static std::string or_fraction(const ValidationConfig&) { return kOrFraction; }

  template <class Corpus>
  void one_source(const std::string& path, const Corpus& corpus, bool needs_data) {
    if (!corpus.text.empty() && corpus.tokens)
      complain({path + ".tokens", path + ".text"},
               concat("text or ids, not both: ", other(path + ".text", corpus.text)));
    if (needs_data && fraction_of(corpus) == 0 && corpus.text.empty() && !corpus.tokens)
      complain({path + ".text", path + ".fraction"},
               concat("missing; task ", name_of(config_.task), " needs the path of a text file, or tokens",
                      or_fraction(corpus)));
    if (needs_data && corpus.tokens && corpus.tokens->file.empty())
      complain({path + ".tokens.file"}, "missing; the file of ids");
  }

  // All corpora of training are ids of one vocabulary, or none is.
  void streams() {
    const auto& train = config_.data.train;
    const auto& first = train.front().tokens;
    const std::string trained = path_of("data.train", 0, train.size()) + ".tokens";
    for (std::size_t i = 0; i < train.size(); ++i) {
      const std::string path = path_of("data.train", i, train.size());
      const auto& tokens = train[i].tokens;
      if (tokens.has_value() != first.has_value())
        complain({path + ".tokens", path + ".text"}, "some corpora are ids and some are text; choose one of them");
      if (!tokens || !first) continue;
      narrow(path, *tokens, tokens->vocab_size);
      if (tokens->vocab_size == 0)
        complain({path + ".tokens.vocab_size"}, "missing; one more than the largest id there may be");
      for (const auto& [key, own, others] :
           {std::tuple{".vocab_size", tokens->vocab_size, first->vocab_size}, {".eos", tokens->eos, first->eos}})
        if (own != others)
          complain({path + ".tokens" + key, trained + key},
                   concat(own, ", but ", other(trained + key, others), "; all corpora are ids of one vocabulary"));
      if (tokens->eos >= tokens->vocab_size)
        complain({path + ".tokens.eos", path + ".tokens.vocab_size"},
                 concat(tokens->eos, " is no id: ", other(path + ".tokens.vocab_size", tokens->vocab_size)));
    }
    const bool weighted =
        std::ranges::any_of(train, [&](const auto& corpus) { return corpus.weight != train.front().weight; });
    if (weighted && config_.data.sampling == BlockSampling::sequential)
      complain(
          {"data.sampling"},
          "\"sequential\" reads every corpus once an epoch, so weights mean nothing; choose random_blocks or packed");
  }

  // Ids of validation are ids of training.
  void streams_of_validation() {
    const auto& train = config_.data.train;
    const auto& first = train.front().tokens;
    const std::string trained = path_of("data.train", 0, train.size()) + ".tokens";
    const auto& sets = config_.data.validation;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const std::string path = path_of("data.validation", i, sets.size());
      const auto& tokens = sets[i].tokens;
      if (!tokens || !first) continue;
      narrow(path, *tokens, std::max(tokens->vocab_size, first->vocab_size));
      if (tokens->vocab_size > first->vocab_size)
        complain({path + ".tokens.vocab_size", trained + ".vocab_size"},
                 concat(tokens->vocab_size, " ids, but the model has ", first->vocab_size,
                        "; leave it out to have those of training"));
      if (tokens->eos >= 0 && tokens->eos != first->eos)
        complain({path + ".tokens.eos", trained + ".eos"},
                 concat(tokens->eos, " ends no document in training: ", other(trained + ".eos", first->eos),
                        "; leave it out"));
    }
  }

  // Two bytes hold 65,536 ids.
  void narrow(const std::string& path, const TokenStreamConfig& tokens, std::int64_t vocabulary) {
    if (tokens.type == IdType::uint16 && vocabulary > 1 << 16)
      complain({path + ".tokens.type", path + ".tokens.vocab_size"},
               concat("uint16 holds ids below ", format_count(1 << 16), ", but the vocabulary has ",
                      format_count(vocabulary), "; choose uint32"));
  }

  // Where training reads ids, a tokenizer is a file or nothing.
  void unused_tokenizer() {
    const TokenizerConfig& tokenizer = config_.data.tokenizer.source;
    const auto& train = config_.data.train;
    if (!train.front().tokens || !tokenizer.is_trained()) return;
    const std::string path = "data.tokenizer", stream = path_of("data.train", 0, train.size()) + ".tokens";
    const TokenizerConfig none;
    for (const auto& [key, given] : {std::pair{".type", tokenizer.type != none.type},
                                     {".algorithm", tokenizer.algorithm != none.algorithm},
                                     {".vocab_size", tokenizer.vocab_size != none.vocab_size},
                                     {".user_symbols", !tokenizer.user_symbols.empty()}})
      if (given && mark_of(stream).source <= mark_of(path + key).source)  // ids of a later source take its meaning away
        complain({path + key, stream},
                 concat("nothing is trained: ", stream, " (", where(stream),
                        ") holds ids already; leave it out, or name the file of their tokenizer"));
  }

  void batches() {
    const auto& batch = config_.data.batch;
    if (batch.unit == BatchUnit::source_tokens)
      return complain({"data.batch.unit", "task"},
                      concat("\"source_tokens\": there is no source: ", other("task", name_of(config_.task)),
                             "; choose sequences or target_tokens"));
    if (batch.unit != BatchUnit::sequences && batch.size && *batch.size < config_.data.block_size)
      complain(
          {"data.batch.size", "data.block_size"},
          concat(*batch.size, " tokens are less than one row: ", other("data.block_size", config_.data.block_size)));
  }

  void memory() {
    if (config_.model.memory_length > 0 && config_.data.sampling != BlockSampling::sequential)
      complain({"model.memory_length", "data.sampling"},
               concat("a row remembers what it read in the batch before, but ",
                      other("data.sampling", name_of(config_.data.sampling)),
                      ", so it read something else there; choose sequential"));
  }
};

}  // namespace

void check_language_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems) {
  LanguageRules(config, origins, problems).check(needs_data);
}

}  // namespace attend
