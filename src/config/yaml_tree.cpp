// yaml-cpp's events are turned into our own tree. Its own Node is avoided on purpose: it keeps the first of
// two equal keys in silence, follows `&a [*a]` into a cycle and drops a second document.
#include "attend/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].name == key) return &items[i];
  return nullptr;
}

namespace {

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, int source) : text_(text), source_(source) {}
  YamlNode root;
  TextMark document;

  void OnDocumentStart(const YAML::Mark& mark) override { document = at(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode null = node(YamlNode::Kind::nothing, mark, anchor, "");
    // written, not left out
    if (text_.substr(static_cast<std::size_t>(mark.pos)).starts_with("null")) null.text = "null";
    attach(std::move(null));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    attach(node(YamlNode::Kind::alias, mark, 0, ""));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode scalar = node(YamlNode::Kind::scalar, mark, anchor, tag);
    scalar.text = value;
    scalar.plain = tag != "!";
    if (!scalar.plain && !is_closed(mark))
      throw YAML::ParserException(mark, "a quotation mark that is not closed");
    attach(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(node(YamlNode::Kind::list, mark, anchor, tag), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(node(YamlNode::Kind::map, mark, anchor, tag), mark);
  }
  void OnMapEnd() override { close(); }

 private:
  // yaml-cpp counts from 0.
  TextMark at(const YAML::Mark& mark) const {
    return {source_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
  }

  YamlNode node(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
                const std::string& tag) const {
    YamlNode made;
    made.kind = kind;
    made.mark = at(mark);
    made.anchored = anchor != 0;
    if (tag != "?" && tag != "!") made.tag = tag;
    return made;
  }

  // yaml-cpp takes `"a` with a line end for a whole text, and so the rest of the file into it.
  bool is_closed(const YAML::Mark& mark) const {
    const std::size_t start =
        static_cast<std::size_t>(std::max(mark.pos, 0)) + (text_.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    if (start >= text_.size() || (text_[start] != '"' && text_[start] != '\''))
      return true;  // a block: | or >
    const char quote = text_[start];
    for (std::size_t i = start + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\')
        ++i;
      else if (quote == '\'' && text_.substr(i, 2) == "''")
        ++i;
      else if (text_[i] == quote)
        return true;
    }
    return false;
  }

  void open(YamlNode made, const YAML::Mark& mark) {
    if (open_.size() >= kMaxYamlDepth)
      throw YAML::ParserException(mark, concat("nested deeper than ", kMaxYamlDepth));
    open_.push_back(std::move(made));
  }

  void close() {
    YamlNode made = std::move(open_.back());
    open_.pop_back();
    attach(std::move(made));
  }

  void attach(YamlNode made) {
    if (open_.empty()) {
      root = std::move(made);
      return;
    }
    YamlNode& parent = open_.back();
    const bool key_is_due = parent.kind == YamlNode::Kind::map && parent.keys.size() == parent.items.size();
    if (key_is_due) {
      parent.keys.push_back(
          {made.text, made.mark, made.kind == YamlNode::Kind::scalar && made.tag.empty() && !made.anchored});
      return;
    }
    const bool has_place = made.kind == YamlNode::Kind::scalar || made.kind == YamlNode::Kind::alias;
    if (parent.kind == YamlNode::Kind::map && !has_place) made.mark = parent.keys.back().mark;
    parent.items.push_back(std::move(made));
  }

  std::string_view text_;
  int source_;
  std::vector<YamlNode> open_;
};

void check_node(const YamlNode& node, const std::string& path, Problems& problems) {
  if (node.kind == YamlNode::Kind::alias)
    problems.add(node.mark, path, "aliases (*name) are not taken; write the value out");
  if (node.anchored)
    problems.add(node.mark, path, "anchors (&name) are not taken; write the value out where it is needed");
  if (!node.tag.empty()) problems.add(node.mark, path, concat("tags (", node.tag, ") are not taken"));
  const auto below = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    if (!key.scalar)
      problems.add(key.mark, path, "a key is a plain word");
    else if (key.name == "<<")
      problems.add(key.mark, path, "merge keys (<<) are not taken; give several files instead");
    else if (!seen.insert(key.name).second)
      problems.add(key.mark, below(key.name),
                   concat("given twice (line ", node.find(key.name)->mark.line, ")"));
    check_node(node.items[i], below(key.name), problems);
  }
  if (node.kind != YamlNode::Kind::list) return;
  for (std::size_t i = 0; i < node.items.size(); ++i)
    check_node(node.items[i], concat(path, "[", i, "]"), problems);
}

// Bytes that no YAML may hold; yaml-cpp would let some of them pass.
bool check_bytes(std::string_view text, int source, Problems& problems) {
  const auto is_control = [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
  };
  const auto invalid = invalid_utf8_at(text);
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (!invalid && control == text.end()) return true;
  const auto offset =
      std::min<std::size_t>(invalid.value_or(text.size()), static_cast<std::size_t>(control - text.begin()));
  const auto before = text.substr(0, offset);
  const int line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const bool is_bad_utf8 = invalid && *invalid == offset;
  problems.add({source, line, static_cast<int>(offset - line_start) + 1}, "",
               is_bad_utf8 ? "invalid UTF-8; save the file as UTF-8" : "a control character");
  return false;
}

YamlNode parse_documents(std::string_view text, int source, Problems& problems) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  Builder first(text, source), second(text, source);
  if (!parser.HandleNextDocument(first)) {
    problems.add({source, 1, 1}, "", "empty: expected keys such as `data:` and `model:`");
    return {};
  }
  if (parser.HandleNextDocument(second))
    problems.add(second.document, "", "a second document; one file holds one");
  return std::move(first.root);
}

// Tabs are no indentation; what yaml-cpp says of them is seldom of them.
TextMark tab_in_front(std::string_view text, const TextMark& fault) {
  const auto lines = split(text, '\n');
  if (fault.line > static_cast<int>(lines.size())) return {};
  const std::string& line = lines[static_cast<std::size_t>(fault.line) - 1];
  const auto tab = line.find('\t');
  const bool in_front = tab != std::string::npos && tab < line.find_first_not_of(" \t\r");
  return in_front ? TextMark{fault.source, fault.line, static_cast<int>(tab) + 1} : TextMark{};
}

}  // namespace

YamlNode parse_yaml(std::string_view text, int source, Problems& problems) {
  if (text.size() > kMaxYamlBytes) {
    problems.add({source, 1, 1}, "", concat("larger than 1 MiB (", text.size(), " bytes)"));
    return {};
  }
  if (!check_bytes(text, source, problems)) return {};
  try {
    YamlNode root = parse_documents(text, source, problems);
    check_node(root, "", problems);
    return root;
  } catch (const YAML::Exception& error) {
    const TextMark mark{source, std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1};
    if (const auto tab = tab_in_front(text, mark); tab.known())
      problems.add(tab, "", "a tab in front of a line; write spaces");
    else problems.add(mark, "", concat("not YAML: ", error.msg));
    return {};
  }
}

void merge_yaml(YamlNode& base, YamlNode over) {
  if (over.whole || base.kind != YamlNode::Kind::map || over.kind != YamlNode::Kind::map) {
    base = std::move(over);
    return;
  }
  for (std::size_t i = 0; i < over.keys.size(); ++i) {
    const auto found = std::find_if(base.keys.begin(), base.keys.end(),
                                    [&](const YamlKey& k) { return k.name == over.keys[i].name; });
    if (found == base.keys.end()) {
      base.keys.push_back(over.keys[i]);
      base.items.push_back(std::move(over.items[i]));
    } else {
      const auto at = static_cast<std::size_t>(found - base.keys.begin());
      *found = over.keys[i];
      merge_yaml(base.items[at], std::move(over.items[i]));
    }
  }
}

}  // namespace attend
