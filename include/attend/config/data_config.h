// The section `data`: corpora, validation sets, tokenizers, batches.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/enums/data.h"
#include "attend/config/enums/runtime.h"
#include "attend/config/field.h"

namespace attend {

// A file of ids that another program made. The ids are used as they are.
struct TokenStreamConfig {
  std::string file;
  std::int64_t vocab_size = 0;
  IdType type = IdType::uint16;
  std::int64_t eos = -1;
  template <class V>
  void visit(V& v) {
    v.field("file", file, "the ids, raw or behind the header of llm.c", {}, Resume::free);
    v.field("vocab_size", vocab_size, "ids are below this; in validation 0: that of training", Range{0, 10'000'000},
            Resume::refused);
    v.field("type", type, "of an id in the file", {}, Resume::new_data);
    v.field("eos", eos, "the id that ends a document; -1: none does", Range{-1, 10'000'000}, Resume::refused);
  }
};

// Where a corpus or a validation set has its text. A translation corpus has two files, or one file with a tab between
// source and target. A corpus of a language model has text or ids. Any text file may be gzip.
struct TextFiles {
  std::string name;
  std::string source, target, tsv;
  std::string text;
  DocumentRule documents = DocumentRule::file;
  std::string field;
  std::optional<TokenStreamConfig> tokens;
  std::string source_prefix, target_prefix;

  // `content` says what a change of what is read means on resume; the place of a file means nothing. `condition` sets
  // what else must hold for the keys to be read.
  template <class V, class Condition>
  void visit_files(V& v, Resume content, const Condition& condition) {
    const auto of = [&](TaskType task) -> V& {
      v.of_task(task);
      condition(v);
      return v;
    };
    using enum TaskType;
    of(translation).without("tsv").field("source", source, "text file, one sentence a line", {}, Resume::free);
    of(translation).without("tsv").field("target", target, "text file with as many lines", {}, Resume::free);
    of(translation).field("tsv", tsv, "one file for both sides, source and target with a tab between them", {},
                          Resume::free);
    of(translation).field("source_prefix", source_prefix, "put before each source line, such as the tag of a language",
                          {}, content);
    of(translation).field("target_prefix", target_prefix, "put before each target line", {}, content);
    of(language_model).field("text", text, "text file, or JSON lines where field is given", {}, Resume::free);
    of(language_model)
        .without("field")
        .field("documents", documents, "what a document of the text file is", {}, content);
    of(language_model).field("field", field, "of JSON lines the key whose text is the document", {}, content);
    of(language_model).optional_section("tokens", tokens, "instead of text: a file of ids; nothing is tokenized");
  }
};

// One training corpus.
struct CorpusConfig : TextFiles {
  double weight = 1.0;
  std::string pair_weights;
  template <class V>
  void visit(V& v) {
    v.field("name", name, "in messages; empty: train, train_2, ...", {}, Resume::free);
    visit_files(v, Resume::new_data, [](V&) {});
    v.field("weight", weight, "share of this corpus in the mixture, relative to the other corpora", Range{1e-9, 1e9},
            Resume::incomparable);
    v.of_task(TaskType::translation)
        .field("pair_weights", pair_weights,
               "a file with a number of at least 0 a line, how much the loss of each pair counts; `column`: the third "
               "column of tsv",
               {}, Resume::free);
  }
};

// One named validation set: files of its own, or a fraction of the training text that is kept apart.
struct ValidationConfig : TextFiles {
  double fraction = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("name", name, "in metrics and messages; empty: validation, validation_2, ...", {}, Resume::free);
    visit_files(v, Resume::free, [](V& here) { here.without("fraction"); });
    v.field("fraction", fraction,
            "instead of files: this share of the training pairs or documents (of one document, its end) is not trained "
            "on but validated on",
            Range{0, 0.5}, Resume::new_data);
  }
};

struct SubwordSamplingConfig {
  double alpha = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("alpha", alpha,
            "of unigram the temperature of the lattice, of bpe the dropout probability of a merge; 0: off", Range{0, 1},
            Resume::incomparable);
  }
};

// The smallest vocabulary of a byte-level BPE trained here: 4 special tokens and 256 bytes.
inline constexpr std::int64_t kSmallestByteBpe = 4 + 256;
// The value of data.train.pair_weights which says that the weights are a column of the TSV itself.
inline constexpr std::string_view kWeightColumn = "column";

// SentencePiece accepts only values in this range.
inline constexpr Range kCharacterCoverage{0.98, 1};

