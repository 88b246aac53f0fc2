// attend score --text: documents as the model's training read them, each with its log-probability.
#include "attend/checkpoint/model_directory.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/decoding/text_scoring.h"
#include "attend/text/documents.h"
#include "attend/text/text_fit.h"
#include "score.h"

namespace attend {
namespace {

// As long as a row of training, unless asked for otherwise; behind it what a memory holds.
TextWindow window_of(const ScoreOptions& options, const Config& config) {
  const auto context = context_of(options.context, config);
  const TextWindow window{context, options.stride.value_or(config.model.memory_length > 0 ? std::min(context, config.data.block_size) : context)};
  if (window.stride > window.context)
    throw UsageError("[--stride] expected at most the context, ", window.context, ", got ", window.stride, "; tokens between would not be scored");
  return window;
}

DocumentCorpus corpus_of(const Config& config, const std::string& file) {
  DocumentCorpus corpus;
  corpus.file = file;
  if (config.data.train.front().tokens) return corpus;
  corpus.rule = config.data.train.front().documents;
  if (!config.data.train.front().field.empty()) corpus.rule = DocumentRule::line;
  return corpus;
}

// Documents one after the other; a file that is one is put together again.
class Documents {
 public:
  explicit Documents(const DocumentCorpus& corpus) : whole_(corpus.is_one()), reader_(corpus) {}
  bool next(std::string& text) {
    if (!reader_.next(text)) return false;
    line_ = whole_ ? 1 : reader_.line_number();
    for (std::string part; whole_ && reader_.next(part);) text += part;
    return true;
  }
  std::int64_t line() const { return line_; }

 private:
  bool whole_;
  DocumentReader reader_;
  std::int64_t line_ = 0;
};

}  // namespace

void score_text(const ScoreOptions& options, ScoreFormat format) {
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  if (options.models.paths.size() != 1) throw UsageError("[score] expected one model with --text, got ", options.models.paths.size());
  const LoadedModel loaded = load_model(options.models.paths.front(), runtime);
  auto& model = model_as<LanguageModel>(*loaded.model, "score");
  if (!loaded.tokenizers.target)
    throw ModelError("[", loaded.path.string(), "] expected a model with a tokenizer, got one of ids alone; train it with data.tokenizer.model");
  const auto window = window_of(options, loaded.config);
  Documents documents(corpus_of(loaded.config, options.text));
  ResultWriter writer(options.output);
  ScoreReport report(options, format);
  std::int64_t bytes = 0, unknown = 0;
  UnknownLines unknown_documents("score", "the document of line");
  for (std::string text; documents.next(text);) {
    auto ids = loaded.tokenizers.target->encode(text);
    bytes += static_cast<std::int64_t>(text.size());
    unknown_documents.add(documents.line(), is_unknown(*loaded.tokenizers.target, ids));
    if (const auto unk = loaded.tokenizers.target->special().unk; unk >= 0) unknown += std::count(ids.begin(), ids.end(), unk);
    // Without a start symbol nothing comes before the first token, so it has no probability.
    if (const auto bos = model.vocabularies().bos; bos >= 0) ids.insert(ids.begin(), static_cast<std::int32_t>(bos));
    const auto scored = ids.empty() ? std::span<const std::int32_t>{} : std::span(ids).subspan(1);
    writer.write(report.line({documents.line(), 0, scored}, score_tokens(model, ids, window)));
  }
  writer.close();
  if (unknown > 0)
    log_warning("[", options.text, "] ", format_count(unknown), " tokens are unknown to the model: bits per byte count them as if it could spell them");
  log_info("context ", window.context, ", stride ", window.stride);
  report.finish("document", bytes);
}

}  // namespace attend
