// Options of the position schemes that act on scores.
#pragma once

#include "attend/config/field.h"
#include "attend/config/position/type.h"

namespace attend {

struct ShawOptions {
  static constexpr EnumEntry<PositionType> kRow{
      PositionType::relative_shaw, "relative_shaw",
      "a trained vector for each distance meets the query, and joins the values (Shaw et al. 2018)"};
  static constexpr PositionKind kKind = PositionKind::relative_scores;
  std::int64_t max_distance = 128;
  bool values = true;
  template <class V>
  void visit(V& v) {
    v.field("max_distance", max_distance, "larger distances count as this one", Range{1, 1'000'000}, Resume::refused);
    v.field("values", values, "distances also add vectors to the values", {}, Resume::refused);
  }
};

struct T5Options {
  static constexpr EnumEntry<PositionType> kRow{
      PositionType::relative_t5, "relative_t5",
      "a trained bias for each bucket of distances and head, one table a stack (T5)"};
  static constexpr PositionKind kKind = PositionKind::distance_bias;
  std::int64_t max_distance = 128;
  std::int64_t buckets = 32;
  template <class V>
  void visit(V& v) {
    v.field("max_distance", max_distance, "distances share a bucket from this one on", Range{1, 1'000'000},
            Resume::refused);
    v.field("buckets", buckets, "of distances, both sides together", Range{4, 1'000'000}, Resume::refused);
  }
};

struct XlOptions {
  static constexpr EnumEntry<PositionType> kRow{
      PositionType::relative_xl, "relative_xl",
      "queries meet projected sinusoids of the distance, with trained biases u and v (Transformer-XL)"};
  static constexpr PositionKind kKind = PositionKind::relative_scores;
  std::int64_t clamp = 0;
  template <class V>
  void visit(V& v) {
    v.field("clamp", clamp, "larger distances count as this one; 0: never", Range{0, 1'000'000}, Resume::refused);
  }
};

struct AlibiOptions {
  static constexpr EnumEntry<PositionType> kRow{
      PositionType::alibi, "alibi", "a penalty that grows with the distance, of another slope in each head"};
  static constexpr PositionKind kKind = PositionKind::distance_bias;
  template <class V>
  void visit(V&) {}
};

}  // namespace attend
