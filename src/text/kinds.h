// The kinds of tokenizers behind the interface; tokenizer.cpp chooses among them.
#pragma once

#include "added_tokens.h"
#include "attend/config/tokenizer_faults.h"
#include "attend/core/json.h"
#include "attend/text/tokenizer.h"

namespace attend {

using TokenizerPointer = std::shared_ptr<const Tokenizer>;

TokenizerPointer parse_sentencepiece(std::string bytes, std::string_view where);
// DataError with SentencePiece's own words, the largest possible vocabulary among them; ConfigError for
// options.
TokenizerPointer train_sentencepiece(const TokenizerConfig& config, const LineSource& lines);

// The same model with further USER_DEFINED pieces at its end, of score 0.
TokenizerPointer sentencepiece_with(std::string bytes, const std::vector<std::string>& symbols);

// One token a code point: those seen, most frequent first and then by code point, as many as vocab_size lets
// in.
TokenizerPointer train_characters(const TokenizerConfig& config, const LineSource& lines);
TokenizerPointer parse_characters(const Json& vocabulary, std::string bytes, std::string_view where);

// One token a byte: the four special ones and 256 more.
TokenizerPointer make_bytes();
TokenizerPointer parse_bytes(const Json& vocabulary, std::string bytes, std::string_view where);

// GPT-2's byte-level BPE: a tokenizer.json, vocab.json with merges.txt (kept as a tokenizer.json), or trained.
TokenizerPointer parse_byte_bpe(const Json& file, std::string bytes, std::string_view where, SpelledSpecials spelled);
TokenizerPointer load_byte_bpe(const TokenizerConfig& config);
TokenizerPointer train_byte_bpe(const TokenizerConfig& config, const LineSource& lines);
// The same byte-level BPE with further added tokens, which are not special.
TokenizerPointer byte_bpe_with(const Tokenizer& tokenizer, const std::vector<std::string>& symbols);
// Its one special token, bos and eos at once.
inline constexpr std::string_view kEndOfText = "<|endoftext|>";

// What our own vocabularies share: ids 0 to 3 are kSpecialPieces.
inline constexpr std::int32_t kSpecialCount = 4;
// {"format": "attend-vocabulary", "version": 1, "type": TYPE}
Json vocabulary_header(TokenizerType type);
// The entry "symbols", which may be missing: texts with ids from `first` on, looked for before characters or bytes are.
// ModelError for what is no list of different texts.
std::vector<AddedToken> symbols_of(const Json& vocabulary, std::int32_t first, std::string_view where);
// One of our own vocabularies with further symbols.
TokenizerPointer vocabulary_with(std::string_view bytes, const std::vector<std::string>& symbols);

std::string read_tokenizer_file(const std::filesystem::path& file);  // ModelError
void require_utf8(std::string_view text);             // DataError
void require_id(std::int32_t id, std::int64_t size);  // ModelError

}  // namespace attend
