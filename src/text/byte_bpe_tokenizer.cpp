// GPT-2's tokenizer behind the interface: added tokens are cut out, the rest is split into words, whose bytes are
// merged.
#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "byte_alphabet.h"
#include "byte_bpe_file.h"
#include "byte_bpe_trainer.h"
#include "kinds.h"
#include "word_splitter.h"

namespace attend {
namespace {

constexpr char32_t kUnknownMark = 0xFFFD;

AddedTokens specials_of(const ByteBpeModel& model) {
  std::vector<AddedToken> specials;
  std::ranges::copy_if(model.added, std::back_inserter(specials), &AddedToken::special);
  return AddedTokens(specials);
}

// Letters that happen to spell a special symbol do not become it.
MergeTable merges_of(const ByteBpeModel& model) {
  std::unordered_set<std::int32_t> specials;
  for (const AddedToken& token : model.added)
    if (token.special) specials.insert(token.id);
  std::vector<Merge> merges;
  std::ranges::remove_copy_if(model.merges, std::back_inserter(merges),
                              [&](const Merge& merge) { return specials.contains(merge.result); });
  return MergeTable(merges);
}

class ByteBpeTokenizer final : public Tokenizer {
 public:
  ByteBpeTokenizer(ByteBpeModel model, std::string bytes, SpelledSpecials spelled)
      : bytes_(std::move(bytes)),
        pieces_(std::move(model.pieces)),
        specials_(specials_of(model)),
        added_(spelled == SpelledSpecials::symbols ? model.added : without_specials(model.added)),
        merges_(merges_of(model)),
        prefix_space_(model.prefix_space),
        special_(model.special),
        spelled_(spelled) {
    for (const std::string& piece : pieces_) texts_.push_back(from_byte_alphabet(piece).value_or(""));
    for (const AddedToken& token : model.added)
      texts_[static_cast<std::size_t>(token.id)] = token.special ? "" : token.text;
    if (special_.unk >= 0) texts_[static_cast<std::size_t>(special_.unk)] = encode_utf8({kUnknownMark});
    for (std::size_t id = 0; id < pieces_.size(); ++id)
      if (const auto text = from_byte_alphabet(pieces_[id]); text && text->size() == 1)
        ids_of_bytes_[static_cast<std::uint8_t>(text->front())] = static_cast<std::int32_t>(id);
  }

  // Of bytes that are no UTF-8 it sees what repair_utf8 makes of them.
  std::vector<std::int32_t> encode(std::string_view text) const override {
    const std::string repaired = is_valid_utf8(text) ? "" : repair_utf8(text);
    std::vector<std::int32_t> ids;
    added_.split(
        repaired.empty() ? text : repaired, [&](std::string_view part) { encode_words(part, ids); },
        [&](const AddedToken& token) { ids.push_back(token.id); });
    return ids;
  }

  // A space that was put before a word is no part of the text.
  std::vector<TextSpan> spans(std::string_view text) const override {
    std::vector<TextSpan> spans;
    std::size_t at = 0;
    for (const std::int32_t id : encode(text)) {
      const std::string& piece = pieces_[static_cast<std::size_t>(id)];
      std::string_view bytes =
          texts_[static_cast<std::size_t>(id)].empty() ? piece : texts_[static_cast<std::size_t>(id)];
      if (prefix_space_ && bytes.starts_with(' ') && !text.substr(at).starts_with(' ')) bytes.remove_prefix(1);
      const std::size_t begin = at;
      at = std::min(at + bytes.size(), text.size());
      spans.push_back({begin, at});
    }
    return spans;
  }

  std::string normalize(std::string_view text) const override { return repair_utf8(text); }

  // Bytes that form no UTF-8 become U+FFFD. A space that was added in front stays.
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) {
      require_id(id, size());
      text += texts_[static_cast<std::size_t>(id)];
    }
    return repair_utf8(text);
  }

  std::string bytes(std::int32_t id) const override {
    require_id(id, size());
    return texts_[static_cast<std::size_t>(id)];
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(pieces_.size()); }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    return pieces_[static_cast<std::size_t>(id)];
  }
  SpecialIds special() const override { return special_; }
  TokenizerType type() const override { return TokenizerType::bpe; }
  std::int64_t count_specials(std::string_view text) const override { return specials_.count(text); }
  SpelledSpecials spelled_specials() const override { return spelled_; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "tokenizer.json"; }

 private:
  void encode_words(std::string_view text, std::vector<std::int32_t>& ids) const {
    const bool add_space = prefix_space_ && text.front() != ' ';
    const std::string with_space = add_space ? concat(' ', text) : "";
    std::vector<std::int32_t> symbols;
    words_.split(add_space ? with_space : text, [&](std::string_view word) {
      symbols.clear();
      for (const char byte : word) symbols.push_back(ids_of_bytes_[static_cast<std::uint8_t>(byte)]);
      merges_.apply(symbols);
      ids.insert(ids.end(), symbols.begin(), symbols.end());
    });
  }

  std::string bytes_;
  std::vector<std::string> pieces_, texts_;  // as they stand in the vocabulary, and what they decode to
  std::array<std::int32_t, 256> ids_of_bytes_{};
  AddedTokens specials_, added_;
  MergeTable merges_;
  WordSplitter words_;
  bool prefix_space_;
  SpecialIds special_;
  SpelledSpecials spelled_;
};

TokenizerPointer make_byte_bpe(ByteBpeModel model, SpelledSpecials spelled) {
  std::string bytes = write_tokenizer_json(model);
  return std::make_shared<ByteBpeTokenizer>(std::move(model), std::move(bytes), spelled);
}

}  // namespace

TokenizerPointer parse_byte_bpe(const Json& file, std::string bytes, std::string_view where, SpelledSpecials spelled) {
  return std::make_shared<ByteBpeTokenizer>(read_tokenizer_json(file, where), std::move(bytes), spelled);
}

TokenizerPointer load_byte_bpe(const TokenizerConfig& config) {
  const std::filesystem::path vocab = config.vocab, merges = config.merges;
  const Json pieces = parse_json(read_tokenizer_file(vocab), vocab.string());
  const std::string where = vocab.string() + ", " + merges.string();
  return make_byte_bpe(read_vocab_and_merges(pieces, read_tokenizer_file(merges), where), spelled_specials_of(config));
}

TokenizerPointer byte_bpe_with(const Tokenizer& tokenizer, const std::vector<std::string>& symbols) {
  ByteBpeModel model = read_tokenizer_json(parse_json(tokenizer.serialized(), "tokenizer"), "tokenizer");
  for (const std::string& symbol : symbols) {
    model.added.push_back({symbol, static_cast<std::int32_t>(model.pieces.size()), false, false});
    model.pieces.push_back(symbol);
  }
  return make_byte_bpe(std::move(model), tokenizer.spelled_specials());
}

TokenizerPointer train_byte_bpe(const TokenizerConfig& config, const LineSource& lines) {
  return make_byte_bpe(learn_byte_bpe(config, lines), spelled_specials_of(config));
}

}  // namespace attend
