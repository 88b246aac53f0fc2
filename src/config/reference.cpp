#include "attend/config/reference.h"

#include <algorithm>

#include "attend/config/field_visitor.h"
#include "attend/config/values.h"
#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

constexpr std::string_view kHead =
    "# Configuration\n\n"
    "Written by `attend config reference`; do not edit. Every key that a YAML may hold, with its default. "
    "`auto` is filled\n"
    "in from other keys when the config is read; `attend config print` shows the result and where each value "
    "comes from.\n"
    "Integers may be written `1e5`. Unknown keys, wrong types, values out of range and keys that do not go "
    "together are\n"
    "all reported at once, with file, line and column.\n\n"
    "The last column says what a changed value means when a run is resumed: *free* takes it silently, "
    "*warned* takes it\n"
    "and says so, *new data* asks for `--continue-with-new-data`, *refused* stops, because the trained weights would "
    "no longer "
    "fit.\n"
    "Where a file is does not matter; of texts that are trained on, what they hold does.\n";

std::string_view name_of_resume(Resume resume) {
  switch (resume) {
    case Resume::free: return "free";
    case Resume::warned:
    case Resume::incomparable: return "warned";
    case Resume::new_data: return "new data";
    case Resume::refused: return "refused";
  }
  return "?";
}

std::string type_text(const Field& field) {
  std::vector<std::string> names;
  for (const auto& choice : field.choices) names.push_back(concat("`", choice.name, "`"));
  const auto with_range = [&](std::string_view type) {
    const std::string range = range_text(field.range);
    return range.empty() ? std::string(type) : concat(type, " ", range);
  };
  switch (field.kind) {
    case FieldKind::boolean: return "`true`, `false`";
    case FieldKind::integer: return with_range("integer");
    case FieldKind::number: return with_range("number");
    case FieldKind::text: return "text";
    case FieldKind::choice: return join(names, ", ");
    case FieldKind::texts: return "list of texts";
    case FieldKind::numbers: return with_range("list of numbers, each");
    case FieldKind::choices: return "list of " + join(names, ", ");
    case FieldKind::text_map: return "map of texts";
    case FieldKind::period: return "updates (500), epochs (2e) or target tokens (10Mt)";
  }
  return "?";
}

std::string default_text(const Field& field, const Value& value) {
  if (field.kind == FieldKind::text && format_value(value) == "\"\"") return "";
  if (std::holds_alternative<std::monostate>(value)) return concat("`auto`: ", field.derived);
  return concat("`", format_value(value), "`");
}

// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

// A section is told in one piece: its own keys as a table, then the values its choices may take, then a table for each
// type that has keys of its own. Sections inside it follow under headings of their own, so that every key stands below
// its path.
class ReferenceWriter : public FieldVisitor {
 public:
  ReferenceWriter() { sections_.push_back({{{}, {}}, "Top level", "", {}}); }

  std::string finish() const {
    std::string text(kHead);
    for (const auto& section : sections_) {
      if (section.rows.empty()) continue;
      text += concat("\n## ", section.title, "\n\n", section.doc.empty() ? "" : section.doc + ".\n\n");
      text += table_of(section);
      for (const auto& type : section.types)
        if (!type.rows.empty()) text += concat("\nOf `", type.name, "`:\n\n", table_of(type));
    }
    return text;
  }

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    Table& section = open_table();
    section.rows +=
        concat("| `", field.name, "` | ", cell(default_text(field, value)), " | ", cell(type_text(field)),
               " | ", cell(doc_with(field.owners, field.doc)), " | ", name_of_resume(field.resume), " |\n");
    if (!field.choices.empty()) section.choices += concat("\n`", field.name, "`:\n");
    for (const auto& choice : field.choices)
      section.choices += concat("- `", choice.name, "`: ", choice.doc, "\n");
    return std::nullopt;
  }

  std::size_t count(const Group&, std::size_t current) override { return std::max<std::size_t>(current, 1); }
  void enter(const Group& group, std::size_t, std::size_t) override {
    std::string path = path_of("");
    path.pop_back();
    const auto& [around, type] = open_.back();
    const std::string of = type ? concat("of ", sections_[around].types.back().name, ": ") : "";
    std::string doc = concat(of, doc_with(group.owners, group.doc));
    if (!doc.empty() && doc[0] >= 'a' && doc[0] <= 'z') doc[0] = static_cast<char>(doc[0] - 'a' + 'A');
    open_.push_back({sections_.size(), false});
    sections_.push_back({{{}, {}}, "`" + path + "`", doc, {}});
  }
  void leave(const Group&) override { open_.pop_back(); }

  bool alternative(const Choice& choice, bool) override {
    open_.back().in_type = true;
    sections_[open_.back().section].types.push_back({{{}, {}}, choice.name});
    return true;
  }
  void leave_alternative(const Choice&) override { open_.back().in_type = false; }

 private:
  struct Table {
    std::string rows, choices;
  };
  struct TypeTable : Table {
    std::string_view name;
  };
  struct Section : Table {
    std::string title, doc;
    std::vector<TypeTable> types;
  };
  struct Open {
    std::size_t section;
    bool in_type;  // in the keys of its last type
  };

  Table& open_table() {
    Section& section = sections_[open_.back().section];
    if (open_.back().in_type) return section.types.back();
    return section;
  }
  static std::string table_of(const Table& table) {
    return "| key | default | values | meaning | on resume |\n|---|---|---|---|---|\n" + table.rows + table.choices;
  }

  std::vector<Section> sections_;
  std::vector<Open> open_{{0, false}};
};

}  // namespace

std::string config_reference() {
  Config defaults;
  ReferenceWriter writer;
  visit_config(defaults, writer);
  return writer.finish();
}

}  // namespace attend
