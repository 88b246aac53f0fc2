// The layer between the structs of config.h and the code that reads, prints, compares or documents them. Each field is
// reduced at once to a Field (what it is) and a Value (what it holds). So visit() is compiled only once, for
// FieldVisitor, and each purpose is an ordinary class with a few virtual functions.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include "attend/config/config.h"

namespace attend {

enum class FieldKind { boolean, integer, number, text, choice, texts, numbers, choices, text_map, period };

// The value of a field. std::monostate stands for `auto`, and a choice is held by its name.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>,
                           std::vector<double>, std::map<std::string, std::string>, Period>;

struct Choice {
  std::string_view name, doc;
};

// A condition for reading a key: the key at `path` has one of these values, or, if `choices` is empty, holds its
// default.
struct Owner {
  std::string path;
  std::vector<std::string_view> choices;
};
// All conditions of a key: first the `outer` conditions of the groups around it, then its own.
struct Owners {
  std::vector<Owner> all;
  std::size_t outer = 0;
};

// Adds the choices of `others` to `owners`, one by one: a key that several types have is a key of each of them.
void join_owners(std::vector<Owner>& owners, const std::vector<Owner>& others);

struct Field {
  std::string_view name, doc;
  FieldKind kind;
  Range range;
  Resume resume;
  std::vector<Choice> choices;  // for the kinds choice and choices
  std::string_view derived;     // what `auto` becomes; empty: the key has no `auto` of its own
  Owners owners;
};

// How many maps a key holds: one, none or one, one or a list, a list that may be empty, or {source, target}.
enum class GroupKind { section, optional, pattern, list, tokenizers };
struct Group {
  std::string_view name, doc;
  GroupKind kind;
  Owners owners = {};
};
// Returns the doc with a key's own conditions before it: "of rope: which features turn together".
std::string doc_with(const Owners& owners, std::string_view doc);

namespace erase {

template <class T>
struct Kind;
template <>
struct Kind<bool> : std::integral_constant<FieldKind, FieldKind::boolean> {};
template <>
struct Kind<std::int64_t> : std::integral_constant<FieldKind, FieldKind::integer> {};
template <>
struct Kind<double> : std::integral_constant<FieldKind, FieldKind::number> {};
template <>
struct Kind<std::string> : std::integral_constant<FieldKind, FieldKind::text> {};
template <class T>
requires std::is_enum_v<T>
struct Kind<T> : std::integral_constant<FieldKind, FieldKind::choice> {
  using Enum = T;
};
template <>
struct Kind<Period> : std::integral_constant<FieldKind, FieldKind::period> {};
template <>
struct Kind<std::vector<std::string>> : std::integral_constant<FieldKind, FieldKind::texts> {};
template <>
struct Kind<std::vector<double>> : std::integral_constant<FieldKind, FieldKind::numbers> {};
template <class T>
requires std::is_enum_v<T>
struct Kind<std::vector<T>> : std::integral_constant<FieldKind, FieldKind::choices> {
  using Enum = T;
};
template <>
struct Kind<std::map<std::string, std::string>> : std::integral_constant<FieldKind, FieldKind::text_map> {};

template <class T>
Value to_value(const T& member) {
  if constexpr (Kind<T>::value == FieldKind::choice) {
    return std::string(name_of(member));
  } else if constexpr (Kind<T>::value == FieldKind::choices) {
    std::vector<std::string> names;
    for (const auto item : member) names.emplace_back(name_of(item));
    return names;
  } else {
    return member;
  }
}

template <class T>
T from_value(const Value& value) {
  if constexpr (Kind<T>::value == FieldKind::choice) {
    return value_of<T>(std::get<std::string>(value)).value();
  } else if constexpr (Kind<T>::value == FieldKind::choices) {
    T items;
    for (const auto& name : std::get<std::vector<std::string>>(value))
      items.push_back(value_of<typename Kind<T>::Enum>(name).value());
    return items;
  } else {
    return std::get<T>(value);
  }
}

template <class T>
Field describe(std::string_view name, std::string_view doc, Range range, Resume resume) {
  Field field{name, doc, Kind<T>::value, range, resume, {}, {}, {}};
  if constexpr (Kind<T>::value == FieldKind::choice || Kind<T>::value == FieldKind::choices)
    for (const auto& entry : table_of<typename Kind<T>::Enum>())
      field.choices.push_back({entry.name, entry.doc});
  return field;
}

}  // namespace erase

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  // These three functions set a condition for the next key or group. It is read only when `key`, in the same map, has
  // one of these values;
  template <class E>
  FieldVisitor& of(std::string_view key, std::initializer_list<E> choices) {
    Owner owner{path_of(key), {}};
    for (const E choice : choices) owner.choices.push_back(name_of(choice));
    coming_.push_back(std::move(owner));
    return *this;
  }
  // when the task is this one;
  FieldVisitor& of_task(TaskType task) {
    coming_.push_back({"task", {name_of(task)}});
    return *this;
  }
  // when `key`, in the same map, holds its default.
  FieldVisitor& without(std::string_view key) {
    coming_.push_back({path_of(key), {}});
    return *this;
  }

