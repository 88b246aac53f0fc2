// Tokenizers turn text into ids and ids into text. Our own tokenizers use pad 0, unk 1, bos 2, eos 3; a loaded
// tokenizer says which ids it has.
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

// -1 means that a loaded tokenizer has no such piece. GPT-2 has one piece for both bos and eos, and no other.
struct SpecialIds {
  std::int32_t pad = 0, unk = 1, bos = 2, eos = 3;
};

// A part of a text, as offsets in bytes.
struct TextSpan {
  std::size_t begin, end;
};

// What a spelled special symbol, such as "</s>" in a text, becomes: ordinary text or, with byte-level BPE and on
// request, the symbol itself.
enum class SpelledSpecials { text, symbols };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Returns the ids of a line, without start and end symbols. May be called from several threads. Throws DataError for
  // text that is not UTF-8; byte-level BPE reads U+FFFD there instead.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  // Returns the part of the text that each id of encode(text) stands for. When a character has several ids, each of
  // them may get the whole character.
  virtual std::vector<TextSpan> spans(std::string_view text) const;
  // Returns the text after the tokenizer's own normalisation, which the pieces are cut from.
  virtual std::string normalize(std::string_view text) const { return std::string(text); }
  // Returns the text of ids. pad, bos and eos give nothing, and unk gives a mark of its own. Throws ModelError for ids
  // outside the vocabulary.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  // Returns the bytes that a token adds to the text before it: a space that begins a word is included, and a part of a
  // character stays as it is. The bytes of all tokens joined are decode's text, except for a leading space and for
  // bytes that never become a character.
  virtual std::string bytes(std::int32_t id) const { return decode(std::span(&id, 1)); }
  virtual std::int64_t size() const = 0;
  // Returns the piece as it stands in the vocabulary. Throws ModelError for an id outside it.
  virtual std::string piece(std::int32_t id) const = 0;
  virtual SpecialIds special() const = 0;
  virtual TokenizerType type() const = 0;
  // Counts the special symbols that a text spells, as far as this kind of tokenizer could be meant to read them.
  virtual std::int64_t count_specials(std::string_view) const { return 0; }
  virtual SpelledSpecials spelled_specials() const { return SpelledSpecials::text; }
  // Returns the name of the rule that changes text before it is cut into pieces.
  virtual std::string normalization() const { return std::string(name_of(Normalization::identity)); }
  // Returns the bytes of the tokenizer file, to be stored beside a model; load_tokenizer reads them again.
  virtual const std::string& serialized() const = 0;
  // Returns the name of a stored file: "tokenizer.model" (SentencePiece), "tokenizer.json" (byte-level BPE) or
  // "vocab.json".
  virtual std::string_view file_extension() const = 0;
};

// Reads a tokenizer file: a SentencePiece model (scanned for faults first), a tokenizer.json of a byte-level BPE, or
// our vocab.json. Throws ModelError when the file is hostile or broken, and when `spelled` asks for symbols that this
// kind cannot read.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& file,
                                                SpelledSpecials spelled = SpelledSpecials::text);
std::shared_ptr<const Tokenizer> parse_tokenizer(std::string bytes, std::string_view where,
                                                 SpelledSpecials spelled = SpelledSpecials::text);
// Returns what the key parse_special asks for.
SpelledSpecials spelled_specials_of(const TokenizerConfig& config);

// Trains a tokenizer on the lines, or loads config.model, or config.vocab with config.merges. It is deterministic: the
// same text and options give the same bytes. Throws DataError when the text cannot give such a vocabulary, and
// ConfigError `[data.tokenizer.KEY] ...` for options that make no sense. SentencePiece draws kTokenizerLines lines from
// a longer text, unless its option input_sentence_size says otherwise.
std::shared_ptr<const Tokenizer> train_tokenizer(const TokenizerConfig& config, const LineSource& lines);

// Returns the tokenizer with further symbols, which are never cut and whose ids follow the existing ones. Throws
// ConfigError when a symbol is already a piece, is the name of a special one, is longer than a piece may be, is empty,
// or contains white space.
std::shared_ptr<const Tokenizer> with_symbols(const Tokenizer& tokenizer, const std::vector<std::string>& symbols);

inline constexpr std::int64_t kTokenizerLines = 10'000'000;

}  // namespace attend
