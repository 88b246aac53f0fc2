#include "attend/config/field_visitor.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

std::string label_of(const Group& group, std::size_t index, std::size_t count) {
  const std::string name(group.name);
  if (count < 2) return name;
  if (group.kind == GroupKind::tokenizers) return name + (index == 0 ? ".source" : ".target");
  return concat(name, "[", index, "]");
}

class Lister : public FieldVisitor {
 public:
  explicit Lister(bool everything) : everything_(everything) {}
  std::vector<FieldRow> rows;

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    std::string path = path_of(field.name);
    const auto known = everything_ ? std::ranges::find(rows, path, &FieldRow::path) : rows.end();
    if (known == rows.end()) rows.push_back({std::move(path), field, value});
    else join_owners(known->field.owners.all, field.owners.all);
    return std::nullopt;
  }
  bool alternative(const Choice&, bool chosen) override { return everything_ || chosen; }
  std::size_t count(const Group&, std::size_t current) override {
    return everything_ ? std::max<std::size_t>(current, 1) : current;
  }

 private:
  bool everything_;
};

}  // namespace

void join_owners(std::vector<Owner>& owners, const std::vector<Owner>& others) {
  for (std::size_t i = 0; i < owners.size() && i < others.size(); ++i)
    for (const auto choice : others[i].choices)
      if (std::ranges::find(owners[i].choices, choice) == owners[i].choices.end()) owners[i].choices.push_back(choice);
}

Owners FieldVisitor::take_owners() {
  Owners owners{around_, around_.size()};
  owners.all.insert(owners.all.end(), coming_.begin(), coming_.end());
  coming_.clear();
  return owners;
}

std::string FieldVisitor::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : concat(path_, ".", name);
}

void FieldVisitor::items(Group group, std::size_t current,
                         const std::function<void(std::size_t)>& resize,
                         const std::function<void(std::size_t)>& visit) {
  group.owners = take_owners();
  const std::size_t outer_owners = around_.size();
  const std::size_t wanted = count(group, current);
  if (wanted != current && wanted > 0) resize(wanted);
  const std::string outer = path_;
  around_ = group.owners.all;
  for (std::size_t i = 0; i < wanted; ++i) {
    path_ = outer.empty() ? label_of(group, i, wanted) : concat(outer, ".", label_of(group, i, wanted));
    enter(group, i, wanted);
    visit(i);
    leave(group);
  }
  path_ = outer;
  around_.resize(outer_owners);
}

void FieldVisitor::tokenizers(std::string_view name, TokenizersConfig& member, std::string_view doc) {
  const auto side = [&](std::size_t i) { (i == 0 ? member.source : member.target).visit(*this); };
  items(
      {name, doc, GroupKind::tokenizers}, member.two ? 2 : 1, [&](std::size_t n) { member.two = n == 2; },
      side);
  if (!member.two) member.target = member.source;
}

void visit_config(Config& config, FieldVisitor& visitor) { config.visit(visitor); }

std::vector<FieldRow> list_fields(const Config& config) {
  Config copy = config;
  Lister lister(false);
  visit_config(copy, lister);
  return std::move(lister.rows);
}

std::vector<FieldRow> list_all_fields() {
  Config defaults;
  Lister lister(true);
  visit_config(defaults, lister);
  return std::move(lister.rows);
}

std::string unnumbered_path(std::string_view path) {
  std::string text(path);
  for (auto open = text.find('['); open != std::string::npos; open = text.find('['))
    text.erase(open, text.find(']', open) + 1 - open);
  for (const std::string_view side : {"data.tokenizer.source.", "data.tokenizer.target."})
    if (text.starts_with(side))
      text.erase(std::string_view("data.tokenizer").size(), std::string_view(".source").size());
  return text;
}

std::string doc_with(const Owners& owners, std::string_view doc) {
  std::vector<std::string> of, without;
  for (auto owner = owners.all.begin() + static_cast<std::ptrdiff_t>(owners.outer); owner != owners.all.end(); ++owner)
    if (owner->choices.empty()) without.push_back(owner->path.substr(owner->path.rfind('.') + 1));
    else of.push_back(join({owner->choices.begin(), owner->choices.end()}, " or "));
  if (of.empty() && without.empty()) return std::string(doc);
  const std::string chosen = of.empty() ? "" : concat("of ", join(of, ", "));
  const std::string alone = without.empty() ? "" : concat("without ", join(without, " or "));
  return concat(chosen, of.empty() || without.empty() ? "" : ", ", alone, ": ", doc);
}

namespace {

bool is_plain_text(std::string_view text) {
  static constexpr std::string_view kReserved[] = {"auto", "null", "true", "false", "yes", "no", "on", "off"};
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '/' || c == '-' || c == '+';
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_word)) return false;
  const char first = text.front();
  const bool starts_well =
      (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/' || first == '_';
  return starts_well && std::find(std::begin(kReserved), std::end(kReserved), text) == std::end(kReserved);
}

template <class Items, class Format>
std::string format_list(const Items& items, Format format) {
  std::vector<std::string> parts;
  for (const auto& item : items) parts.push_back(format(item));
  return join(parts, ", ");
}

struct Formatter {
  std::string operator()(std::monostate) const { return "auto"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return format_double(value); }
  std::string operator()(const Period& value) const { return format_period(value); }
  std::string operator()(const std::string& value) const {
    return value == "auto" ? value : quote_text(value);
  }
  std::string operator()(const std::vector<std::string>& value) const {
    return "[" + format_list(value, quote_text) + "]";
  }
  std::string operator()(const std::vector<double>& value) const {
    return "[" + format_list(value, format_double) + "]";
  }
  std::string operator()(const std::map<std::string, std::string>& value) const {
    return "{" +
           format_list(value,
                       [](const auto& p) { return quote_text(p.first) + ": " + quote_text(p.second); }) +
           "}";
  }
};

}  // namespace

std::string quote_text(std::string_view text) {
  if (is_plain_text(text)) return std::string(text);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    else
      out += c;
  }
  return out + "\"";
}

std::string format_value(const Value& value) { return std::visit(Formatter{}, value); }

}  // namespace attend
