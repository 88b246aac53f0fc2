#include "attend/text/documents.h"

#include <memory>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/json.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::size_t kPartBytes = 1 << 18;

bool is_blank(const std::string& line) { return trim(line).empty(); }

bool is_held_out(std::string_view document, double share) {
  return static_cast<double>(xxh3_64(document) >> 11) * 0x1p-53 < share;
}

}  // namespace

DocumentReader::DocumentReader(const DocumentCorpus& corpus)
    : corpus_(corpus),
      lines_(corpus.file, corpus.is_one() ? LongLines{kPartBytes, true} : LongLines{kMaxDocumentBytes, false}) {}

bool DocumentReader::next(std::string& text) {
  const bool splits = corpus_.held_out > 0 && !corpus_.is_one();
  do {
    if (!next_document(text)) {
      if (!any_) throw DataError("[", lines_.name(), "] expected text, got none");
      return false;
    }
    any_ = true;
  } while (splits && is_held_out(text, corpus_.held_out) != corpus_.validation);
  return true;
}

bool DocumentReader::next_document(std::string& text) {
  if (corpus_.is_one()) return next_part(text);
  if (corpus_.rule == DocumentRule::blank_line && corpus_.field.empty()) return next_between_blank_lines(text);
  do {
    if (!lines_.next(text)) return false;
    first_line_ = lines_.line_number();
    if (!corpus_.field.empty() && !is_blank(text)) text = text_in(text);
  } while (is_blank(text));
  return true;
}

bool DocumentReader::next_part(std::string& text) {
  text = std::exchange(waiting_, "");
  bool any = std::exchange(is_waiting_, false);
  first_line_ = lines_.line_number() + (any ? 0 : 1);
  for (std::string line; lines_.next(line);) {
    if (lines_.line_has_end()) line += '\n';
    if (text.size() >= kPartBytes && (!is_blank(line) || text.size() >= kMaxDocumentBytes)) {
      waiting_ = std::move(line);
      is_waiting_ = true;
      return true;
    }
    text += line;
    any = true;
  }
  return any;
}

bool DocumentReader::next_between_blank_lines(std::string& text) {
  text.clear();
  for (std::string line; lines_.next(line);) {
    if (is_blank(line) && !text.empty()) return true;
    if (is_blank(line)) continue;
    if (text.empty()) first_line_ = lines_.line_number();
    else text += '\n';
    text += line;
    if (text.size() > kMaxDocumentBytes)
      throw DataError("[", lines_.name(), ":", lines_.line_number(), ":1] expected documents of at most ",
                      format_count(static_cast<std::int64_t>(kMaxDocumentBytes)),
                      " bytes between blank lines, got a longer one; choose documents: file");
  }
  return !text.empty();
}

std::string DocumentReader::text_in(const std::string& json) const {
  const std::string where = concat(lines_.name(), ":", lines_.line_number(), ":1");
  const Json line = [&] {
    try {
      return parse_json(json, where);
    } catch (const ModelError& fault) {  // here it is data
      throw DataError(fault.what());
    }
  }();
  const auto found = line.is_object() ? line.find(corpus_.field) : line.end();
  if (found == line.end() || !found->is_string())
    throw DataError("[", where, "] expected an object with text under \"", corpus_.field,
                    "\", got none; look at the key field (data.train.field, score --field)");
  return found->get<std::string>();
}

std::string read_document(const std::filesystem::path& file) {
  DocumentCorpus corpus;
  corpus.file = file;
  DocumentReader reader(corpus);
  std::string text;
  for (std::string part; reader.next(part);) text += part;
  return text;
}

LineSource documents_of(std::vector<DocumentCorpus> corpora, bool as_lines) {
  return [corpora = std::move(corpora), as_lines, at = std::size_t{0}, reader = std::shared_ptr<DocumentReader>(),
          text = std::string(), begin = std::string::npos](std::string& line) mutable {
    const auto next_line = [&] {
      if (begin >= text.size()) return false;
      const auto end = std::min(text.find('\n', begin), text.size());
      line = text.substr(begin, end - begin);
      begin = end + 1;
      return true;
    };
    for (; at < corpora.size(); ++at, reader.reset()) {
      if (!reader) reader = std::make_shared<DocumentReader>(corpora[at]);
      if (as_lines && next_line()) return true;
      while (reader->next(as_lines ? text : line)) {
        if (!as_lines) return true;
        begin = 0;
        if (next_line()) return true;
      }
    }
    return false;
  };
}

}  // namespace attend
