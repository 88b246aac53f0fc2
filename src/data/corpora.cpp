#include "attend/data/corpora.h"

#include <algorithm>
#include <limits>
#include <string>

#include "attend/core/file.h"
#include "attend/core/log.h"
#include "attend/core/mapped_file.h"
#include "attend/core/text.h"
#include "attend/text/line_reader.h"

namespace attend {
namespace {

Corpus corpus_of(const TextFiles& section) {
  Corpus corpus;
  corpus.name = section.name;
  corpus.files = {section.source, section.target, section.tsv};
  corpus.source_prefix = section.source_prefix;
  corpus.target_prefix = section.target_prefix;
  return corpus;
}

Corpus training_corpus(const CorpusConfig& section) {
  Corpus corpus = corpus_of(section);
  corpus.files.weight_column = section.pair_weights == kWeightColumn;
  if (!corpus.files.weight_column) corpus.files.weights = section.pair_weights;
  return corpus;
}

std::shared_ptr<const Tokenizer> load_or_train(const TokenizerConfig& config, const LineSource& lines) {
  if (config.is_trained() && config.type == TokenizerType::character) log_info("collecting the characters of the text");
  else if (config.is_trained() && config.type != TokenizerType::byte)
    log_info("training a tokenizer of at most ", config.vocab_size, " pieces");
  return train_tokenizer(config, lines);
}

void check_prefix(const Tokenizer& tokenizer, const std::string& key, const std::string& prefix) {
  const bool has_symbols = tokenizer.type() == TokenizerType::sentencepiece || tokenizer.type() == TokenizerType::bpe;
  if (prefix.empty() || !has_symbols) return;
  std::size_t pieces = 0;
  // the mark of a space
  for (const auto id : tokenizer.encode(prefix)) pieces += tokenizer.piece(id) == "\u2581" ? 0 : 1;
  if (pieces > 1)
    log_warning("[", key, "] \"", prefix, "\" is ", pieces,
                " pieces; if it is a tag, name it in data.tokenizer.user_symbols, and it is one");
}

// Opens it and reads its first line. Text of a training is read more than once, which a pipe does not allow.
void require_text(const fs::path& file) {
  if (file.empty()) return;
  const auto status = status_of(file);
  if (status.exists() && !status.is_file() && !status.is_directory())
    throw DataError("[", file.string(), "] expected a regular file, which can be read more than once, got ",
                    status.what(), "; save its text in a file first");
  std::string line;
  LineReader(file, {.cut = true}).next(line);
}

void require_texts_of(const TextFiles& section) {
  for (const auto& file : {section.source, section.target, section.tsv, section.text}) require_text(file);
  if (section.tokens) const MappedFile ids(section.tokens->file, ExitCode::data);
}

}  // namespace

void require_texts(const DataConfig& data) {
  for (const auto& section : data.train) {
    require_texts_of(section);
    if (section.pair_weights != kWeightColumn) require_text(section.pair_weights);
  }
  for (const auto& section : data.validation)
    if (section.fraction == 0.0) require_texts_of(section);
}

double held_out_share(const DataConfig& data) {
  double share = 0;
  for (const auto& set : data.validation) share = std::max(share, set.fraction);
  return share;
}

std::vector<Corpus> training_corpora(const DataConfig& data) {
  std::vector<Corpus> corpora;
  for (const auto& section : data.train) {
    corpora.push_back(training_corpus(section));
    corpora.back().held_out = held_out_share(data);
  }
  return corpora;
}

std::vector<ValidationCorpora> validation_corpora(const DataConfig& data) {
  std::vector<ValidationCorpora> sets;
  for (const auto& section : data.validation) {
    ValidationCorpora set{section.name, {}};
    if (section.fraction == 0.0) {
      set.corpora.push_back(corpus_of(section));
    } else {
      set.corpora = training_corpora(data);
      for (auto& corpus : set.corpora) {
        corpus.validation = true;
        corpus.name = set.corpora.size() == 1 ? set.name : concat(set.name, " of ", corpus.name);
      }
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

Tokenizers make_tokenizers(const Config& config) {
  const auto& data = config.data;
  if (!has_tokenizer(config)) return {};
  if (config.task == TaskType::language_model) {
    const auto& wanted = data.tokenizer.source;
    const auto one =
        load_or_train(wanted, documents_of(training_documents(data), wanted.type == TokenizerType::sentencepiece));
    return {one, one};
  }
  const auto corpora = training_corpora(data);
  if (data.tokenizer.shared()) {
    const auto both = load_or_train(data.tokenizer.source, lines_of(corpora, {Side::source, Side::target}));
    return {both, both};
  }
  return {load_or_train(data.tokenizer.source, lines_of(corpora, {Side::source})),
          load_or_train(data.tokenizer.target, lines_of(corpora, {Side::target}))};
}

void tell_shares(const DataConfig& data, const std::vector<CorpusShare>& shares) {
  if (shares.size() < 2) return;
  double lines = 0, weights = 0;
  for (const auto& share : shares) lines += static_cast<double>(share.lines), weights += share.weight;
  double least = std::numeric_limits<double>::max(), most = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double times = lines * shares[i].weight / (weights * static_cast<double>(shares[i].lines));
    least = std::min(least, times);
    most = std::max(most, times);
    log_info(data.train[i].name, ": read ", format_fixed(times, 2), " times an epoch, weight ",
             format_double(shares[i].weight));
  }
  const bool equal =
      std::ranges::all_of(shares, [&](const auto& share) { return share.weight == shares.front().weight; });
  if (equal && most > 2 * least)
    log_warning(
        "[data.train] corpora of unequal size have equal weights: the smallest is read ", format_fixed(most / least, 1),
        " times as often as the largest; weights as large as the corpora (data.train.weight) read each once an epoch");
}

void check_prefixes(const DataConfig& data, const Tokenizers& tokenizers) {
  for (const auto& section : data.train) {
    check_prefix(*tokenizers.source, section.name + ".source_prefix", section.source_prefix);
    check_prefix(*tokenizers.target, section.name + ".target_prefix", section.target_prefix);
  }
}

}  // namespace attend
