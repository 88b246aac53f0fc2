// Tokenizers: text <-> ids. Own tokenizers use pad 0, unk 1, bos 2, eos 3; a loaded one says which ids it
// has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/corpus.h"

namespace attend {

// -1: a loaded tokenizer has no such piece. GPT-2's has one for both bos and eos, and no other.
struct SpecialIds {
  std::int32_t pad = 0, unk = 1, bos = 2, eos = 3;
};

// A part of a text, in bytes.
struct TextSpan {
  std::size_t begin, end;
};

// What a text that spells a special symbol, "</s>" for one, becomes: the symbol in byte-level BPE where one asks for it.
enum class SpelledSpecials { text, symbols };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Ids of a line, without start or end symbol. Text that is not UTF-8 is a DataError, but for byte-level BPE, which reads
  // U+FFFD there. Safe to call from several threads.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  // The part of the text that each id of encode(text) stands for. Of a character of several ids it may be the whole.
  virtual std::vector<TextSpan> spans(std::string_view text) const;
  // The text as the pieces see it, after the tokenizer's own normalisation.
  virtual std::string normalize(std::string_view text) const { return std::string(text); }
  // Text of ids: pad, bos and eos give nothing, unk a mark of its own, ids outside the vocabulary a
  // ModelError.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  // What the token adds to a text behind others, in bytes: a space that begins a word is one, a part of a character stays as
  // it is. Put together they are decode's text, but for a first space and for bytes that never become a character.
  virtual std::string bytes(std::int32_t id) const { return decode(std::span(&id, 1)); }
  virtual std::int64_t size() const = 0;
  // The piece as it stands in the vocabulary; ModelError outside it.
  virtual std::string piece(std::int32_t id) const = 0;
  virtual SpecialIds special() const = 0;
  virtual TokenizerType type() const = 0;
  // How many special symbols a text spells, as far as this kind of tokenizer could be meant to read them.
  virtual std::int64_t count_specials(std::string_view) const { return 0; }
  virtual SpelledSpecials spelled_specials() const { return SpelledSpecials::text; }
  // The name of the rule by which text is changed before it is cut into pieces.
  virtual std::string normalization() const { return std::string(name_of(Normalization::identity)); }
  // The file's bytes, to be stored beside a model; load_tokenizer reads them again.
  virtual const std::string& serialized() const = 0;
  // "tokenizer.model" (SentencePiece), "tokenizer.json" (byte-level BPE) or "vocab.json": what a stored file is called.
  virtual std::string_view file_extension() const = 0;
};

// Reads a tokenizer file (SentencePiece model behind a pre-scan, tokenizer.json of a byte-level BPE, or our vocab.json).
// ModelError when hostile or broken, and for symbols where only text can be read.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& file, SpelledSpecials spelled = SpelledSpecials::text);
std::shared_ptr<const Tokenizer> parse_tokenizer(std::string bytes, std::string_view where, SpelledSpecials spelled = SpelledSpecials::text);
// What the key parse_special says.
SpelledSpecials spelled_specials_of(const TokenizerConfig& config);

// Trains on the lines, or loads config.model, or config.vocab with config.merges (deterministic: same text, same options, same bytes). DataError where the
// text cannot give such a vocabulary; ConfigError `[data.tokenizer.KEY] ...` for wishes that make no sense. Of very much text SentencePiece draws
// kTokenizerLines lines, unless its option input_sentence_size says otherwise.
std::shared_ptr<const Tokenizer> train_tokenizer(const TokenizerConfig& config, const LineSource& lines);

// The tokenizer with further symbols, never cut, whose ids follow those it has. ConfigError: one of them is a piece already, the
// name of a special one, longer than pieces may be, empty, or holds white space.
std::shared_ptr<const Tokenizer> with_symbols(const Tokenizer& tokenizer, const std::vector<std::string>& symbols);

inline constexpr std::int64_t kTokenizerLines = 10'000'000;

}  // namespace attend
