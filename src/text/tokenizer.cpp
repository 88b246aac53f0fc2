#include "attend/text/tokenizer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::string_view kFormat = "attend-vocabulary";
constexpr std::uint64_t kVersion = 1;

std::string string_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

TokenizerPointer parse_own_vocabulary(const Json& vocabulary, std::string bytes, std::string_view where) {
  if (string_at(vocabulary, "format") != kFormat)
    throw ModelError("[", where, "] expected a vocabulary with \"format\": \"", kFormat,
                     "\", got other JSON");
  const auto version = vocabulary.find("version");
  if (version == vocabulary.end() || json_unsigned(*version, where) != kVersion)
    throw ModelError("[", where, "] expected \"version\": ", kVersion,
                     ", got another; a newer Attend may have written it");
  const std::string name = string_at(vocabulary, "type");
  const auto type = value_of<TokenizerType>(name);
  if (type == TokenizerType::character) return parse_characters(vocabulary, std::move(bytes), where);
  if (type == TokenizerType::byte) return parse_bytes(vocabulary, std::move(bytes), where);
  throw ModelError("[", where, "] expected \"type\": \"char\" or \"byte\", got \"", name, "\"");
}

// Ours, or Hugging Face's tokenizer.json.
TokenizerPointer parse_json_tokenizer(std::string bytes, std::string_view where, SpelledSpecials spelled) {
  const Json file = parse_json(bytes, where);
  if (file.contains("model")) return parse_byte_bpe(file, std::move(bytes), where, spelled);
  if (!file.contains("format") && file.contains("!"))
    throw ModelError("[", where, "] expected a tokenizer, got GPT-2's vocab.json alone; name it and its merges.txt in ",
                     "data.tokenizer: {vocab: FILE, merges: FILE}");
  return parse_own_vocabulary(file, std::move(bytes), where);
}

void require_no_faults(const TokenizerConfig& config) {
  for (const auto& [key, message, other] : faults_of(config))
    throw ConfigError("[data.tokenizer.", key, "] ", message,
                      other == "type" ? concat(", but the type is ", name_of(config.type)) : "");
}

}  // namespace

Json vocabulary_header(TokenizerType type) {
  return {{"format", kFormat}, {"version", kVersion}, {"type", name_of(type)}};
}

std::vector<AddedToken> symbols_of(const Json& vocabulary, std::int32_t first, std::string_view where) {
  std::vector<AddedToken> symbols;
  const auto list = vocabulary.find("symbols");
  if (list == vocabulary.end()) return symbols;
  std::set<std::string> seen;
  if (!list->is_array() || list->size() > kMaxPieces)
    throw ModelError("[", where, "] expected a list \"symbols\", got ", list->type_name());
  for (const Json& item : *list) {
    const auto* text = item.get_ptr<const std::string*>();
    if (text == nullptr || text->empty() || text->size() > kMaxPieceBytes || !seen.insert(*text).second)
      throw ModelError("[", where, "] expected different texts of 1 to ", kMaxPieceBytes,
                       " bytes in \"symbols\", got another one; the file is damaged");
    symbols.push_back({*text, first + static_cast<std::int32_t>(symbols.size())});
  }
  return symbols;
}

TokenizerPointer vocabulary_with(std::string_view bytes, const std::vector<std::string>& symbols) {
  Json vocabulary = parse_json(bytes, "tokenizer");
  for (const auto& symbol : symbols) vocabulary["symbols"].push_back(symbol);
  return parse_tokenizer(vocabulary.dump() + "\n", "tokenizer");
}

std::string read_tokenizer_file(const std::filesystem::path& file) {
  try {
    return read_file(file, kMaxTokenizerBytes);
  } catch (const DataError& error) {  // here a missing or huge file is a fault of the model
    throw ModelError(error.what());
  }
}

// Of tokenizers whose ids decode to the text one by one.
std::vector<TextSpan> Tokenizer::spans(std::string_view text) const {
  std::vector<TextSpan> spans;
  std::size_t at = 0;
  for (const std::int32_t id : encode(text)) {
    const std::size_t begin = std::min(at, text.size());
    at += decode(std::span(&id, 1)).size();
    spans.push_back({begin, std::min(at, text.size())});
  }
  return spans;
}

void require_utf8(std::string_view text) {
  if (const auto at = invalid_utf8_at(text))
    throw DataError("[tokenizer] expected UTF-8, got something else at byte ", *at + 1, " of a line");
}

void require_id(std::int32_t id, std::int64_t size) {
  if (id < 0 || id >= size)
    throw ModelError("[tokenizer] expected ids from 0 to ", size - 1, ", got ", id,
                     "; the ids were made with another vocabulary");
}

SpelledSpecials spelled_specials_of(const TokenizerConfig& config) {
  return config.parse_special ? SpelledSpecials::symbols : SpelledSpecials::text;
}

std::shared_ptr<const Tokenizer> parse_tokenizer(std::string bytes, std::string_view where, SpelledSpecials spelled) {
  if (bytes.empty()) throw ModelError("[", where, "] expected a tokenizer, got an empty file");
  const auto tokenizer = bytes[0] == '{' ? parse_json_tokenizer(std::move(bytes), where, spelled)
                                         : parse_sentencepiece(std::move(bytes), where);
  if (tokenizer->spelled_specials() != spelled)
    throw ModelError("[", where,
                     "] expected a byte-level BPE, because special symbols in text are to be parsed, got type ",
                     name_of(tokenizer->type()), "; leave parse_special out");
  return tokenizer;
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& file, SpelledSpecials spelled) {
  return parse_tokenizer(read_tokenizer_file(file), file.string(), spelled);
}

namespace {

// sentencepiece is the default, so that one may stand there although nobody chose it.
void require_type(const TokenizerConfig& config, const Tokenizer& tokenizer) {
  if (config.type == TokenizerType::sentencepiece || config.type == tokenizer.type()) return;
  throw ConfigError("[data.tokenizer.type] expected what ", config.model, " is, ", name_of(tokenizer.type()), ", got ",
                    name_of(config.type), "; leave type out where model names a file");
}

}  // namespace

std::shared_ptr<const Tokenizer> train_tokenizer(const TokenizerConfig& config, const LineSource& lines) {
  require_no_faults(config);
  if (!config.model.empty()) {
    auto tokenizer = load_tokenizer(config.model, spelled_specials_of(config));
    require_type(config, *tokenizer);
    return tokenizer;
  }
  if (!config.vocab.empty()) return load_byte_bpe(config);
  switch (config.type) {
    case TokenizerType::sentencepiece: return train_sentencepiece(config, lines);
    case TokenizerType::bpe: return train_byte_bpe(config, lines);
    case TokenizerType::character: return train_characters(config, lines);
    case TokenizerType::byte: return make_bytes();
  }
  return nullptr;
}

}  // namespace attend
