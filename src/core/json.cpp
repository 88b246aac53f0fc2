#include "attend/core/json.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/limits.h"

namespace attend {
namespace {

// Watches a parse from outside: nlohmann would keep the last of two equal keys and nest without end.
class StructureCheck {
 public:
  explicit StructureCheck(std::string_view where) : where_(where) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= kMaxJsonDepth)
      throw ModelError("[", where_, "] expected JSON nested at most ", kMaxJsonDepth, " deep, got deeper");
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second)
      throw ModelError("[", where_, "] expected each key once, got \"", parsed.get<std::string>(), "\" twice");
    return true;
  }

 private:
  std::string_view where_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

// "[json.exception.parse_error.101] parse error at line 1 ..." -> "parse error at line 1 ..."
std::string without_code(const std::string& message) {
  const std::size_t end = message.find("] ");
  return end == std::string::npos ? message : message.substr(end + 2);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  StructureCheck check(where);
  try {
    return Json::parse(text.begin(), text.end(), std::ref(check));
  } catch (const Json::exception& error) {
    throw ModelError("[", where, "] expected JSON: ", without_code(error.what()));
  }
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
    throw ModelError("[", where, "] expected a whole number from 0 to 2^64 - 1, got ", value.dump(-1, 0x20, true, Json::error_handler_t::replace).substr(0, 80));
  return value.get<std::uint64_t>();
}

}  // namespace attend
