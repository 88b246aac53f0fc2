#include "text_choice.h"

#include <CLI/CLI.hpp>

#include "attend/models/language_model.h"
#include "attend/text/id_text.h"

namespace attend {
namespace {

std::shared_ptr<const Tokenizer> given_tokenizer(const LoadedModel& loaded, const std::string& file) {
  if (loaded.tokenizers.target)
    throw UsageError("[--tokenizer] is for a model that was trained on ids alone, but ", loaded.path.string(),
                     " has a tokenizer of its own; leave it out");
  const std::int64_t vocabulary = loaded.model->vocabularies().target;
  auto tokenizer = load_tokenizer(file);
  if (tokenizer->size() > vocabulary)
    throw ModelError("[", file, "] expected at most ", vocabulary, " pieces, the vocabulary of the model, got ",
                     tokenizer->size(), "; its ids were made by another tokenizer");
  return tokenizer;
}

std::shared_ptr<const Tokenizer> tokenizer_of(const LoadedModel& loaded, const TextChoice& choice,
                                              const SpecialIds& special) {
  if (choice.ids) return std::make_shared<IdText>(loaded.model->vocabularies().target, special);
  if (!choice.tokenizer.empty()) return given_tokenizer(loaded, choice.tokenizer);
  if (loaded.tokenizers.target) return loaded.tokenizers.target;
  throw ModelError("[", loaded.path.string(),
                   "] expected a model with a tokenizer, got one that was trained on token ids alone; ",
                   "give the file of its tokenizer with --tokenizer, or ids with --ids");
}

}  // namespace

void add_text_options(CLI::App& verb, TextChoice& choice) {
  const auto count = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});
  verb.add_flag("--ids", choice.ids,
                "text is token ids, numbers with spaces between them, a line each; nothing is put before them");
  verb.add_option("--tokenizer", choice.tokenizer, "tokenizer file of a model that was trained on ids alone")
      ->type_name("FILE");
  verb.add_option("--context", choice.window.context,
                  "tokens the model sees at once; default: data.block_size + model.memory_length, as in training")
      ->check(count)
      ->type_name("N");
  verb.add_option("--keep-first", choice.window.keep_first,
                  "tokens at the beginning that stay in sight when the context is full")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{10'000'000}))
      ->type_name("N");
}

TextReading text_reading(const LoadedModel& loaded, const TextChoice& choice) {
  if (choice.ids && !choice.tokenizer.empty()) throw UsageError("[--ids, --tokenizer] expected one of them, got both");
  const auto& stream = loaded.config.data.train.front().tokens;
  TextReading reading;
  reading.special = loaded.tokenizers.target ? loaded.tokenizers.target->special() : SpecialIds{-1, -1, -1, -1};
  reading.tokenizer = tokenizer_of(loaded, choice, reading.special);
  if (!choice.ids) reading.special = reading.tokenizer->special();
  if (stream && stream->eos >= 0) reading.special.eos = static_cast<std::int32_t>(stream->eos);
  reading.own = loaded.tokenizers.target ? loaded.tokenizers.target : reading.tokenizer;
  reading.start = text_start(loaded.config, *reading.own, reading.special);
  if (choice.ids) reading.start.symbol = -1;
  return reading;
}

}  // namespace attend
