#include "sentencepiece_training.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "attend/core/child_process.h"
#include "attend/core/error.h"
#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "kinds.h"
#include "sentencepiece_lines.h"
#include "sentencepiece_scan.h"

namespace attend {
namespace {

// The sums of its EM steps depend on the number of threads, so it is a constant and not the machine's.
constexpr const char* kTrainerThreads = "16";
constexpr std::int64_t kDefaultMaxSentenceBytes = 4192;  // SentencePiece leaves out longer lines
constexpr std::int64_t kMaxBpeWord = 65535;              // characters; its places have 16 bits

// With the mark of a space, as normalised text has it: a space in a piece matches nothing.
std::string in_normalised_text(const std::string& symbol) {
  std::string marked;
  for (const char c : symbol) c == ' ' ? marked += kSpaceMark : marked += c;
  return marked;
}

// SentencePiece splits lists at commas; a quoted item may hold commas, a doubled quote stands for one.
std::string comma_list(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) {
    if (!list.empty()) list += ',';
    list += '"';
    for (const char c : in_normalised_text(item)) list += c == '"' ? std::string("\"\"") : std::string(1, c);
    list += '"';
  }
  return list;
}

SentencePieceOptions options_of(const TokenizerConfig& config) {
  SentencePieceOptions options{{"model_type", std::string(name_of(config.algorithm))},
                               {"vocab_size", std::to_string(config.vocab_size)},
                               {"character_coverage", format_double(config.character_coverage)},
                               {"byte_fallback", config.byte_fallback ? "true" : "false"},
                               {"pad_id", "0"},
                               {"unk_id", "1"},
                               {"bos_id", "2"},
                               {"eos_id", "3"},
                               {"minloglevel", "2"}};
  if (!config.user_symbols.empty()) options["user_defined_symbols"] = comma_list(config.user_symbols);
  if (!config.options.contains("normalization_rule_tsv"))
    options["normalization_rule_name"] = name_of(config.normalization);
  options.insert(config.options.begin(), config.options.end());
  options.emplace("num_threads", kTrainerThreads);
  options.emplace("input_sentence_size", std::to_string(kTokenizerLines));
  return options;
}

SentencePieceLines::Limits limits_of(const SentencePieceOptions& options, const TokenizerConfig& config) {
  const auto option = options.find("max_sentence_length");
  const auto chosen = option == options.end() ? std::nullopt : parse_int(option->second);
  return {std::max<std::int64_t>(chosen.value_or(kDefaultMaxSentenceBytes), 0),
          config.algorithm == SubwordAlgorithm::bpe ? kMaxBpeWord : 0};
}

// "a=1, b=2"
std::string shown(const std::map<std::string, std::string>& options) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : options) parts.push_back(name + "=" + value);
  return join(parts, ", ");
}

// "Internal: file(line) [condition] words" -> "words", or without any "[condition]"
std::string words_of(const std::string& status) {
  const std::size_t at = status.rfind("] ");
  const std::string words = at == std::string::npos ? status : std::string(trim(status.substr(at + 2)));
  return words.empty() ? status.substr(std::min(status.find('['), status.size())) : words;
}

// What is known of its conditions.
std::string explained(const std::string& printed) {
  static constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"(freq) > (0)",
       "the option required_chars names characters that the text lacks, which algorithm bpe cannot take and unigram "
       "can"},
      {"sentences_.empty()", "its normalisation leaves nothing of the text"},
      {"required_chars_.empty()", "its normalisation leaves nothing of the text"},
      {"uint16_t", "a word has more than 65,535 characters, which algorithm bpe cannot take and unigram can"}};
  for (const auto& [condition, reason] : kReasons)
    if (printed.find(condition) != std::string::npos) return concat(": ", reason);
  return "";
}

// Without the sentence with which it ends every time.
std::string on_one_line(const std::string& printed) {
  std::vector<std::string> lines;
  for (const std::string& line : split(printed, '\n'))
    if (!trim(line).empty() && !line.starts_with("Program terminated")) lines.emplace_back(trim(line));
  return repair_utf8(join(lines, "; "));
}

