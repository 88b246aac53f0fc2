#include "attend/text/corpus.h"

#include <memory>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/text.h"

namespace attend {
namespace {

void put_before(const std::string& prefix, std::string& line) {
  if (!prefix.empty() && !trim(line).empty()) line = prefix + " " + line;
}

}  // namespace

bool is_held_out(std::string_view source, std::string_view target, double share) {
  const auto sum = xxh3_64(source) + xxh3_64(target);  // modulo 2^64
  return static_cast<double>(sum >> 11) * 0x1p-53 < share;
}

bool CorpusReader::is_here(const std::string& source, const std::string& target) const {
  return corpus_.held_out == 0 || is_held_out(source, target, corpus_.held_out) == corpus_.validation;
}

bool CorpusReader::next(std::string& source, std::string& target) {
  for (bool found = false; !found;) {
    if (!pairs_.next(source, target)) return false;
    const bool here = is_here(source, target);
    found = here && pairs_.weight() > 0;
    weightless_ += here && !found ? 1 : 0;
  }
  put_before(corpus_.source_prefix, source);
  put_before(corpus_.target_prefix, target);
  return true;
}

LineSource lines_of(std::vector<Corpus> corpora, std::vector<Side> sides) {
  return [corpora = std::move(corpora), sides = std::move(sides), at = std::size_t{0},
          reader = std::shared_ptr<CorpusReader>(), other = std::string()](std::string& line) mutable {
    for (; at < corpora.size() * sides.size(); ++at, reader.reset()) {
      if (!reader) reader = std::make_shared<CorpusReader>(corpora[at % corpora.size()]);
      const Side side = sides[at / corpora.size()];
      if (side == Side::source ? reader->next(line, other) : reader->next(other, line)) return true;
    }
    return false;
  };
}

LineSource lines_of(std::vector<std::filesystem::path> files) {
  return [files = std::move(files), at = std::size_t{0},
          reader = std::shared_ptr<LineReader>()](std::string& line) mutable {
    for (; at < files.size(); ++at, reader.reset()) {
      if (!reader) reader = std::make_shared<LineReader>(files[at]);
      if (reader->next(line)) return true;
      if (reader->line_number() == 0)
        throw DataError("[", reader->name(), "] expected lines of text, got an empty file");
    }
    return false;
  };
}

}  // namespace attend
