// Byte-level BPE vocabularies from files: every rule that a broken or hostile one breaks.
#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "byte_alphabet.h"
#include "byte_bpe.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::size_t kShownBytes = 80;

std::string quoted(std::string_view piece) {
  return "\"" + repair_utf8(piece.substr(0, kShownBytes)) + (piece.size() > kShownBytes ? "..." : "") + "\"";
}

}  // namespace

std::int32_t ByteBpeBuilder::find(std::string_view piece) const {
  const auto found = ids_.find(std::string(piece));
  return found == ids_.end() ? -1 : found->second;
}

void ByteBpeBuilder::place(const std::string& piece, std::uint64_t id) {
  if (piece.empty() || piece.size() > kMaxPieceBytes)
    throw ModelError("[", where_, "] expected pieces of 1 to ", kMaxPieceBytes, " bytes, got one of ", piece.size());
  if (id >= kMaxPieces)
    throw ModelError("[", where_, "] expected ids below ", kMaxPieces, ", got ", id, " for ", quoted(piece));
  // A file that names few pieces and high ids would have holes, but must not allocate before that is found.
  if (id >= model_.pieces.size()) model_.pieces.resize(id + 1);
  std::string& place = model_.pieces[id];
  if (!place.empty() && place != piece)
    throw ModelError("[", where_, "] expected each id once, got ", id, " for ", quoted(place), " and ", quoted(piece));
  place = piece;
  const auto [known, is_new] = ids_.emplace(piece, static_cast<std::int32_t>(id));
  if (!is_new && known->second != static_cast<std::int32_t>(id))
    throw ModelError("[", where_, "] expected one id for ", quoted(piece), ", got ", known->second, " and ", id);
}

void ByteBpeBuilder::vocabulary(const Json& object) {
  if (!object.is_object())
    throw ModelError("[", where_, "] expected a map from pieces to ids, got ", object.type_name());
  if (object.size() > kMaxPieces)
    throw ModelError("[", where_, "] expected at most ", kMaxPieces, " pieces, got ", object.size());
  for (const auto& [piece, id] : object.items()) place(piece, json_unsigned(id, where_));
}

void ByteBpeBuilder::add(AddedToken token) {
  place(token.text, static_cast<std::uint64_t>(token.id));
  if (!added_.insert(token.id).second)
    throw ModelError("[", where_, "] expected each added token once, got ", quoted(token.text), " twice");
  model_.added.push_back(std::move(token));
}

void ByteBpeBuilder::merge(std::string_view left, std::string_view right) {
  const std::string result = concat(left, right);
  const Merge merge{find(left), find(right), find(result)};
  for (const auto& [id, piece] :
       {std::pair{merge.left, left}, {merge.right, right}, {merge.result, std::string_view(result)}})
    if (id < 0)
      throw ModelError("[", where_, "] expected merges of pieces in the vocabulary, got ", quoted(left), " and ",
                       quoted(right), ", but no ", quoted(piece), "; the merges are of another vocabulary");
  if (model_.merges.size() >= kMaxPieces)
    throw ModelError("[", where_, "] expected at most ", kMaxPieces, " merges, got more");
  if (!merged_.insert(pair_key(merge.left, merge.right)).second)
    throw ModelError("[", where_, "] expected each merge once, got ", quoted(left), " and ", quoted(right), " twice");
  model_.merges.push_back(merge);
}

void ByteBpeBuilder::require_bytes() const {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string piece = to_byte_alphabet(std::string(1, static_cast<char>(byte)));
    if (find(piece) < 0)
      throw ModelError("[", where_, "] expected a piece for every byte, got none for byte ", byte, ", ", quoted(piece),
                       "; train it with the whole byte alphabet");
  }
}

// Among the special tokens, by their usual names.
void ByteBpeBuilder::name_special_ids() {
  SpecialIds& ids = model_.special;
  for (const AddedToken& token : model_.added) {
    if (!token.special) continue;
    std::int32_t* const own[] = {&ids.pad, &ids.unk, &ids.bos, &ids.eos};
    for (std::size_t i = 0; i < std::size(own); ++i)
      if (token.text == kSpecialPieces[i]) *own[i] = token.id;
  }
  for (const AddedToken& token : model_.added)
    if (token.special && token.text == kEndOfText && ids.bos < 0 && ids.eos < 0) ids.bos = ids.eos = token.id;
}

ByteBpeModel ByteBpeBuilder::finish(bool prefix_space) {
  for (std::size_t id = 0; id < model_.pieces.size(); ++id) {
    const std::string& piece = model_.pieces[id];
    if (piece.empty())
      throw ModelError("[", where_, "] expected ids without holes from 0 to ", model_.pieces.size() - 1, ", got none ",
                       id);
    if (!added_.contains(static_cast<std::int32_t>(id)) && !from_byte_alphabet(piece))
      throw ModelError("[", where_, "] expected pieces in GPT-2's byte alphabet, got ", quoted(piece),
                       "; is this a byte-level BPE?");
  }
  require_bytes();
  name_special_ids();
  model_.prefix_space = prefix_space;
  return std::move(model_);
}

}  // namespace attend
