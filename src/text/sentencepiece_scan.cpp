#include "sentencepiece_scan.h"

#include <algorithm>
#include <cmath>

#include "attend/core/text.h"
#include "normalizer_trie.h"
#include "protobuf.h"

// The message types and field numbers are those of sentencepiece_model.proto.
namespace attend {
namespace {

using namespace protobuf;

constexpr double kMaxScore = 1e9;  // sums over a line stay finite in float
constexpr std::uint64_t kMaxModelType = 4;
constexpr std::size_t kMaxRuleName = 40;
constexpr std::size_t kTrieBlock = 256;  // units; a step never leaves the block it lands in

bool is_byte_piece(std::string_view text) {  // <0x00> ... <0xFF>
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return text.size() == 6 && text.starts_with("<0x") && text[5] == '>' &&
         kDigits.find(text[3]) != kDigits.npos && kDigits.find(text[4]) != kDigits.npos;
}

void scan_piece_text(std::string_view text, std::string_view where) {
  if (text.empty()) refuse(where, "an empty piece");
  if (text.size() > kMaxPieceBytes) refuse(where, concat("a piece of ", text.size(), " bytes"));
  if (text.find('\0') != text.npos) refuse(where, "a piece with a NUL byte");
  if (!is_valid_utf8(text)) refuse(where, "a piece that is not UTF-8");
}

SubwordPiece read_piece(std::string_view bytes, std::string_view where) {
  Message message(bytes, where);
  Field field;
  SubwordPiece piece;
  while (message.next(field)) {
    if (field.number == 1) {
      expect_wire(field, 2, where);
      piece.text = field.payload;
    } else if (field.number == 2) {
      expect_wire(field, 5, where);
      piece.score = little_endian<float>(field.payload);
      if (!(std::abs(piece.score) <= kMaxScore)) refuse(where, "a score that is not a sane number");
    } else if (field.number == 3) {
      expect_wire(field, 0, where);
      if (field.value < 1 || field.value > 6) refuse(where, concat("piece type ", field.value));
      piece.kind = PieceKind{field.value};
    }
  }
  scan_piece_text(piece.text, where);
  if (piece.kind == PieceKind::byte && !is_byte_piece(piece.text)) refuse(where, "a byte piece of the wrong form");
  return piece;
}

// Every child of every unit lies inside the trie and every value is the start of a short text inside `normalized`.
void scan_trie(std::string_view trie, std::string_view normalized, std::string_view where) {
  const std::size_t units = trie.size() / sizeof(TrieUnit);
  for (std::size_t i = 0; i < units; ++i) {
    const TrieUnit unit = trie_unit(trie, i);
    if (unit.is_value()) continue;
    const std::size_t children = i ^ unit.offset();
    if ((children | (kTrieBlock - 1)) >= units) refuse(where, "a normaliser that points outside itself");
    if (!unit.has_value()) continue;
    const std::uint32_t start = trie_unit(trie, children).value();
    if (start >= normalized.size() || (static_cast<unsigned char>(normalized[start]) & 0xC0) == 0x80)
      refuse(where, "a normaliser that points outside its texts");
    if (normalized.substr(start, kMaxReplacementBytes + 1).find('\0') == normalized.npos)
      refuse(where, concat("a normaliser that makes more than ", kMaxReplacementBytes, " bytes of a character"));
  }
}

void scan_charsmap(std::string_view bytes, std::string_view where) {
  if (bytes.empty()) return;
  if (bytes.size() > kMaxCharsmapBytes) refuse(where, concat("a normaliser of ", bytes.size(), " bytes"));
  if (bytes.size() <= sizeof(std::uint32_t)) refuse(where, "a normaliser without a trie");
  const auto trie_bytes = little_endian<std::uint32_t>(bytes);
  if (trie_bytes == 0 || trie_bytes % (kTrieBlock * sizeof(TrieUnit)) != 0 ||
      trie_bytes >= bytes.size() - sizeof trie_bytes)
    refuse(where, "a normaliser whose trie has an impossible size");
  const auto [trie, normalized] = split_charsmap(bytes);
  if (normalized.back() != '\0' || !is_valid_utf8(normalized))
    refuse(where, "a normaliser with broken texts");
  scan_trie(trie, normalized, where);
}

void scan_normalizer(std::string_view bytes, std::string_view where) {
  Message message(bytes, where);
  for (Field field; message.next(field);)
    if (field.number == 2) {
      expect_wire(field, 2, where);
      scan_charsmap(field.payload, where);
    }
}

void scan_trainer(std::string_view bytes, std::string_view where) {
  Message message(bytes, where);
  for (Field field; message.next(field);)
    if (field.number == 3) {
      expect_wire(field, 0, where);
      if (field.value < 1 || field.value > kMaxModelType) refuse(where, concat("model type ", field.value));
    }
}

// A name that may be printed; other programs have other rules.
std::string shown_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= kMaxRuleName && std::ranges::all_of(name, is_plain) ? std::string(name)
                                                                                             : "unnamed";
}

}  // namespace

void scan_sentencepiece_model(std::string_view bytes, std::string_view where) {
  if (bytes.size() > kMaxTokenizerBytes) refuse(where, concat("a file of ", bytes.size(), " bytes"));
  std::uint64_t pieces = 0, unknown = 0;
  Message model(bytes, where);
  for (Field field; model.next(field);) {
    if (field.number > 5) continue;  // extensions: nothing reads them
    expect_wire(field, 2, where);
    switch (field.number) {
      case 1:
        if (++pieces > kMaxPieces) refuse(where, "more than 1,000,000 pieces");
        unknown += read_piece(field.payload, where).kind == PieceKind::unknown;
        break;
      case 2: scan_trainer(field.payload, where); break;
      case 3:
      case 5: scan_normalizer(field.payload, where); break;
      default: break;  // 4: self-test samples
    }
  }
  if (pieces == 0) refuse(where, "no pieces");
  if (unknown != 1) refuse(where, concat(unknown, " unknown pieces instead of one"));
}

void append_user_piece(std::string& model, std::string_view text) {
  const float score = 0;
  std::string piece = "\x0A";  // field 1, bytes: the text
  append_varint(piece, text.size());
  piece.append(text).append("\x15").append(reinterpret_cast<const char*>(&score), sizeof score);  // field 2, four bytes
  piece.append("\x18").push_back(static_cast<char>(PieceKind::user_defined));                      // field 3, varint
  model.push_back('\x0A');  // field 1 of the model, bytes: a piece
  append_varint(model, piece.size());
  model.append(piece);
}

SubwordModel read_subword_model(std::string_view scanned, std::string_view where) {
  SubwordModel subwords;
  Message model(scanned, where);
  for (Field field; model.next(field);) {
    if (field.number == 1) subwords.pieces.push_back(read_piece(field.payload, where));
    Message options(field.payload, where);
    if (field.number == 3)
      for (Field option; options.next(option);)
        if (option.number == 1) subwords.normalization = shown_name(option.payload);
        else if (option.number == 2) subwords.charsmap = option.payload;
    if (field.number != 2) continue;
    Message trainer(field.payload, where);
    for (Field option; trainer.next(option);) {
      if (option.number == 3) subwords.type = option.value;
      if (option.number == 35) subwords.byte_fallback = option.value != 0;
    }
  }
  return subwords;
}

}  // namespace attend