[[noreturn]] void refuse_status(const TokenizerConfig& config, const std::string& status) {
  const std::string reason = words_of(status);
  if (reason.find("unknown field name") != std::string::npos)
    throw ConfigError("[data.tokenizer.options] SentencePiece does not know one of them: ", reason);
  if (!config.options.empty() && !reason.starts_with("Vocabulary size"))
    throw ConfigError("[data.tokenizer.options] SentencePiece refuses ", shown(config.options), ": ", reason,
                      "; look at their ranges");
  throw DataError("[tokenizer] cannot train SentencePiece with vocab_size ", config.vocab_size, ": ", reason,
                  explained(reason));
}

[[noreturn]] void refuse_death(const TokenizerConfig& config, const ChildEnd& end) {
  if (end.signal == SIGINT || end.signal == SIGTERM) {
    std::raise(end.signal);  // who stops its training stops the program
    throw_if_interrupted();  // a training listens, and ends in order
    throw DataError("[tokenizer] its training was stopped by signal ", end.signal);
  }
  const std::string how =
      end.signal == 0 ? "gave up" : concat("crashed with signal ", end.signal, ", ", ::strsignal(end.signal));
  const std::string printed = on_one_line(end.printed), why = explained(end.printed);
  const std::string message =
      concat("SentencePiece ", how, why, printed.empty() ? "" : concat("; it printed: ", printed));
  if (!config.options.empty()) throw ConfigError("[data.tokenizer.options] with ", shown(config.options), " ", message);
  throw DataError("[tokenizer] cannot be trained: ", message);
}

std::string model_of(const TokenizerConfig& config, const ChildEnd& end) {
  switch (end.kind) {
    case ChildEnd::Kind::answered:
      if (end.text.starts_with('+')) return end.text.substr(1);
      refuse_status(config, end.text.substr(1));
    case ChildEnd::Kind::threw:  // so end options that are no numbers
      throw ConfigError("[data.tokenizer.options] SentencePiece fails: ", end.text, "; look at the options");
    case ChildEnd::Kind::out_of_memory:
      throw OutOfMemoryError(
          "[tokenizer] expected memory and threads for its training, got too little; give it less text (the option ",
          "input_sentence_size), or raise ulimit", end.text.empty() ? "" : concat(" (", end.text, ")"));
    case ChildEnd::Kind::died: break;
  }
  refuse_death(config, end);
}

// Only options make models that are refused: tables of normalisation, pieces of any length.
TokenizerPointer read_model(const TokenizerConfig& config, std::string model) {
  try {
    return parse_sentencepiece(std::move(model), "trained tokenizer");
  } catch (const ModelError& fault) {
    if (config.options.empty()) throw;
    throw ConfigError("[data.tokenizer.options] with ", shown(config.options),
                      " SentencePiece makes a model that Attend does not read: ", fault.what());
  }
}

// Whether some text spells the symbol. Another symbol may hold this one and what stands beside it: "ax" beside "a".
bool is_spelled(const Tokenizer& tokenizer, const std::string& symbol) {
  const std::string piece = in_normalised_text(symbol);
  for (const std::string_view beside : {"x", "q", "0", ".", "\u00b7"}) {
    const auto ids = tokenizer.encode(concat(beside, symbol, beside));
    if (std::ranges::any_of(ids, [&](std::int32_t id) { return tokenizer.piece(id) == piece; })) return true;
  }
  return false;
}

void require_symbols(const TokenizerConfig& config, const Tokenizer& tokenizer) {
  for (const std::string& symbol : config.user_symbols) {
    if (!is_spelled(tokenizer, symbol))
      throw ConfigError("[data.tokenizer.user_symbols] expected symbols that a text can spell, got \"", symbol,
                        "\", of which normalisation (", tokenizer.normalization(),
                        ") makes other text; write it as it is then, or set normalization");
  }
}

}  // namespace

TokenizerPointer train_sentencepiece(const TokenizerConfig& config, const LineSource& lines) {
  const SentencePieceOptions options = options_of(config);
  SentencePieceLines usable(lines, limits_of(options, config));
  const auto feed = [&](std::string& line) { return usable.next(line); };
  const auto end = run_in_child(feed, [&](const MessageSource& messages) {
    const SentencePieceAnswer answer = call_sentencepiece(options, messages);
    return (answer.is_trained ? '+' : '-') + answer.text;
  });
  const auto tokenizer = read_model(config, model_of(config, end));
  usable.warn();
  require_symbols(config, *tokenizer);
  return tokenizer;
}

}  // namespace attend
