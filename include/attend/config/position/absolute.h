// Options of the position schemes that act on the embeddings, and of those that have no options.
#pragma once

#include "attend/config/field.h"
#include "attend/config/position/type.h"

namespace attend {

enum class SinusoidLayout { halves, interleaved };
inline constexpr EnumEntry<SinusoidLayout> kSinusoidLayouts[] = {
    {SinusoidLayout::halves, "halves", "all sines, then all cosines (Marian, Hugging Face)"},
    {SinusoidLayout::interleaved, "interleaved", "sine, cosine, sine, ... (the paper)"}};
ATTEND_ENUM_TABLE(SinusoidLayout, kSinusoidLayouts)

struct SinusoidalOptions {
  static constexpr EnumEntry<PositionType> kRow{PositionType::sinusoidal, "sinusoidal",
                                                "fixed sines and cosines added to the embeddings"};
  static constexpr PositionKind kKind = PositionKind::input;
  SinusoidLayout layout = SinusoidLayout::halves;
  template <class V>
  void visit(V& v) {
    v.field("layout", layout, "where sines and cosines stand", {}, Resume::refused);
  }
};

struct LearnedOptions {
  static constexpr EnumEntry<PositionType> kRow{PositionType::learned, "learned",
                                                "a trained table added to the embeddings"};
  static constexpr PositionKind kKind = PositionKind::input;
  std::int64_t max_length = 1024;
  template <class V>
  void visit(V& v) {
    v.field("max_length", max_length, "rows of the table", Range{1, 10'000'000}, Resume::refused);
  }
};

struct NoPositionOptions {
  static constexpr EnumEntry<PositionType> kRow{PositionType::none, "none", "no positions"};
  static constexpr PositionKind kKind = PositionKind::none;
  template <class V>
  void visit(V&) {}
};

}  // namespace attend
