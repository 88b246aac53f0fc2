#include "attend/decoding/sentences.h"

#include "attend/core/text.h"

namespace attend {
namespace {

// Bytes of white space that a text begins with, or ends with.
std::size_t space_before(const std::vector<char32_t>& characters) {
  std::string space;
  for (auto c = characters.begin(); c != characters.end() && is_space(*c); ++c) append_utf8(space, *c);
  return space.size();
}

std::size_t space_behind(const std::vector<char32_t>& characters) {
  std::string space;
  for (auto c = characters.rbegin(); c != characters.rend() && is_space(*c); ++c) append_utf8(space, *c);
  return space.size();
}

}  // namespace

SplitLine split_sentences(std::string_view line, SentenceLanguage language) {
  SplitLine split;
  std::size_t begin = 0;
  for (const std::size_t end : sentence_ends(line, language)) {
    const std::string_view whole = line.substr(begin, end - begin);
    const auto characters = decode_utf8(whole);
    const auto before = space_before(characters), behind = space_behind(characters);
    auto& space = split.sentences.empty() ? split.before : split.sentences.back().after;
    space += whole.substr(0, before);
    if (before < whole.size())
      split.sentences.push_back({std::string(whole.substr(before, whole.size() - before - behind)),
                                 std::string(whole.substr(whole.size() - behind))});
    begin = end;
  }
  return split;
}

}  // namespace attend
