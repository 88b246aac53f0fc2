#include "attend/config/print.h"

#include <algorithm>

#include "attend/config/field_visitor.h"
#include "attend/core/error.h"

namespace attend {

namespace {

// Two spaces a level; the first key of a list's item stands behind its dash.
class Printer : public FieldVisitor {
 public:
  explicit Printer(const Origins* origins) : origins_(origins) {}
  std::string text;

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    std::string line = concat(start(), field.name, ": ", format_value(value));
    const auto origin = origins_ ? origins_->find(path_of(field.name)) : Origins::const_iterator{};
    if (origins_ && origin != origins_->end()) {
      line.resize(std::max<std::size_t>(line.size() + 2, kCommentColumn), ' ');
      line += "# " + origin->second.text;
    }
    text += line + "\n";
    return std::nullopt;
  }

  void enter(const Group& group, std::size_t index, std::size_t count) override {
    if (index == 0) text += concat(start(), group.name, ":\n");
    const std::size_t outer = depths_.back();
    if (count < 2) {
      depths_.push_back(outer + 1);
      return;
    }
    depths_.push_back(outer + 2);
    if (group.kind == GroupKind::tokenizers)
      text += concat(std::string(2 * outer + 2, ' '), index == 0 ? "source" : "target", ":\n");
    else
      dash_ = true;
  }
  void leave(const Group&) override { depths_.pop_back(); }

 private:
  static constexpr std::size_t kCommentColumn = 40;

  std::string start() {
    std::string indent(2 * depths_.back(), ' ');
    if (dash_) indent[indent.size() - 2] = '-';
    dash_ = false;
    return indent;
  }

  const Origins* origins_;
  std::vector<std::size_t> depths_{0};
  bool dash_ = false;
};

std::string print(Config config, const Origins* origins) {
  Printer printer(origins);
  visit_config(config, printer);
  return std::move(printer.text);
}

}  // namespace

std::string print_config(const Config& config) { return print(config, nullptr); }
std::string print_config(const LoadedConfig& loaded) { return print(loaded.config, &loaded.origins); }

std::vector<ConfigChange> compare_configs(const Config& before, const Config& after) {
  const auto old_rows = list_fields(before), new_rows = list_fields(after);
  const auto text_in = [](const std::vector<FieldRow>& rows, const std::string& path) -> std::string {
    for (const auto& row : rows)
      if (row.path == path) return format_value(row.value);
    return "absent";
  };
  std::vector<ConfigChange> changes;
  for (const auto& row : old_rows) {
    const std::string is = format_value(row.value), becomes = text_in(new_rows, row.path);
    if (is != becomes) changes.push_back({row.path, is, becomes, row.field.resume});
  }
  for (const auto& row : new_rows)
    if (text_in(old_rows, row.path) == "absent")
      changes.push_back({row.path, "absent", format_value(row.value), row.field.resume});
  return changes;
}

}  // namespace attend
