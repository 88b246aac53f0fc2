#include "attend/data/language_corpora.h"

#include <algorithm>
#include <cmath>

#include "attend/core/error.h"
#include "attend/data/corpora.h"

namespace attend {
namespace {

template <class Section>
DocumentCorpus documents_in(const Section& section) {
  DocumentCorpus corpus;
  corpus.name = section.name;
  corpus.file = section.text;
  corpus.rule = section.documents;
  corpus.field = section.field;
  return corpus;
}

struct Reader {
  const DataConfig& data;
  const Tokenizers& tokenizers;
  const DataCache& cache;

  TokenStore stream(TokenStreamConfig tokens, const std::string& folder) const {
    const auto& trained = data.train.front().tokens;
    if (tokens.vocab_size == 0) tokens.vocab_size = trained ? trained->vocab_size : tokenizers.target->size();
    return read_stream(tokens, cache, folder);
  }
  TokenStore text(const DocumentCorpus& corpus, const std::string& folder) const {
    return read_text({corpus, tokenizers.target}, cache, folder);
  }

  // Of a corpus of training: what is trained on, or what is kept for validation.
  TokenStore side(const CorpusConfig& section, std::size_t number, bool validation) const {
    const double share = held_out_share(data);
    auto corpus = documents_in(section);
    corpus.held_out = share;
    const std::string folder = concat("train-", number + 1);
    if (!section.tokens && !corpus.is_one() && validation) {
      corpus.validation = true;
      return text(corpus, concat("validation-1-", number + 1));
    }
    const auto all = section.tokens ? stream(*section.tokens, folder) : text(corpus, folder);
    if (!section.tokens && !corpus.is_one()) return all;
    const auto kept = static_cast<std::int64_t>(std::floor(static_cast<double>(all.size()) * (1 - share)));
    return validation ? all.part(kept, all.size()) : all.part(0, kept);
  }
};

}  // namespace

std::vector<DocumentCorpus> training_documents(const DataConfig& data) {
  std::vector<DocumentCorpus> corpora;
  for (const auto& section : data.train) {
    corpora.push_back(documents_in(section));
    corpora.back().held_out = held_out_share(data);
  }
  return corpora;
}

TrainingTexts training_texts(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache) {
  const Reader reader{data, tokenizers, cache};
  TrainingTexts all;
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    all.texts.push_back(reader.side(data.train[i], i, false));
    all.weights.push_back(data.train[i].weight);
  }
  return all;
}

std::vector<ValidationTexts> validation_texts(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache) {
  const Reader reader{data, tokenizers, cache};
  std::vector<ValidationTexts> sets;
  for (const auto& section : data.validation) {
    ValidationTexts set{section.name, {}};
    const std::string folder = concat("validation-", sets.size() + 1, "-1");
    if (section.fraction > 0) {
      for (std::size_t i = 0; i < data.train.size(); ++i) set.texts.push_back(reader.side(data.train[i], i, true));
    } else {
      set.texts.push_back(section.tokens ? reader.stream(*section.tokens, folder) : reader.text(documents_in(section), folder));
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

bool has_tokenizer(const Config& config) {
  return config.task == TaskType::translation || !config.data.train.front().tokens || !config.data.tokenizer.source.is_trained();
}

}  // namespace attend
