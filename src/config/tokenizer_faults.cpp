#include "attend/config/tokenizer_faults.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

// SentencePiece's options that are not the user's, and the key that is there instead.
const std::map<std::string, std::string>& owned_options() {
  static const std::map<std::string, std::string> owned{{"input", "data.train"},
                                                        {"input_format", ""},
                                                        {"model_prefix", ""},
                                                        {"model_type", "algorithm"},
                                                        {"vocab_size", "vocab_size"},
                                                        {"character_coverage", "character_coverage"},
                                                        {"byte_fallback", "byte_fallback"},
                                                        {"normalization_rule_name", "normalization"},
                                                        {"user_defined_symbols", "user_symbols"},
                                                        {"pad_id", ""},
                                                        {"unk_id", ""},
                                                        {"bos_id", ""},
                                                        {"eos_id", ""},
                                                        {"pad_piece", ""},
                                                        {"unk_piece", ""},
                                                        {"bos_piece", ""},
                                                        {"eos_piece", ""},
                                                        {"unk_surface", ""},
                                                        {"minloglevel", ""},
                                                        {"num_threads", ""}};
  return owned;
}

class Examination {
 public:
  explicit Examination(const TokenizerConfig& config) : config_(config) {}

  std::vector<TokenizerFault> run() {
    sizes();
    options();
    kinds();
    symbols();
    return std::move(faults_);
  }

 private:
  void complain(std::string key, std::string message, std::string other = "") {
    faults_.push_back({std::move(key), std::move(message), std::move(other)});
  }
  bool is(TokenizerType type) const { return config_.type == type; }

  void sizes() {
    const auto smallest = kSmallestByteBpe + static_cast<std::int64_t>(config_.user_symbols.size());
    if (is(TokenizerType::bpe) && config_.is_trained() && config_.vocab_size < smallest)
      complain("vocab_size", concat(config_.vocab_size, " is below ", smallest,
                                    ", the special tokens, symbols and bytes that type bpe starts with"));
  }

  void options() {
    for (const auto& [name, value] : config_.options) {
      const auto owned = owned_options().find(name);
      if (owned == owned_options().end()) continue;
      complain("options",
               concat("\"", name, "\" is not SentencePiece's to choose",
                      owned->second.empty() ? "; Attend sets it" : concat("; set ", owned->second, " instead")));
    }
    if (config_.options.contains("normalization_rule_tsv") && config_.normalization != Normalization::nmt_nfkc)
      complain("normalization", "the option normalization_rule_tsv brings rules of its own; leave one of them out",
               "options");
  }

  // Keys that only one type reads.
  void kinds() {
    const bool own = is(TokenizerType::sentencepiece);
    if (!own && !config_.options.empty()) complain("options", "options are SentencePiece's", "type");
    if (!own && config_.sampling.alpha > 0) complain("sampling.alpha", "only subwords can be sampled", "type");
    if (!own && config_.normalization != Normalization::nmt_nfkc)
      complain("normalization", "only SentencePiece normalises", "type");
    if (config_.is_trained() && config_.parse_special && !is(TokenizerType::bpe))
      complain("parse_special", "only byte-level BPE can read special symbols in text", "type");
  }

  void symbols() {
    const auto& symbols = config_.user_symbols;
    if (symbols.empty() || !config_.is_trained()) return;
    if (is(TokenizerType::character) || is(TokenizerType::byte))
      return complain("user_symbols", "symbols are pieces of sentencepiece and bpe", "type");
    auto sorted = symbols;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end() || std::ranges::find(sorted, "") != sorted.end())
      complain("user_symbols", "expected different symbols, none of them empty");
    for (const std::string& symbol : symbols) {
      if (std::ranges::find(kSpecialPieces, symbol) != std::end(kSpecialPieces))
        complain(
            "user_symbols",
            concat("\"", symbol, "\" is one of the four special symbols that every tokenizer has; take another name"));
      if (is(TokenizerType::bpe) && !symbol.empty() && decode_utf8(symbol).size() < 2)
        complain("user_symbols", concat("expected symbols of two characters or more, got \"", symbol, "\""));
      if (!is_valid_utf8(symbol) || symbol.find('\0') != symbol.npos)
        complain("user_symbols", "expected symbols in UTF-8, without NUL");
    }
  }

  const TokenizerConfig& config_;
  std::vector<TokenizerFault> faults_;
};

}  // namespace

std::vector<TokenizerFault> faults_of(const TokenizerConfig& config) { return Examination(config).run(); }

}  // namespace attend
