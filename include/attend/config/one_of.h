// A choice whose options belong to the chosen type. Each type is a struct with its row (`kRow`: value, name, sentence),
// its options and their visit(); a config holds one of them. The YAML stays flat: the keys of the chosen type stand
// beside the key that chooses it.
//
//   struct AttentionConfig : OneOf<AttentionType, FullOptions, SlidingWindowOptions, LinearOptions> { ... };
//   config.choose(AttentionType::sliding_window);             // with its defaults
//   config.as<SlidingWindowOptions>().window = 64;
#pragma once

#include <array>
#include <span>
#include <utility>
#include <variant>

#include "attend/core/enum_table.h"

namespace attend {

template <class E, std::size_t N>
constexpr bool stand_in_order(const std::array<EnumEntry<E>, N>& rows) {
  for (std::size_t i = 0; i < N; ++i)
    if (static_cast<std::size_t>(rows[i].value) != i) return false;
  return true;
}

template <class E, class... Options>
struct OneOf {
  // One row per type, in the order of the enum.
  static constexpr std::array<EnumEntry<E>, sizeof...(Options)> kRows{Options::kRow...};

  std::variant<Options...> options;

  E type() const { return static_cast<E>(options.index()); }
  // Takes another type with its defaults. The options stay as they are where this type is chosen already.
  void choose(E wanted) {
    if (wanted != type()) emplace(wanted, std::index_sequence_for<Options...>{});
  }
  // The options of the type that is chosen; std::bad_variant_access for those of another.
  template <class T>
  T& as() {
    return std::get<T>(options);
  }
  template <class T>
  const T& as() const {
    return std::get<T>(options);
  }
  // Null where another type is chosen.
  template <class T>
  const T* find() const {
    return std::get_if<T>(&options);
  }
  template <class T>
  T* find() {
    return std::get_if<T>(&options);
  }

 private:
  template <std::size_t... I>
  void emplace(E wanted, std::index_sequence<I...>) {
    (void)((static_cast<std::size_t>(wanted) == I ? (options.template emplace<I>(), true) : false) || ...);
  }
  static_assert(stand_in_order(kRows), "the structs stand in the order of the enum");
};

}  // namespace attend