struct TokenizerConfig {
  TokenizerType type = TokenizerType::sentencepiece;
  SubwordAlgorithm algorithm = SubwordAlgorithm::bpe;
  std::int64_t vocab_size = 10000;
  bool shared = true;
  double character_coverage = 1.0;
  bool byte_fallback = false;
  Normalization normalization = Normalization::nmt_nfkc;
  std::vector<std::string> user_symbols, add_symbols;
  bool parse_special = false;
  std::map<std::string, std::string> options;
  SubwordSamplingConfig sampling;
  std::string model;          // a tokenizer file to load; then nothing is trained
  std::string vocab, merges;  // or the two files of GPT-2
  bool is_trained() const { return model.empty() && vocab.empty(); }
  // Limits a key to tokenizers that are trained: a loaded file decides these keys already.
  template <class V>
  void visit(V& v) {
    using enum TokenizerType;
    v.field("type", type, "how text becomes tokens", {}, Resume::refused);
    trained(v.of("type", {sentencepiece}))
        .field("algorithm", algorithm, "how SentencePiece finds its pieces", {}, Resume::refused);
    trained(v.of("type", {sentencepiece, bpe, character}))
        .field("vocab_size", vocab_size, "pieces at most, the four special ones included", Range{5, 1'000'000},
               Resume::refused);
    v.of_task(TaskType::translation)
        .field("shared", shared, "one vocabulary for source and target", {}, Resume::refused);
    trained(v.of("type", {sentencepiece}))
        .field("character_coverage", character_coverage, "share of characters SentencePiece keeps", kCharacterCoverage,
               Resume::refused);
    trained(v.of("type", {sentencepiece}))
        .field("byte_fallback", byte_fallback, "unknown characters become bytes", {}, Resume::refused);
    trained(v.of("type", {sentencepiece}))
        .field("normalization", normalization,
               "what SentencePiece makes of a text before it looks for pieces; targets too", {}, Resume::refused);
    trained(v.of("type", {sentencepiece, bpe}))
        .field("user_symbols", user_symbols, "pieces that are never split", {}, Resume::refused);
    v.field("add_symbols", add_symbols,
            "in fine-tuning (training.initialize_from): further symbols behind the pieces of the model's tokenizer", {},
            Resume::refused);
    v.field("parse_special", parse_special,
            "of byte-level BPE: text that spells a special symbol, such as </s>, is that symbol and not text", {},
            Resume::refused);
    trained(v.of("type", {sentencepiece}))
        .field("options", options, "SentencePiece's own trainer options, passed through", {}, Resume::refused);
    v.of("type", {sentencepiece})
        .section("sampling", sampling, "random segmentations in training, keyed by seed, epoch and line");
    v.field("model", model,
            "a tokenizer file to use instead of training one: SentencePiece model, tokenizer.json or vocab.json", {},
            Resume::free);
    v.field("vocab", vocab, "instead of training: GPT-2's vocab.json, with merges", {}, Resume::free);
    v.field("merges", merges, "GPT-2's merges.txt, with vocab", {}, Resume::free);
  }

 private:
  // What a file decides already.
  template <class V>
  static V& trained(V& v) {
    return v.without("model").without("vocab");
  }
};

// data.tokenizer: one TokenizerConfig for both sides, or {source: {...}, target: {...}}.
struct TokenizersConfig {
  TokenizerConfig source, target;
  bool two = false;  // the YAML named both sides
  bool shared() const { return !two && source.shared; }
};

struct BatchConfig {
  Auto<std::int64_t> size = 4096;
  BatchUnit unit = BatchUnit::target_tokens;
  std::int64_t pool = 100;
  std::int64_t round_to = 8;
  template <class V>
  void visit(V& v) {
    v.automatic("size", size, "of one batch, in units; padding counts", kPositive, Resume::warned,
                "what fits memory, measured once and saved");
    v.field("unit", unit, "what size counts", {}, Resume::warned);
    v.of_task(TaskType::translation)
        .field("pool", pool, "batches' worth of pairs sorted by length together", kPositive, Resume::warned);
    v.of_task(TaskType::translation)
        .field("round_to", round_to, "rows of a batch are a multiple of this where the corpus allows", Range{1, 4096},
               Resume::warned);
  }
};

struct DataConfig {
  std::vector<CorpusConfig> train{CorpusConfig{}};
  std::vector<ValidationConfig> validation;  // empty: nothing is validated
  TokenizersConfig tokenizer;
  std::int64_t max_length = 256;
  OverLength over_length = OverLength::skip;
  BatchConfig batch;
  std::int64_t block_size = 256;
  BlockSampling sampling = BlockSampling::packed;
  template <class V>
  void visit(V& v) {
    v.pattern("train", train, "the text to train on: one corpus, or a list that is mixed");
    v.list("validation", validation, "validation sets: one, a list, or none; the first one decides what is best");
    v.tokenizers("tokenizer", tokenizer, "one tokenizer, or {source: {...}, target: {...}}");
    v.of_task(TaskType::translation)
        .field("max_length", max_length, "longest sequence in tokens, end symbol included", Range{2, 1'000'000},
               Resume::incomparable);
    v.of_task(TaskType::translation)
        .field("over_length", over_length, "what happens to longer pairs", {}, Resume::incomparable);
    v.section("batch", batch, "how pairs are grouped");
    v.of_task(TaskType::language_model)
        .field("block_size", block_size, "tokens of a row", Range{1, 10'000'000}, Resume::refused);
    v.of_task(TaskType::language_model)
        .field("sampling", sampling, "how rows are taken from the text", {}, Resume::refused);
  }
};

}  // namespace attend