  template <class T>
  void field(std::string_view name, T& member, std::string_view doc, Range range, Resume resume) {
    Field described = erase::describe<T>(name, doc, range, resume);
    described.owners = take_owners();
    const auto changed = leaf(described, erase::to_value(member));
    if (changed) member = erase::from_value<T>(*changed);
  }
  template <class T>
  void automatic(std::string_view name, Auto<T>& member, std::string_view doc, Range range, Resume resume,
                 std::string_view derived) {
    Field described = erase::describe<T>(name, doc, range, resume);
    described.derived = derived;
    described.owners = take_owners();
    const auto changed = leaf(described, member ? erase::to_value(*member) : Value{});
    if (!changed) return;
    if (std::holds_alternative<std::monostate>(*changed))
      member.reset();
    else
      member = erase::from_value<T>(*changed);
  }
  // The key that chooses a type, then the keys of the chosen one, in the same map. What becomes of the keys of the
  // other types, alternative() says.
  template <class E, class... Options>
  void one_of(std::string_view name, OneOf<E, Options...>& member, std::string_view doc, Resume resume) {
    E type = member.type();
    field(name, type, doc, {}, resume);
    member.choose(type);
    alternatives(name, member);
  }
  // The same where the type may be `auto`. `member.automatic` says that it is, and its options are those of the type
  // that it stands for.
  template <class Member>
  void automatic_one_of(std::string_view name, Member& member, std::string_view doc, Resume resume,
                        std::string_view derived) {
    using Type = decltype(member.type());
    Auto<Type> type = member.automatic ? std::nullopt : Auto<Type>(member.type());
    automatic(name, type, doc, {}, resume, derived);
    member.automatic = !type;
    if (type) member.choose(*type);
    alternatives(name, member);
  }
  template <class S>
  void section(std::string_view name, S& member, std::string_view doc) {
    items(
        {name, doc, GroupKind::section}, 1, [](std::size_t) {}, [&](std::size_t) { member.visit(*this); });
  }
  template <class S>
  void optional_section(std::string_view name, std::optional<S>& member, std::string_view doc) {
    items(
        {name, doc, GroupKind::optional}, member ? 1 : 0, [&](std::size_t) { member.emplace(); },
        [&](std::size_t) { member->visit(*this); });
  }
  // `prepare` is called with each row before it is visited.
  template <class S, class Prepare = decltype([](S&) {})>
  void pattern(std::string_view name, std::vector<S>& member, std::string_view doc, const Prepare& prepare = {}) {
    maps({name, doc, GroupKind::pattern}, member, prepare);
  }
  template <class S>
  void list(std::string_view name, std::vector<S>& member, std::string_view doc) {
    maps({name, doc, GroupKind::list}, member, [](S&) {});
  }
  void tokenizers(std::string_view name, TokenizersConfig& member, std::string_view doc);

 protected:
  // Visits a field. A returned value becomes the value of the field.
  virtual std::optional<Value> leaf(const Field& field, const Value& value) = 0;
  // Returns how many maps the group is to hold; 0 leaves it as it is.
  virtual std::size_t count(const Group&, std::size_t current) { return current; }
  // Called for each type of a one_of(), the chosen one first. True: the keys of the type are visited, between this and
  // leave_alternative(); those of a type that is not chosen hold their defaults, and what becomes of them is lost.
  virtual bool alternative(const Choice&, bool chosen) { return chosen; }
  virtual void leave_alternative(const Choice&) {}
  // Called before and after each map of a group.
  virtual void enter(const Group&, std::size_t /*index*/, std::size_t /*count*/) {}
  virtual void leave(const Group&) {}

  // Returns the path of a key in the map that is being visited: "model.attention[1].type".
  std::string path_of(std::string_view name) const;

 private:
  template <class S, class Prepare>
  void maps(const Group& group, std::vector<S>& member, const Prepare& prepare) {
    items(
        group, member.size(), [&](std::size_t count) { member.assign(count, S{}); },
        [&](std::size_t i) {
          prepare(member[i]);
          member[i].visit(*this);
        });
  }
  template <class E, class... Options>
  void alternatives(std::string_view key, OneOf<E, Options...>& member) {
    std::visit([&](auto& chosen) { one_alternative(key, chosen, true); }, member.options);
    (visit_other<Options>(key, member), ...);
  }
  template <class Type, class Member>
  void visit_other(std::string_view key, const Member& member) {
    if (member.template find<Type>()) return;
    Type other;
    one_alternative(key, other, false);
  }
  template <class Type>
  void one_alternative(std::string_view key, Type& options, bool chosen) {
    const Choice choice{Type::kRow.name, Type::kRow.doc};
    if (!alternative(choice, chosen)) return;
    around_.push_back({path_of(key), {choice.name}});
    options.visit(*this);
    around_.pop_back();
    leave_alternative(choice);
  }
  void items(Group group, std::size_t current, const std::function<void(std::size_t)>& resize,
             const std::function<void(std::size_t)>& visit);
  Owners take_owners();

  std::string path_;
  std::vector<Owner> around_, coming_;  // conditions of the open groups, and of the next key
};

// Calls config.visit(visitor); compiled in one place.
void visit_config(Config& config, FieldVisitor& visitor);

// A field with its path and value. list_fields returns every field in the order of config.h.
struct FieldRow {
  std::string path;
  Field field;
  Value value;
};
std::vector<FieldRow> list_fields(const Config& config);
// Returns every possible field with its default, including the fields of optional sections that are absent.
std::vector<FieldRow> list_all_fields();
// Returns the path that list_all_fields gives a field: "model.attention[1].type" becomes "model.attention.type", and
// "data.tokenizer.source.type" becomes "data.tokenizer.type".
std::string unnumbered_path(std::string_view path);

// Formats a value as YAML: `auto`, 0.1, [0.9, 0.98], {a: "1"}.
std::string format_value(const Value& value);
// Returns a YAML scalar that reads back as this text: plain when that is safe, else in double quotes.
std::string quote_text(std::string_view text);

}  // namespace attend
