// SentencePiece is included here and nowhere else.
#include "kinds.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <exception>
#include <unordered_map>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "sentencepiece_scan.h"

namespace attend {
namespace {

namespace sp = sentencepiece;

// The sums of its EM steps depend on the number of threads, so it is a constant and not the machine's.
constexpr const char* kTrainerThreads = "16";
// Text comes from memory and the model goes there.
constexpr std::string_view kNotOptions[] = {"input", "input_format", "model_prefix", "user_defined_symbols"};
constexpr std::int64_t kDefaultMaxSentenceBytes = 4192;  // SentencePiece leaves out longer lines

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581 stands for a space

// "<0xE3>"
char byte_of(const std::string& piece) { return static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)); }

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string bytes, std::string_view where) : bytes_(std::move(bytes)) {
    scan_sentencepiece_model(bytes_, where);
    const sp::util::Status status = processor_.LoadFromSerializedProto(bytes_);
    if (!status.ok())
      throw ModelError("[", where, "] expected a SentencePiece model, got: ", status.ToString());
    special_ = {processor_.pad_id(), processor_.unk_id(), processor_.bos_id(), processor_.eos_id()};
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    require_utf8(text);
    std::vector<int> ids;
    const sp::util::Status status = processor_.Encode(text, &ids);
    if (!status.ok()) throw DataError("[tokenizer] cannot encode a line: ", status.ToString());
    return ids;
  }

  std::vector<TextSpan> spans(std::string_view text) const override {
    require_utf8(text);
    std::vector<TextSpan> spans;
    const auto line = processor_.EncodeAsImmutableProto(text);
    for (const auto& piece : line.pieces()) spans.push_back({piece.begin(), piece.end()});
    return spans;
  }

  // SentencePiece 0.1.97 does not show its normalised text, but the pieces of a line are that text, cut.
  std::string normalize(std::string_view text) const override {
    require_utf8(text);
    std::string normalized;
    const auto line = processor_.EncodeAsImmutableProto(text);
    for (const auto& piece : line.pieces())
      if (processor_.IsByte(static_cast<int>(piece.id())))
        normalized += byte_of(piece.piece());
      else
        normalized += piece.piece();
    return normalized;
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    std::vector<int> kept;
    for (const std::int32_t id : ids) {
      require_id(id, size());
      if (id != special_.pad && id != special_.bos && id != special_.eos) kept.push_back(id);
    }
    std::string text;
    const sp::util::Status status = processor_.Decode(kept, &text);
    if (!status.ok()) throw ModelError("[tokenizer] cannot decode ids: ", status.ToString());
    return text;
  }

  std::string bytes(std::int32_t id) const override {
    require_id(id, size());
    if (processor_.IsControl(id)) return "";
    if (processor_.IsUnknown(id)) return decode(std::span(&id, 1));
    if (processor_.IsByte(id)) return {byte_of(processor_.IdToPiece(id))};
    std::string text = processor_.IdToPiece(id);
    for (auto at = text.find(kSpace); at != std::string::npos; at = text.find(kSpace, at)) text.replace(at, kSpace.size(), " ");
    return text;
  }

  std::int64_t size() const override { return processor_.GetPieceSize(); }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    return processor_.IdToPiece(id);
  }
  SpecialIds special() const override { return special_; }
  TokenizerType type() const override { return TokenizerType::sentencepiece; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "tokenizer.model"; }

 private:
  std::string bytes_;
  sp::SentencePieceProcessor processor_;
  SpecialIds special_;
};

// Lines as they come, so that a text larger than memory can be drawn from. Counts those SentencePiece leaves out.
class Sentences final : public sp::SentenceIterator {
 public:
  Sentences(const LineSource& lines, std::size_t limit) : lines_(lines), limit_(limit) { Next(); }
  bool done() const override { return done_; }
  // Nothing is thrown through SentencePiece.
  void Next() override {
    try {
      done_ = !lines_(line_);
    } catch (...) {
      done_ = true;
      failure_ = std::current_exception();
    }
    if (!done_ && line_.size() > limit_) ++longer_;
  }
  const std::string& value() const override { return line_; }
  sp::util::Status status() const override { return {}; }

  // What went wrong with the text, or what is to be said of it.
  void finish() const {
    if (failure_) std::rethrow_exception(failure_);
    if (longer_ > 0)
      log_warning("[tokenizer] ", longer_, " lines of more than ", limit_,
                  " bytes are left out of its training; options: {max_sentence_length: N} takes them in");
  }

