// Keys of a type that is not chosen.
#include <algorithm>

#include "attend/config/field_visitor.h"
#include "attend/core/text.h"
#include "rule_book.h"

namespace attend {
namespace {

using Values = std::map<std::string, Value, std::less<>>;

Values values_of(const std::vector<FieldRow>& rows) {
  Values values;
  for (const auto& row : rows) values[row.path] = row.value;
  return values;
}

const Value& default_of(std::string_view path) {
  static const Values defaults = values_of(list_all_fields());
  return defaults.at(unnumbered_path(path));
}

Values typed_values(Config config) {
  resolve_types(config);
  return values_of(list_fields(config));
}

// Groups that stand empty where nobody names them.
bool may_be_absent(GroupKind kind) {
  return kind == GroupKind::optional || kind == GroupKind::pattern || kind == GroupKind::list;
}

class Settler : public RuleBook, public FieldVisitor {
 public:
  Settler(const Config& config, Origins& origins, ForeignKeys in_file, Problems& problems)
      : RuleBook(config, origins, problems), named_(origins), in_file_(in_file), values_(typed_values(config)) {}

  // A key of a type that is not chosen. Stored models of older builds name all of them, with their defaults.
  void settle(const ForeignKey& key) {
    const bool is_default = std::ranges::find(key.defaults, key.value) != key.defaults.end();
    const Owner* owner = missing(key.owners);
    if (owner && !is_default && !is_superseded(key.path, *owner)) refuse(key.path, *owner);
    else named_.erase(key.path);
  }

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    const std::string path = FieldVisitor::path_of(field.name);
    const Owner* owner = missing(field.owners);
    if (!owner || value == default_of(path)) return std::nullopt;
    if (!is_superseded(path, *owner)) {
      refuse(path, *owner);
      return std::nullopt;
    }
    named_.erase(path);
    return default_of(path);
  }

  std::size_t count(const Group& group, std::size_t current) override {
    const std::string path = FieldVisitor::path_of(group.name);
    const Owner* owner = missing(group.owners);
    if (owner && current > 0 && may_be_absent(group.kind) && !is_superseded(path, *owner)) refuse(path, *owner);
    return current;
  }

 private:
  const Owner* missing(const Owners& owners) const {
    const auto is_missing = [&](const Owner& owner) {
      const Value& value = values_.at(owner.path);
      if (owner.choices.empty()) return value != default_of(owner.path);
      return std::ranges::find(owner.choices, std::get<std::string>(value)) == owner.choices.end();
    };
    const auto found = std::ranges::find_if(owners.all, is_missing);
    return found == owners.all.end() ? nullptr : &*found;
  }

  // Sources are counted in their order: files, then --set, which has no lines.
  bool is_superseded(const std::string& path, const Owner& owner) const {
    const TextMark mark = mark_of(path);
    const bool is_set = mark.known() && mark.line == 0;
    return mark_of(owner.path).source > mark.source || (in_file_ == ForeignKeys::dropped && !is_set);
  }

  void refuse(const std::string& path, const Owner& owner) {
    const std::string is = other(owner.path, format_value(values_.at(owner.path)));
    if (owner.choices.empty())
      return complain({path, owner.path}, concat("means nothing where ", is, "; leave one of them out"));
    const std::string types = join({owner.choices.begin(), owner.choices.end()}, " or ");
    complain({path, owner.path}, concat("belongs to ", types, ", but ", is, "; leave it out, or choose ", types));
  }

  Origins& named_;
  ForeignKeys in_file_;
  Values values_;  // with types resolved
};

}  // namespace

void settle_foreign_keys(Config& config, Origins& origins, const std::vector<ForeignKey>& of_types,
                         ForeignKeys in_file, Problems& problems) {
  const Config as_read = config;
  Settler settler(as_read, origins, in_file, problems);
  visit_config(config, settler);
  for (const auto& key : of_types) settler.settle(key);
}

}  // namespace attend
