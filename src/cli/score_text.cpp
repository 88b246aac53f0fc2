// attend score --text: documents as the model's training read them, each with its log-probability.
#include <algorithm>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/decoding/text_scoring.h"
#include "attend/text/documents.h"
#include "attend/text/id_text.h"
#include "attend/text/text_fit.h"
#include "score.h"

namespace attend {
namespace {

// As the model's training read them, but for a key that is named here.
DocumentCorpus corpus_of(const Config& config, const ScoreOptions& options) {
  const CorpusConfig& train = config.data.train.front();
  DocumentCorpus corpus;
  corpus.file = options.text;
  corpus.field = options.field.value_or(train.field);
  corpus.rule = train.documents;
  if (!train.field.empty() && corpus.field.empty()) corpus.rule = DocumentRule::line;  // as many as the JSON lines were
  return corpus;
}

// ScoredTexts one after the other: documents, of which a file that is one is put together again, or lines of ids.
class ScoredTexts {
 public:
  ScoredTexts(const ScoreOptions& options, const DocumentCorpus& corpus) : corpus_(corpus) {
    if (options.reading.ids) lines_.emplace(options.text, LongLines{kMaxDocumentBytes, false});
    else if (!corpus.is_one()) documents_.emplace(corpus);
  }
  bool next(std::string& text) {
    if (lines_ || documents_) {
      if (!(lines_ ? lines_->next(text) : documents_->next(text))) return false;
      line_ = lines_ ? lines_->line_number() : documents_->line_number();
      return true;
    }
    if (line_++ > 0) return false;
    text = read_document(corpus_.file);
    return true;
  }
  std::int64_t line() const { return line_; }
  std::string name() const { return lines_ ? lines_->name() : corpus_.file.string(); }

 private:
  const DocumentCorpus& corpus_;
  std::optional<DocumentReader> documents_;
  std::optional<LineReader> lines_;
  std::int64_t line_ = 0;
};

// Without a start symbol nothing comes before the first token, so it has no probability.
std::int64_t bytes_scored(const std::string& text, const std::vector<std::int32_t>& ids, const TextReading& reading) {
  const auto first =
      reading.start.symbol >= 0 || ids.empty() ? 0 : reading.tokenizer->bytes(ids.front()).size();
  return static_cast<std::int64_t>(text.size() - std::min(first, text.size()));
}

}  // namespace

void score_text(const ScoreOptions& options, ScoreFormat format) {
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  if (options.models.paths.size() != 1)
    throw UsageError("[score] expected one model with --text, got ", options.models.paths.size());
  LoadedModel loaded = load_model(options.models.paths.front(), runtime);
  options.settings.apply(loaded.config);
  auto& model = model_as<LanguageModel>(*loaded.model, "score");
  const auto reading = text_reading(loaded, options.reading);
  const auto window = text_window(loaded.config, options.reading.window);
  const auto corpus = corpus_of(loaded.config, options);
  ScoredTexts texts(options, corpus);
  ResultWriter writer(options.output);
  ScoreReport report(options, format);
  std::int64_t bytes = 0, unknown = 0;
  UnknownLines unknown_texts("score", options.reading.ids ? "line" : "the document of line");
  for (std::string text; texts.next(text);) {
    const bool is_ids = options.reading.ids;
    auto ids = is_ids ? parse_ids(text, reading.tokenizer->size(), concat(texts.name(), ":", texts.line()))
                      : reading.tokenizer->encode(text);
    unknown_texts.add(texts.line(), is_unknown(*reading.tokenizer, ids));
    if (const auto unk = reading.special.unk; unk >= 0) unknown += std::count(ids.begin(), ids.end(), unk);
    if (!is_ids) bytes += bytes_scored(text, ids, reading);
    if (reading.start.symbol >= 0) ids.insert(ids.begin(), reading.start.symbol);
    const auto scored = ids.empty() ? std::span<const std::int32_t>{} : std::span(ids).subspan(1);
    writer.write(report.line({texts.line(), 0, scored}, score_tokens(model, ids, window)));
  }
  writer.close();
  if (unknown > 0)
    log_warning("[", options.text, "] ", format_count(unknown), unknown == 1 ? " token is" : " tokens are",
                " unknown to the model: bits per byte count as if it could spell them");
  log_info("context ", window.context, ", stride ", window.stride,
           window.keep_first > 0 ? concat(", the first ", window.keep_first, " kept") : "");
  report.finish("document", bytes);
}

}  // namespace attend
