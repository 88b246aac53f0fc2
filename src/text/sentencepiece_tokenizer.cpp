// SentencePiece is included here and nowhere else.
#include "kinds.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "added_tokens.h"
#include "attend/core/error.h"
#include "sentencepiece_scan.h"
#include "sentencepiece_training.h"
#include "unknown_runs.h"

namespace attend {
namespace {

namespace sp = sentencepiece;

// Of a model: what encoding needs to know besides SentencePiece.
AddedTokens control_pieces(const SubwordModel& model) {
  std::vector<AddedToken> pieces;
  for (const SubwordPiece& piece : model.pieces)
    if (piece.kind == PieceKind::control || piece.kind == PieceKind::unknown)
      pieces.push_back({piece.text, 0, true, false});
  return AddedTokens(pieces);
}

// "<0xE3>"
char byte_of(const std::string& piece) { return static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)); }

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string bytes, std::string_view where) : bytes_(std::move(bytes)) {
    scan_sentencepiece_model(bytes_, where);
    const sp::util::Status status = processor_.LoadFromSerializedProto(bytes_);
    if (!status.ok())
      throw ModelError("[", where, "] expected a SentencePiece model, got: ", status.ToString());
    SubwordModel model = read_subword_model(bytes_, where);
    normalization_ = model.normalization;
    specials_ = control_pieces(model);
    runs_ = std::make_unique<UnknownRuns>(std::move(model));
    special_ = {processor_.pad_id(), processor_.unk_id(), processor_.bos_id(), processor_.eos_id()};
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    require_utf8(text);
    std::vector<int> ids;
    for (const std::string_view part : runs_->parts(text)) join(ids, encode_part(part));
    return ids;
  }

  std::vector<TextSpan> spans(std::string_view text) const override {
    require_utf8(text);
    std::vector<Token> tokens;
    for (const std::string_view part : runs_->parts(text))
      join(tokens, tokens_of(part, static_cast<std::size_t>(part.data() - text.data())));
    std::vector<TextSpan> spans;
    for (const Token& token : tokens) spans.push_back(token.span);
    return spans;
  }

  // SentencePiece 0.1.97 does not show its normalised text, but the pieces of a line are that text, cut.
  std::string normalize(std::string_view text) const override {
    require_utf8(text);
    std::string normalized;
    for (const std::string_view part : runs_->parts(text)) join(normalized, normalize_part(part));
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
    for (auto at = text.find(kSpaceMark); at != std::string::npos; at = text.find(kSpaceMark, at))
      text.replace(at, kSpaceMark.size(), " ");
    return text;
  }

  std::int64_t size() const override { return processor_.GetPieceSize(); }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    return processor_.IdToPiece(id);
  }
  SpecialIds special() const override { return special_; }
  TokenizerType type() const override { return TokenizerType::sentencepiece; }
  std::int64_t count_specials(std::string_view text) const override { return specials_.count(text); }
  std::string normalization() const override { return normalization_; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "tokenizer.model"; }

 private:
  std::vector<int> encode_part(std::string_view text) const {
    std::vector<int> ids;
    const sp::util::Status status = processor_.Encode(text, &ids);
    if (!status.ok()) throw DataError("[tokenizer] cannot encode a line: ", status.ToString());
    return ids;
  }

  struct Token {
    int id;
    TextSpan span;  // of the whole text
  };
  std::vector<Token> tokens_of(std::string_view part, std::size_t begin) const {
    std::vector<Token> tokens;
    const auto line = processor_.EncodeAsImmutableProto(part);
    for (const auto& piece : line.pieces())
      tokens.push_back({static_cast<int>(piece.id()), {begin + piece.begin(), begin + piece.end()}});
    return tokens;
  }

  std::string normalize_part(std::string_view text) const {
    std::string normalized;
    const auto line = processor_.EncodeAsImmutableProto(text);
    for (const auto& piece : line.pieces())
      if (processor_.IsByte(static_cast<int>(piece.id())))
        normalized += byte_of(piece.piece());
      else
        normalized += piece.piece();
    return normalized;
  }

  // Parts meet inside an unknown run, which is one token; the mark of a space that each part gets is none of the
  // text's.
  template <class T>
  void join(std::vector<T>& all, const std::vector<T>& part) const {
    const auto is_unknown = [&](const T& token) { return id_of(token) == special_.unk; };
    auto first = part.begin();
    if (!all.empty()) {
      while (!all.empty() && !is_unknown(all.back())) all.pop_back();
      first = std::ranges::find_if(part, is_unknown);
      if (!all.empty() && first != part.end()) extend(all.back(), *first++);
    }
    all.insert(all.end(), first, part.end());
  }
  static int id_of(int id) { return id; }
  static int id_of(const Token& token) { return token.id; }
  static void extend(int, int) {}
  static void extend(Token& token, const Token& by) { token.span.end = by.span.end; }

  static void join(std::string& text, std::string_view part) {
    if (!text.empty() && text.ends_with(kSpaceMark)) text.resize(text.size() - kSpaceMark.size());
    if (!text.empty() && part.starts_with(kSpaceMark)) part.remove_prefix(kSpaceMark.size());
    text += part;
  }

  std::string bytes_;
  sp::SentencePieceProcessor processor_;
  SpecialIds special_;
  AddedTokens specials_;
  std::string normalization_;
  std::unique_ptr<const UnknownRuns> runs_;
};

// Lines as they come, so that a text larger than memory can be drawn from.
class Sentences final : public sp::SentenceIterator {
 public:
  explicit Sentences(const LineSource& lines) : lines_(lines) { Next(); }
  bool done() const override { return done_; }
  void Next() override { done_ = !lines_(line_); }
  const std::string& value() const override { return line_; }
  sp::util::Status status() const override { return {}; }

 private:
  const LineSource& lines_;
  std::string line_;
  bool done_ = false;
};

}  // namespace

std::shared_ptr<const Tokenizer> parse_sentencepiece(std::string bytes, std::string_view where) {
  return std::make_shared<SentencePieceTokenizer>(std::move(bytes), where);
}

TokenizerPointer sentencepiece_with(std::string bytes, const std::vector<std::string>& symbols) {
  for (const auto& symbol : symbols) append_user_piece(bytes, symbol);
  return parse_sentencepiece(std::move(bytes), "tokenizer");
}

SentencePieceAnswer call_sentencepiece(const SentencePieceOptions& options, const LineSource& lines) {
  Sentences sentences(lines);
  std::string model;
  const sp::util::Status status = sp::SentencePieceTrainer::Train(options, &sentences, &model);
  return {status.ok(), status.ok() ? model : status.ToString()};
}

}  // namespace attend
