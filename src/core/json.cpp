#include "attend/core/json.h"

#include <set>
#include <string>
#include <vector>

#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"

namespace attend {
namespace {

// "[json.exception.parse_error.101] parse error at line 1 ..." -> "parse error at line 1 ..."
std::string without_code(const std::string& message) {
  const std::size_t end = message.find("] ");
  return end == std::string::npos ? message : message.substr(end + 2);
}

// Goes over the text before the tree is made of it: nlohmann would keep the last of two equal keys, nest without end,
// and take thirty times the memory of the text. (Its own way to watch a parse walks all elements of an array at the end
// of each object.)
class StructureCheck {
 public:
  explicit StructureCheck(std::string_view where) : where_(where) {}

  bool null() { return count(); }
  bool boolean(bool) { return count(); }
  bool number_integer(std::int64_t) { return count(); }
  bool number_unsigned(std::uint64_t) { return count(); }
  bool number_float(double, const std::string&) { return count(); }
  bool string(std::string&) { return count(); }
  bool binary(Json::binary_t&) { return count(); }
  bool start_object(std::size_t) {
    keys_.emplace_back();
    return open();
  }
  bool end_object() {
    keys_.pop_back();
    return close();
  }
  bool start_array(std::size_t) { return open(); }
  bool end_array() { return close(); }
  bool key(std::string& key) {
    if (!keys_.back().insert(key).second)
      throw ModelError("[", where_, "] expected each key once, got \"", key.substr(0, 80), "\" twice");
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
    throw ModelError("[", where_, "] expected JSON: ", without_code(error.what()));
  }

 private:
  bool count() {
    if (++values_ > kMaxJsonValues)
      throw ModelError("[", where_, "] expected JSON of at most ", format_count(kMaxJsonValues), " values, got more");
    return true;
  }
  bool open() {
    if (++depth_ > kMaxJsonDepth)
      throw ModelError("[", where_, "] expected JSON nested at most ", kMaxJsonDepth, " deep, got deeper");
    return count();
  }
  bool close() {
    --depth_;
    return true;
  }

  std::string_view where_;
  int depth_ = 0;
  std::int64_t values_ = 0;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  StructureCheck check(where);
  Json::sax_parse(text.begin(), text.end(), &check);
  return Json::parse(text.begin(), text.end());
}

Json read_json(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path, kMaxJsonBytes);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  return parse_json(text, path.string());
}

std::uint64_t json_unsigned(const Json& value, std::string_view where) {
  if (!value.is_number_unsigned())
    throw ModelError("[", where, "] expected a whole number from 0 to 2^64 - 1, got ",
                     value.dump(-1, 0x20, true, Json::error_handler_t::replace).substr(0, 80));
  return value.get<std::uint64_t>();
}

}  // namespace attend
