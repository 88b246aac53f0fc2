#include "byte_bpe_file.h"

#include <algorithm>
#include <initializer_list>

#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::string_view kFileVersion = "1.0";
constexpr std::string_view kMergesVersion = "#version";

std::string shown_json(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80);
}

// One object of the file. A key that is not known is refused, so that nothing in it is passed over.
class Settings {
 public:
  Settings(const Json& object, std::string where, std::initializer_list<std::string_view> known)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw ModelError("[", where_, "] expected an object, got ", shown_json(object));
    for (const auto& [key, value] : object.items())
      if (std::ranges::find(known, std::string_view(key)) == known.end())
        throw ModelError("[", where_, "] expected the keys of a byte-level BPE, got ", shown_json(Json(key)));
  }

  // Null where the key is missing.
  const Json& operator[](const char* key) const {
    static const Json kNull;
    const auto found = object_.find(key);
    return found == object_.end() ? kNull : *found;
  }
  // Nothing but these values, the first one the usual; a missing key is null.
  void require(const char* key, std::initializer_list<Json> supported) const {
    const Json& value = (*this)[key];
    if (std::ranges::find(supported, value) == supported.end())
      throw ModelError("[", where_, "] expected ", key, ": ", shown_json(*supported.begin()), ", got ",
                       shown_json(value), "; only GPT-2's byte-level BPE is read");
  }
  bool flag(const char* key, bool otherwise) const {
    require(key, {otherwise, !otherwise, nullptr});
    return (*this)[key].is_null() ? otherwise : (*this)[key].get<bool>();
  }
  const std::string& text(const char* key) const { return *typed<const std::string*>(key, "a text"); }
  const Json::array_t& list(const char* key) const { return *typed<const Json::array_t*>(key, "a list"); }
  const std::string& where() const { return where_; }

 private:
  template <class Pointer>
  Pointer typed(const char* key, const char* what) const {
    const auto value = (*this)[key].get_ptr<Pointer>();
    if (value == nullptr)
      throw ModelError("[", where_, "] expected ", key, ": ", what, ", got ", shown_json((*this)[key]));
    return value;
  }

  const Json& object_;
  std::string where_;
};

