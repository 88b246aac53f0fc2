// Rules of data: corpora, validation sets, tokenizers.
#include "rule_book.h"

#include <algorithm>

#include "attend/config/tokenizer_faults.h"
#include "attend/core/text.h"

namespace attend {
namespace {

class DataRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check(bool needs_data) {
    corpora(needs_data);
    if (needs_data && config_.data.validation.empty()) nothing_is_measured();
    tokenizer();
  }

 private:
  // Two files or one with tabs; what is missing is only told where data is needed.
  template <class Corpus>
  void files(const std::string& path, const Corpus& corpus, bool needs_data, const char* instead = "") {
    const bool language = config_.task == TaskType::language_model;  // rules_language.cpp
    if (!needs_data || !corpus.tsv.empty() || language) return;
    const auto required = [&](const std::string& key, const std::string& value) {
      if (value.empty())
        complain({key, path + ".fraction"},
                 concat("missing; task ", name_of(config_.task), " needs the path of a text file", instead));
    };
    required(path + ".source", corpus.source);
    required(path + ".target", corpus.target);
  }

  void pair_weights(const std::string& path, const CorpusConfig& corpus) {
    if (corpus.pair_weights == kWeightColumn && corpus.tsv.empty())
      complain({path + ".pair_weights", path + ".source"},
               concat("\"", kWeightColumn,
                      "\" is the third column of a tsv, and there is none; name a file with a number a line (./",
                      kWeightColumn, " if that is its name)"));
  }

  // Without a validation set nothing can be best, and nothing can get no better.
  void nothing_is_measured() {
    const auto& training = config_.training;
    const auto refuse = [&](const std::string& key, bool asks) {
      if (asks)
        complain({key, "data.validation"},
                 "compares validations, but there is no data.validation; name a set, {fraction: 0.05} for example, or "
                 "leave this key out");
    };
    refuse("training.early_stopping.patience", training.early_stopping.patience > 0);
    refuse("training.schedule.type", training.schedule.type() == ScheduleType::plateau);
    refuse("training.best_metric", training.best_metric.has_value());
  }

  void corpora(bool needs_data) {
    const auto& train = config_.data.train;
    for (std::size_t i = 0; i < train.size(); ++i) {
      files(path_of("data.train", i, train.size()), train[i], needs_data);
      pair_weights(path_of("data.train", i, train.size()), train[i]);
    }
    different_names("data.train", train);
    const auto& sets = config_.data.validation;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const std::string path = path_of("data.validation", i, sets.size());
      const auto& set = sets[i];
      if (set.name == "train")
        complain({path + ".name"}, "\"train\" is what metrics call the training itself; choose another name");
      if (set.fraction == 0.0) {
        files(path, set, needs_data, kOrFraction);
        continue;
      }
      if (sets.size() > 1)
        complain({path + ".fraction"}, "a fraction of the training text stands alone, not in a list");
    }
    different_names("data.validation", sets);
  }

  template <class Corpus>
  void different_names(const std::string& list, const std::vector<Corpus>& corpora) {
    for (std::size_t i = 0; i < corpora.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (!corpora[i].name.empty() && corpora[i].name == corpora[j].name)
          complain({path_of(list, i, corpora.size()) + ".name"}, concat("\"", corpora[i].name, "\" is given twice"));
  }

  void tokenizer() {
    const TokenizersConfig& both = config_.data.tokenizer;
    if (!both.two) {
      one_tokenizer("data.tokenizer", both.source);
      const std::string file = both.source.model.empty() ? "vocab" : "model";
      if (!both.source.shared && !both.source.is_trained())
        complain({"data.tokenizer." + file, "data.tokenizer.shared"},
                 concat("one file for two vocabularies, because ", other("data.tokenizer.shared", "false"),
                        "; give data.tokenizer.source.", file, " and data.tokenizer.target.", file));
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

  void tokenizer_files(const std::string& path, const TokenizerConfig& config) {
    if (config.vocab.empty() != config.merges.empty())
      complain(
          {path + (config.vocab.empty() ? ".vocab" : ".merges"), path + (config.vocab.empty() ? ".merges" : ".vocab")},
          "missing; vocab and merges are GPT-2's two files, which go together");
    if (!config.model.empty() && !config.vocab.empty())
      complain({path + ".model", path + ".vocab"}, "one tokenizer file, or GPT-2's two, not both");
    if (!config.vocab.empty() && config.type != TokenizerType::bpe && mark_of(path + ".type").known())
      complain({path + ".type", path + ".vocab"},
               "vocab and merges are a byte-level BPE; leave this key out, or say bpe");
  }

  void one_tokenizer(const std::string& path, const TokenizerConfig& config) {
    tokenizer_files(path, config);
    for (const auto& [key, message, second] : faults_of(config)) {
      const std::string type(name_of(config.type));
      if (second.empty()) complain({path + "." + key}, message);
      else
        complain({path + "." + key, path + "." + second},
                 second == "type" ? concat(message, ", but ", other(path + ".type", type)) : message);
    }
    different_symbols(path + ".add_symbols", config.add_symbols);
    if (!config.add_symbols.empty() && config_.training.initialize_from.empty())
      complain({path + ".add_symbols", "training.initialize_from"},
               "are added to the tokenizer of a model that is fine-tuned (training.initialize_from), and there is "
               "none; a tokenizer that is trained here takes user_symbols");
  }

  void different_symbols(const std::string& key, std::vector<std::string> symbols) {
    std::sort(symbols.begin(), symbols.end());
    if (std::adjacent_find(symbols.begin(), symbols.end()) != symbols.end() ||
        std::count(symbols.begin(), symbols.end(), "") > 0)
      complain({key}, "expected different symbols, none of them empty");
  }
};

}  // namespace

void check_data_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems) {
  DataRules(config, origins, problems).check(needs_data);
}

}  // namespace attend
