// header.json of encoded pairs: what they were made from, to be compared and shown.
#pragma once

#include "attend/core/json.h"
#include "attend/data/pair_cache.h"

namespace attend {

struct TextFile {
  std::string path, xxh3_128;
  std::uint64_t bytes = 0;
  std::int64_t time = 0;  // of the last change, in the file system's clock
};

struct PairHeader {
  PairSummary summary;  // its counts; content and vocabularies are the request's
  Json made_from;       // content, tokenizers, rules, prefixes: equal or not
  std::vector<TextFile> files;
};

// Sizes and times of the request's text files, without their hashes. DataError unless they are regular files: anything
// else could not be read twice.
std::vector<TextFile> look_at_files(const Corpus& corpus);
Json describe_rules(const PairRequest& request);

void write_header(const fs::path& path, const PairHeader& header);
PairHeader read_header(const fs::path& path);  // ModelError

}  // namespace attend