 private:
  const LineSource& lines_;
  std::size_t limit_;
  std::string line_;
  std::int64_t longer_ = 0;
  bool done_ = false;
  std::exception_ptr failure_;
};

// SentencePiece splits lists at commas; a quoted item may hold commas, a doubled quote stands for one.
std::string comma_list(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) {
    if (!list.empty()) list += ',';
    list += '"';
    for (const char c : item) list += c == '"' ? std::string("\"\"") : std::string(1, c);
    list += '"';
  }
  return list;
}

// "Internal: file(line) [condition] words" -> "words"
std::string words_of(const sp::util::Status& status) {
  const std::string text = status.ToString();
  const std::size_t at = text.rfind("] ");
  return at == std::string::npos ? text : text.substr(at + 2);
}

using Options = std::unordered_map<std::string, std::string>;

Options trainer_options(const TokenizerConfig& config) {
  Options options{{"model_type", std::string(name_of(config.algorithm))},
                  {"vocab_size", std::to_string(config.vocab_size)},
                  {"character_coverage", format_double(config.character_coverage)},
                  {"byte_fallback", config.byte_fallback ? "true" : "false"},
                  {"pad_id", "0"},
                  {"unk_id", "1"},
                  {"bos_id", "2"},
                  {"eos_id", "3"},
                  {"minloglevel", "3"}};
  if (!config.user_symbols.empty()) options["user_defined_symbols"] = comma_list(config.user_symbols);
  for (const auto& [name, value] : config.options) {
    if (options.contains(name) || std::ranges::find(kNotOptions, name) != std::end(kNotOptions))
      throw ConfigError("[data.tokenizer.options] expected options that have no key of their own, got \"",
                        name, "\"; use data.tokenizer's own key, or leave it out");
    options[name] = value;
  }
  options.emplace("num_threads", kTrainerThreads);
  options.emplace("input_sentence_size", std::to_string(kTokenizerLines));
  return options;
}

// "a=1, b=2"
std::string shown(const std::map<std::string, std::string>& options) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : options) parts.push_back(name + "=" + value);
  return join(parts, ", ");
}

// Some options end in an exception of the standard library instead of a status.
sp::util::Status train_guarded(const Options& options, Sentences& sentences, std::string& model) {
  try {
    return sp::SentencePieceTrainer::Train(options, &sentences, &model);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& fault) {
    throw ConfigError("[data.tokenizer.options] SentencePiece fails: ", fault.what(), "; look at the options");
  }
}

std::size_t max_sentence_bytes(const Options& options) {
  const auto option = options.find("max_sentence_length");
  const auto chosen = option == options.end() ? std::nullopt : parse_int(option->second);
  return static_cast<std::size_t>(std::max<std::int64_t>(chosen.value_or(kDefaultMaxSentenceBytes), 0));
}

}  // namespace

std::shared_ptr<const Tokenizer> parse_sentencepiece(std::string bytes, std::string_view where) {
  return std::make_shared<SentencePieceTokenizer>(std::move(bytes), where);
}

TokenizerPointer sentencepiece_with(std::string bytes, const std::vector<std::string>& symbols) {
  for (const auto& symbol : symbols) append_user_piece(bytes, symbol);
  return parse_sentencepiece(std::move(bytes), "tokenizer");
}

std::shared_ptr<const Tokenizer> train_sentencepiece(const TokenizerConfig& config,
                                                     const LineSource& lines) {
  const Options options = trainer_options(config);
  Sentences sentences(lines, max_sentence_bytes(options));
  std::string model;
  const sp::util::Status status = train_guarded(options, sentences, model);
  sentences.finish();
  if (!status.ok()) {
    const std::string reason = words_of(status);
    if (reason.find("unknown field name") != std::string::npos)
      throw ConfigError("[data.tokenizer.options] SentencePiece does not know one of them: ", reason);
    if (!config.options.empty() && (reason.empty() || reason.find("spec.") != std::string::npos || reason.find("file") != std::string::npos))
      throw ConfigError("[data.tokenizer.options] SentencePiece refuses ", shown(config.options), reason.empty() ? "" : ": ", reason,
                        "; look at their ranges");
    throw DataError("[data.tokenizer] cannot train SentencePiece with vocab_size ", config.vocab_size, ": ",
                    reason.empty() ? "it gives no reason" : reason);
  }
  return parse_sentencepiece(std::move(model), "trained tokenizer");
}

}  // namespace attend