// The object that stands for GPT-2's splitting (or putting together) of bytes; tells whether it adds a space in front.
bool read_byte_level(const Json& object, const std::string& where) {
  const Settings level(object, where, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
  level.require("type", {"ByteLevel"});
  level.require("use_regex", {true, nullptr});
  level.flag("trim_offsets", true);  // says where a piece came from, which nobody here asks
  return level.flag("add_prefix_space", true);
}

void read_added_tokens(const Settings& file, ByteBpeBuilder& builder) {
  for (const Json& item : file.list("added_tokens")) {
    const Settings token(item, file.where() + ".added_tokens",
                         {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    for (const char* key : {"single_word", "lstrip", "rstrip"}) token.require(key, {false, nullptr});
    const std::uint64_t id = json_unsigned(token["id"], token.where());
    if (id >= kMaxPieces)
      throw ModelError("[", token.where(), "] expected ids below ", kMaxPieces, ", got ", id);
    const bool special = token.flag("special", false);
    builder.add({token.text("content"), static_cast<std::int32_t>(id), special, token.flag("normalized", !special)});
  }
}

// "a b", or ["a", "b"] in newer files.
void read_merge(const Json& item, const std::string& where, ByteBpeBuilder& builder) {
  if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string())
    return builder.merge(item[0].get_ref<const std::string&>(), item[1].get_ref<const std::string&>());
  const std::vector<std::string> parts = item.is_string() ? split(item.get_ref<const std::string&>(), ' ')
                                                          : std::vector<std::string>{};
  if (parts.size() != 2)
    throw ModelError("[", where, "] expected merges of two pieces, got ", shown_json(item));
  builder.merge(parts[0], parts[1]);
}

// Its unknown piece, if it has one, is never used: every byte has a piece.
Settings model_of(const Settings& file) {
  Settings model(file["model"], file.where() + ".model",
                 {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                  "byte_fallback", "ignore_merges", "vocab", "merges"});
  model.require("type", {"BPE", nullptr});
  model.require("dropout", {nullptr, 0.0});
  model.require("continuing_subword_prefix", {nullptr, ""});
  model.require("end_of_word_suffix", {nullptr, ""});
  model.require("byte_fallback", {false, nullptr});
  model.require("ignore_merges", {false, nullptr});
  model.flag("fuse_unk", false);
  if (!model["unk_token"].is_null()) model.text("unk_token");
  return model;
}

}  // namespace

ByteBpeModel read_tokenizer_json(const Json& json, std::string_view where) {
  const Settings file(json, std::string(where),
                      {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                       "post_processor", "decoder", "model"});
  file.require("version", {kFileVersion});
  for (const char* key : {"truncation", "padding", "normalizer"}) file.require(key, {nullptr});
  const bool prefix_space = read_byte_level(file["pre_tokenizer"], file.where() + ".pre_tokenizer");
  read_byte_level(file["decoder"], file.where() + ".decoder");
  if (!file["post_processor"].is_null()) read_byte_level(file["post_processor"], file.where() + ".post_processor");

  const Settings model = model_of(file);
  ByteBpeBuilder builder(where);
  builder.vocabulary(model["vocab"]);
  if (!file["added_tokens"].is_null()) read_added_tokens(file, builder);
  for (const Json& item : model.list("merges")) read_merge(item, model.where(), builder);
  return builder.finish(prefix_space);
}

ByteBpeModel read_vocab_and_merges(const Json& vocab, std::string_view merges, std::string_view where) {
  ByteBpeBuilder builder(where);
  builder.vocabulary(vocab);
  std::vector<std::string_view> names(std::begin(kSpecialPieces), std::end(kSpecialPieces));
  names.push_back(kEndOfText);
  for (const std::string_view name : names)
    if (const std::int32_t id = builder.find(name); id >= 0) builder.add({std::string(name), id, true, false});
  if (!merges.starts_with(kMergesVersion))
    throw ModelError("[", where, "] expected merges that start with ", kMergesVersion, ", got other text");
  const std::vector<std::string> lines = split(merges, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (!lines[i].empty()) read_merge(lines[i], concat(where, ", merges line ", i + 1), builder);
  return builder.finish(false);
}

std::string write_tokenizer_json(const ByteBpeModel& model) {
  Json vocab = Json::object(), merges = Json::array(), added = Json::array();
  for (std::size_t id = 0; id < model.pieces.size(); ++id) vocab[model.pieces[id]] = id;
  for (const Merge& merge : model.merges)
    merges.push_back(concat(model.pieces[static_cast<std::size_t>(merge.left)], ' ',
                            model.pieces[static_cast<std::size_t>(merge.right)]));
  for (const AddedToken& token : model.added)
    added.push_back({{"id", token.id}, {"content", token.text}, {"single_word", false}, {"lstrip", false},
                     {"rstrip", false}, {"normalized", token.normalized}, {"special", token.special}});
  const Json level{{"type", "ByteLevel"}, {"add_prefix_space", model.prefix_space}, {"trim_offsets", true},
                   {"use_regex", true}};
  const Json bpe{{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"continuing_subword_prefix", nullptr},
                 {"end_of_word_suffix", nullptr}, {"fuse_unk", false}, {"byte_fallback", false},
                 {"ignore_merges", false}, {"vocab", vocab}, {"merges", merges}};
  const Json file{{"version", kFileVersion}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", added},
                  {"normalizer", nullptr}, {"pre_tokenizer", level}, {"post_processor", nullptr}, {"decoder", level},
                  {"model", bpe}};
  return file.dump() + "\n";
}

}  // namespace attend
