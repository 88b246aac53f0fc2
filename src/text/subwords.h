// What both kinds of segmenting share: pieces by text, symbols that are never cut, and what becomes of unknown text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attend/text/subword_sampler.h"
#include "sentencepiece_scan.h"

namespace attend {

// A stretch of the normalised text as one piece.
struct Segment {
  std::string_view text;
  std::int32_t id = 0;
};

class Subwords {
 public:
  explicit Subwords(SubwordModel model);
  Subwords(const Subwords&) = delete;  // texts are referred to
  Subwords& operator=(const Subwords&) = delete;
  // A piece that text can become (normal, user-defined, or unused); -1: none.
  std::int32_t find(std::string_view text) const;
  const SubwordPiece& operator[](std::int32_t id) const { return model_.pieces[static_cast<std::size_t>(id)]; }
  const std::vector<SubwordPiece>& pieces() const { return model_.pieces; }
  std::int32_t unknown() const { return unknown_; }
  // Bytes of the longest user-defined symbol that the text starts with; 0: none.
  std::size_t symbol_at(std::string_view text) const;
  // Runs of unknown segments become one unknown id, or their bytes.
  std::vector<std::int32_t> ids_of(const std::vector<Segment>& segments) const;

 private:
  SubwordModel model_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // into model_
  std::vector<std::int32_t> bytes_;                         // ids of byte pieces; -1: none
  std::size_t longest_symbol_ = 0;
  std::int32_t unknown_ = 0;
};

// Bytes of the character that the text starts with.
std::size_t character_bytes(std::string_view text);

std::unique_ptr<SubwordSampler> make_unigram_sampler(SubwordModel model);
std::unique_ptr<SubwordSampler> make_bpe_sampler(SubwordModel model);

}  // namespace attend
