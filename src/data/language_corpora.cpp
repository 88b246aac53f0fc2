#include "attend/data/language_corpora.h"

#include <algorithm>
#include <cmath>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/data/corpora.h"

namespace attend {
namespace {

DocumentCorpus documents_in(const TextFiles& section) {
  DocumentCorpus corpus;
  corpus.name = section.name;
  corpus.file = section.text;
  corpus.rule = section.documents;
  corpus.field = section.field;
  return corpus;
}

// Of a part of a text nothing else is known than its ids; the first one only begins it.
std::int64_t bytes_spelled_by(const TokenStore& text, const Tokenizer& tokenizer) {
  constexpr std::int64_t kTogether = 1 << 20;
  const auto size_of = [&](std::int64_t begin, std::int64_t count) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(count));
    text.read(begin, count, ids.data());
    return static_cast<std::int64_t>(tokenizer.decode(std::vector<std::int32_t>(ids.begin(), ids.end())).size());
  };
  std::int64_t bytes = text.size() > 0 ? -size_of(0, 1) : 0;
  for (std::int64_t begin = 0; begin < text.size(); begin += kTogether)
    bytes += size_of(begin, std::min(kTogether, text.size() - begin));
  return bytes;
}

}  // namespace

std::vector<DocumentCorpus> training_documents(const DataConfig& data) {
  std::vector<DocumentCorpus> corpora;
  for (const auto& section : data.train) {
    corpora.push_back(documents_in(section));
    corpora.back().held_out = held_out_share(data);
  }
  return corpora;
}

std::int64_t LanguageCorpora::vocabulary(const std::string& file) const {
  if (const auto& trained = data_.train.front().tokens) return trained->vocab_size;
  if (!tokenizers_.target)
    throw ModelError("[", file,
                     "] expected ids beside data.train.tokens, whose vocab_size says which there may be, got "
                     "data.train of text and a model without tokenizer");
  return tokenizers_.target->size();
}

TokenStore LanguageCorpora::stream(TokenStreamConfig tokens, const std::string& folder) const {
  const auto most = vocabulary(tokens.file);
  if (tokens.vocab_size > most)
    throw ModelError("[", tokens.file, "] expected ids of the model's vocabulary of ", most, ", got ids of one of ",
                     tokens.vocab_size);
  if (tokens.vocab_size == 0) tokens.vocab_size = most;
  return read_stream(tokens, cache_, folder);
}

TokenStore LanguageCorpora::text(const DocumentCorpus& corpus, const std::string& folder) const {
  if (!tokenizers_.target)
    throw ModelError(
        "[", corpus.file.string(),
        "] expected a model that reads text, got one that was trained on ids alone; give it ids (data.train.tokens)");
  return read_text({corpus, tokenizers_.target}, cache_, folder);
}

const TokenStore& LanguageCorpora::whole(std::size_t number) {
  if (const auto found = wholes_.find(number); found != wholes_.end()) return found->second;
  const auto& section = data_.train[number];
  const std::string folder = concat("train-", number + 1);
  return wholes_.emplace(number, section.tokens ? stream(*section.tokens, folder) : text(documents_in(section), folder))
      .first->second;
}

// Of a corpus of training: what is trained on, or what is kept for the set.
TokenStore LanguageCorpora::side(std::size_t number, const ValidationConfig* set) {
  const double share = held_out_share(data_);
  auto corpus = documents_in(data_.train[number]);
  if (data_.train[number].tokens || corpus.is_one()) {
    const auto& all = whole(number);
    const auto kept = static_cast<std::int64_t>(std::floor(static_cast<double>(all.size()) * (1 - share)));
    if (!set) return share > 0 ? all.part(0, kept, "without the validation part") : all;
    log_info(set->name, ": ", all.name(), ", of these the last ", format_count(all.size() - kept), " tokens");
    auto end = all.part(kept, all.size(), "the validation part");
    if (all.text_bytes() >= 0) end.set_text_bytes(bytes_spelled_by(end, *tokenizers_.target));
    return end;
  }
  corpus.held_out = share;
  corpus.validation = set != nullptr;
  if (set) corpus.name = data_.train.size() == 1 ? set->name : concat(set->name, " of ", corpus.name);
  return text(corpus, set ? concat("validation-1-", number + 1) : concat("train-", number + 1));
}

std::vector<TokenStore> LanguageCorpora::training() {
  std::vector<TokenStore> texts;
  for (std::size_t i = 0; i < data_.train.size(); ++i) texts.push_back(side(i, nullptr));
  return texts;
}

std::vector<ValidationTexts> LanguageCorpora::validation() {
  std::vector<ValidationTexts> sets;
  for (const auto& section : data_.validation) {
    ValidationTexts set{section.name, {}};
    const std::string folder = concat("validation-", sets.size() + 1, "-1");
    if (section.fraction > 0) {
      for (std::size_t i = 0; i < data_.train.size(); ++i) set.texts.push_back(side(i, &section));
    } else {
      set.texts.push_back(section.tokens ? stream(*section.tokens, folder) : text(documents_in(section), folder));
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

std::int64_t document_end(const Config& config, const Tokenizer* tokenizer) {
  const auto& stream = config.data.train.front().tokens;
  if (stream && stream->eos >= 0) return stream->eos;
  return tokenizer ? tokenizer->special().eos : -1;
}

bool has_tokenizer(const Config& config) {
  return config.task == TaskType::translation || !config.data.train.front().tokens ||
         !config.data.tokenizer.source.is_trained();
}

}  // namespace attend
