#include "subwords.h"

#include <algorithm>

#include "attend/core/error.h"

namespace attend {

Subwords::Subwords(SubwordModel model) : model_(std::move(model)), bytes_(256, -1) {
  for (std::size_t i = 0; i < model_.pieces.size(); ++i) {
    const auto& [text, score, kind] = model_.pieces[i];
    const auto id = static_cast<std::int32_t>(i);
    if (kind == PieceKind::normal || kind == PieceKind::user_defined || kind == PieceKind::unused)
      ids_.emplace(text, id);
    if (kind == PieceKind::user_defined) longest_symbol_ = std::max(longest_symbol_, text.size());
    // <0xE3>
    if (kind == PieceKind::byte) bytes_[static_cast<std::size_t>(std::stoi(text.substr(3, 2), nullptr, 16))] = id;
    if (kind == PieceKind::unknown) unknown_ = id;
  }
}

std::int32_t Subwords::find(std::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? -1 : found->second;
}

std::size_t Subwords::symbol_at(std::string_view text) const {
  for (auto size = std::min(longest_symbol_, text.size()); size > 0; --size)
    if (const auto id = find(text.substr(0, size)); id >= 0 && (*this)[id].kind == PieceKind::user_defined) return size;
  return 0;
}

std::vector<std::int32_t> Subwords::ids_of(const std::vector<Segment>& segments) const {
  std::vector<std::int32_t> ids;
  bool after_unknown = false;
  for (const auto& [text, id] : segments) {
    const bool is_unknown = id == unknown_;
    if (is_unknown && model_.byte_fallback)
      for (const char c : text) ids.push_back(bytes_[static_cast<unsigned char>(c)]);
    else if (!is_unknown || !after_unknown)
      ids.push_back(id);
    after_unknown = is_unknown;
  }
  return ids;
}

std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(size, text.size());
}

std::unique_ptr<SubwordSampler> make_subword_sampler(const Tokenizer& tokenizer) {
  if (tokenizer.type() == TokenizerType::sentencepiece) {
    auto model = read_subword_model(tokenizer.serialized(), "tokenizer");
    if (model.type == 1) return make_unigram_sampler(std::move(model));
    if (model.type == 2) return make_bpe_sampler(std::move(model));
  }
  throw ConfigError(
      "[data.tokenizer.sampling.alpha] expected a SentencePiece model of type unigram or bpe, got another tokenizer; "
      "set it to 0");
}

}  // namespace attend
