#include "pair_header.h"

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "encode.h"

namespace attend {
namespace {

constexpr std::string_view kFormat = "attend-pairs";
constexpr std::uint64_t kVersion = 1;

std::string_view content_name(PairContent content) {
  switch (content) {
    case PairContent::ids16: return "ids16";
    case PairContent::ids32: return "ids32";
    case PairContent::text: return "text";
  }
  return "";
}

// One list of what a summary holds, for both directions.
template <class Summary, class Visit>
void each_count(Summary& summary, const Visit& visit) {
  visit("pairs", summary.pairs);
  visit("source_tokens", summary.source_tokens);
  visit("target_tokens", summary.target_tokens);
  visit("empty", summary.empty);
  visit("over_length", summary.over_length);
}

PairHeader parse_header(const Json& json, const std::string& where) {
  if (json.at("format") != kFormat || json_unsigned(json.at("version"), where) != kVersion)
    throw ModelError("[", where, "] expected \"format\": \"", kFormat, "\" of version ", kVersion, ", got another");
  PairHeader header;
  each_count(header.summary, [&](const char* name, std::int64_t& count) {
    const auto value = json_unsigned(json.at(name), where);
    if (value > kMaxElements) throw ModelError("[", where, "] expected a sane number of ", name, ", got ", value);
    count = static_cast<std::int64_t>(value);
  });
  header.made_from = json.at("made_from");
  for (const Json& file : json.at("files"))
    header.files.push_back({file.at("path").get<std::string>(), file.at("xxh3_128").get<std::string>(),
                            json_unsigned(file.at("bytes"), where), file.at("time").get<std::int64_t>()});
  return header;
}

}  // namespace

std::vector<TextFile> look_at_files(const Corpus& corpus) {
  std::vector<TextFile> files;
  for (const auto& path : corpus.files.all()) {
    std::error_code fault;
    if (!fs::is_regular_file(path, fault))
      throw DataError("[", path.string(), "] expected a readable text file, got ",
                      fault ? fault.message() : "something that is no regular file", "; check the path");
    files.push_back({path.string(), "", fs::file_size(path), fs::last_write_time(path).time_since_epoch().count()});
  }
  return files;
}

Json describe_rules(const PairRequest& request) {
  const Corpus& corpus = request.corpus;
  return {{"content", content_name(summary_for(request).content)},
          {"source_normalized", request.sampled.source},
          {"target_normalized", request.sampled.target},
          {"source_tokenizer", xxh3_128(request.tokenizers.source->serialized())},
          {"target_tokenizer", xxh3_128(request.tokenizers.target->serialized())},
          {"max_length", request.rule.max_length},
          {"over_length", name_of(request.rule.over_length)},
          {"source_prefix", corpus.source_prefix},
          {"target_prefix", corpus.target_prefix},
          {"held_out", corpus.held_out},
          {"validation", corpus.validation}};
}

void write_header(const fs::path& path, const PairHeader& header) {
  Json json = {{"format", kFormat}, {"version", kVersion}, {"made_from", header.made_from}};
  each_count(header.summary, [&](const char* name, std::int64_t count) { json[name] = count; });
  for (const auto& file : header.files)
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"time", file.time}, {"xxh3_128", file.xxh3_128}});
  OutputFile file(path);
  file.write(json.dump(1) + "\n");
  file.close();
}

PairHeader read_header(const fs::path& path) {
  const Json json = read_json(path);
  try {
    return parse_header(json, path.string());
  } catch (const Json::exception& fault) {
    throw ModelError("[", path.string(), "] expected the header of encoded pairs, got ", fault.what());
  }
}

}  // namespace attend
