#include "attend/text/id_text.h"

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

std::vector<std::int32_t> parse_ids(std::string_view line, std::int64_t vocabulary, std::string_view where) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<std::int32_t> ids;
  for (auto begin = line.find_first_not_of(kSpace); begin != std::string_view::npos;
       begin = line.find_first_not_of(kSpace, begin)) {
    const auto word = line.substr(begin, line.find_first_of(kSpace, begin) - begin);
    const auto id = parse_int(word);
    if (!id || *id < 0 || *id >= vocabulary)
      throw DataError("[", where, "] expected ids from 0 to ", vocabulary - 1, " with spaces between them, got \"",
                      word, "\"");
    ids.push_back(static_cast<std::int32_t>(*id));
    begin += word.size();
  }
  return ids;
}

std::string IdText::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id == special_.pad || id == special_.bos || id == special_.eos) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(id);
  }
  return text;
}

}  // namespace attend
