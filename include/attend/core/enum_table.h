// Every enum has one constexpr table: per value its name in YAML and one line of documentation. Parsing, printing,
// lists in error messages, the reference and the tests that run over every variant all read this table.
//
//   enum class Norm { layer_norm, rms_norm };
//   inline constexpr EnumEntry<Norm> kNormTable[] = {{Norm::layer_norm, "layer_norm", "..."}, ...};
//   ATTEND_ENUM_TABLE(Norm, kNormTable)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

template <class E>
struct EnumEntry {
  E value;
  std::string_view name;
  std::string_view doc;
};

// Declares `constexpr std::span<const EnumEntry<E>> enum_table(E)`, which returns a table.
#define ATTEND_ENUM_TABLE(E, table) \
  constexpr std::span<const ::attend::EnumEntry<E>> enum_table(E) { return table; }

// The table is found by argument-dependent look-up of enum_table(E).
template <class E>
constexpr std::span<const EnumEntry<E>> table_of() {
  return enum_table(E{});
}

template <class E>
constexpr std::string_view name_of(E value) {
  for (const auto& entry : table_of<E>())
    if (entry.value == value) return entry.name;
  return "?";
}

template <class E>
std::optional<E> value_of(std::string_view name) {
  for (const auto& entry : table_of<E>())
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

template <class E>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const auto& entry : table_of<E>()) names.emplace_back(entry.name);
  return names;
}

template <class E>
std::vector<E> values_of() {
  std::vector<E> values;
  for (const auto& entry : table_of<E>()) values.push_back(entry.value);
  return values;
}

}  // namespace attend
