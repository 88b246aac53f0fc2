#include "attend/data/pair_cache.h"

#include <optional>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"
#include "attend/text/text_fit.h"
#include "encode.h"

namespace attend {
namespace {

constexpr const char *kIndex = "index.bin", *kBody = "body.bin", *kWeights = "weights.bin";

std::string_view content_name(PairContent content) {
  switch (content) {
    case PairContent::ids16: return "ids16";
    case PairContent::ids32: return "ids32";
    case PairContent::text: return "text";
  }
  return "";
}

// One list of what a summary counts, for both directions.
template <class Summary, class Visit>
void each_count(Summary& summary, const Visit& visit) {
  visit("pairs", summary.pairs);
  visit("source_tokens", summary.source_tokens);
  visit("target_tokens", summary.target_tokens);
  visit("empty", summary.empty);
  visit("over_length", summary.over_length);
  visit("weightless", summary.weightless);
  visit("source_unknown", summary.source_unknown);
  visit("target_unknown", summary.target_unknown);
  visit("source_specials", summary.source_specials);
  visit("target_specials", summary.target_specials);
}

bool reads_symbols(const Tokenizer& tokenizer) { return tokenizer.spelled_specials() == SpelledSpecials::symbols; }

Json describe_rules(const PairRequest& request) {
  const Corpus& corpus = request.corpus;
  return {{"content", content_name(summary_for(request).content)},
          {"source_normalized", request.sampled.source},
          {"target_normalized", request.sampled.target},
          {"source_tokenizer", xxh3_128(request.tokenizers.source->serialized())},
          {"target_tokenizer", xxh3_128(request.tokenizers.target->serialized())},
          {"source_parse_special", reads_symbols(*request.tokenizers.source)},
          {"target_parse_special", reads_symbols(*request.tokenizers.target)},
          {"max_length", request.rule.max_length},
          {"over_length", name_of(request.rule.over_length)},
          {"source_prefix", corpus.source_prefix},
          {"target_prefix", corpus.target_prefix},
          {"pair_weights", corpus.files.weight_column ? "column" : corpus.files.weights.empty() ? "none" : "file"},
          {"held_out", corpus.held_out},
          {"validation", corpus.validation}};
}

fs::path weights_file(const PairRequest& request, const fs::path& directory) {
  return keeps_weights(request) ? listed_file(directory, kWeights) : fs::path();
}

// What the header says of content and vocabularies is not believed.
PairStore open_pairs(const PairRequest& request, const fs::path& directory, const Json& counts) {
  PairSummary summary = summary_for(request);
  each_count(summary, [&](const char* name, std::int64_t& count) {
    if (!counts.contains(name))
      throw ModelError("[", directory.string(), "] expected the number of ", name, ", got none");
    count = counts[name].get<std::int64_t>();
  });
  return PairStore(
      summary,
      map_pairs(listed_file(directory, kIndex), listed_file(directory, kBody), weights_file(request, directory)),
      directory.string());
}

Json write_pairs(const PairRequest& request, const AtomicDirectory& directory) {
  FilePairWriter writer(summary_for(request).content, directory.file(kIndex), directory.file(kBody),
                        keeps_weights(request) ? directory.file(kWeights) : fs::path());
  const auto summary = encode_corpus(request, writer);
  writer.close();
  Json counts;
  each_count(summary, [&](const char* name, std::int64_t count) { counts[name] = count; });
  return counts;
}

void report(const PairRequest& request, const PairSummary& summary) {
  const TextFit source{summary.source_tokens - summary.pairs, summary.source_unknown};
  const TextFit target{summary.target_tokens - summary.pairs, summary.target_unknown};
  log_info(request.corpus.name, ": ", describe(request.corpus.files), ", ", format_count(summary.pairs),
           " pairs, unknown tokens: ", unknown_share(source), " and ", unknown_share(target));
  if (summary.weightless > 0) log_info(format_count(summary.weightless), " pairs of weight 0 are left out");
  warn_of_unknown(request.corpus.name, "source tokens", source);
  warn_of_unknown(request.corpus.name, "target tokens", target);
  warn_of_specials(request.corpus.name + ", source", summary.source_specials, *request.tokenizers.source);
  warn_of_specials(request.corpus.name + ", target", summary.target_specials, *request.tokenizers.target);
  if (summary.empty > 0) log_warning(format_count(summary.empty), " pairs with an empty side are left out");
  if (summary.over_length > 0)
    log_warning(format_count(summary.over_length), " pairs are longer than data.max_length ", request.rule.max_length,
                ": ", request.rule.over_length == OverLength::skip ? "left out" : "cropped");
}

}  // namespace

PairStore encode_pairs(const PairRequest& request) {
  MemoryPairWriter writer(summary_for(request).content);
  const auto summary = encode_corpus(request, writer);
  report(request, summary);
  return PairStore(summary, writer.arrays(), "encoded pairs");
}

PairStore cached_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder) {
  std::optional<PairStore> store;
  CacheContent content{"attend-pairs", describe_rules(request), request.corpus.files.all(), {}, {}};
  content.write = [&](const AtomicDirectory& made) { return write_pairs(request, made); };
  content.open = [&](const fs::path& from, const Json& counts) { store = open_pairs(request, from, counts); };
  open_or_make(content, cache, folder);
  report(request, store->summary());
  return *store;
}

LengthRule length_rule_of(const DataConfig& data) { return {data.max_length, data.over_length}; }

PairStore read_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder) {
  return cache.directory.empty() ? encode_pairs(request) : cached_pairs(request, cache, folder);
}

}  // namespace attend
