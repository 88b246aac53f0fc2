#include "attend/data/token_cache.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <span>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"
#include "attend/text/text_fit.h"

namespace attend {
namespace {

constexpr const char* kTokens = "tokens.bin";
constexpr std::size_t kWindowBytes = 8 << 20;  // of text in memory
constexpr std::size_t kWindowDocuments = 4096;
struct LlmcFormat {
  std::int32_t magic, version;
  IdType type;
};
constexpr LlmcFormat kLlmc[] = {{20240520, 1, IdType::uint16}, {20240801, 7, IdType::uint32}};
constexpr std::size_t kLlmcHeader = 1024;  // bytes
constexpr std::int64_t kLookedAt = 4096;   // ids, for zeros in between

using Write = std::function<void(const void*, std::uint64_t bytes)>;

struct TextCounts {
  // bytes: less those of first tokens that no start symbol precedes, as nothing says how likely these are
  std::int64_t tokens = 0, documents = 0, bytes = 0, unknown = 0, specials = 0;
};

// One list of them, for both directions.
template <class Counts, class Visit>
void each_text_count(Counts& counts, const Visit& visit) {
  visit("tokens", counts.tokens);
  visit("documents", counts.documents);
  visit("bytes", counts.bytes);
  visit("unknown", counts.unknown);
  visit("specials", counts.specials);
}

class TextEncoder {
 public:
  TextEncoder(const TextRequest& request, Write write)
      : request_(request),
        write_(std::move(write)),
        reader_(request.corpus),
        type_(id_type_for(request.tokenizer->size())) {}

  TextCounts run() {
    while (fill()) {
      throw_if_interrupted();
      std::vector<std::vector<std::int32_t>> ids(texts_.size());
      std::atomic<std::int64_t> specials{0};
      at::parallel_for(0, static_cast<std::int64_t>(texts_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          ids[i] = request_.tokenizer->encode(texts_[i]);
          specials += request_.tokenizer->count_specials(texts_[i]);
        }
      });
      counts_.specials += specials;
      packed_.clear();
      for (std::size_t i = 0; i < ids.size(); ++i) put(texts_[i], ids[i]);
      write_(packed_.data(), packed_.size());
    }
    return counts_;
  }

 private:
  bool fill() {
    texts_.clear();
    std::size_t bytes = 0;
    for (std::string text; bytes < kWindowBytes && texts_.size() < kWindowDocuments && reader_.next(text);) {
      bytes += text.size();
      texts_.push_back(std::move(text));
    }
    if (progress_is_live())
      show_progress(concat(request_.corpus.name, ": ", format_count(reader_.line_number()), " lines read"));
    return !texts_.empty();
  }

  void put(const std::string& text, const std::vector<std::int32_t>& document) {
    const auto special = request_.tokenizer->special();
    const bool framed = !request_.corpus.is_one();
    const bool started = framed && special.bos >= 0 && special.bos != special.eos;
    const bool goes_on = !framed && counts_.documents > 0;  // a part of a long file
    const auto before = packed_.size();
    if (started) pack(special.bos);
    for (const auto id : document) pack(id);
    if (special.unk >= 0) counts_.unknown += std::count(document.begin(), document.end(), special.unk);
    if (framed && special.eos >= 0) pack(special.eos);
    counts_.tokens += static_cast<std::int64_t>(packed_.size() - before) / bytes_of(type_);
    counts_.documents += 1;
    const auto first =
        started || goes_on || document.empty() ? 0 : request_.tokenizer->decode(std::span(document).first(1)).size();
    counts_.bytes += static_cast<std::int64_t>(text.size() - std::min(first, text.size()));
  }

  void pack(std::int32_t id) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&id);  // the low ones come first
    packed_.insert(packed_.end(), bytes, bytes + bytes_of(type_));
  }

  const TextRequest& request_;
  Write write_;
  DocumentReader reader_;
  IdType type_;
  std::vector<std::string> texts_;
  std::vector<std::uint8_t> packed_;
  TextCounts counts_;
};

// Documents fall on one side or the other by their hashes, so of a few all may fall on one.
std::string none_left(const DocumentCorpus& corpus) {
  if (corpus.held_out == 0) return "";
  const std::string share = format_double(corpus.held_out);
  if (corpus.validation)
    return concat(
        ": no document falls into the share of ", share,
        " that data.validation.fraction keeps; give more documents, a larger fraction, or a file of validation");
  return concat(": every document falls into the share of ", share,
                " that data.validation.fraction keeps; give more documents, or a file of validation");
}

TextCounts encode_text(const TextRequest& request, const Write& write) {
  const auto counts = TextEncoder(request, write).run();
  if (counts.tokens == 0)
    throw DataError("[", request.corpus.file.string(), "] expected text, got none", none_left(request.corpus));
  return counts;
}

void report(const TextRequest& request, const TextCounts& counts) {
  const TextFit fit{counts.tokens, counts.unknown};
  log_info(request.corpus.name, ": ", request.corpus.file.string(), ", ", format_count(counts.tokens), " tokens",
           request.corpus.is_one() ? "" : concat(" in ", format_count(counts.documents), " documents"),
           ", unknown tokens: ", unknown_share(fit));
  warn_of_unknown(request.corpus.name, "tokens", fit);
  warn_of_specials(request.corpus.name, counts.specials, *request.tokenizer);
}

TokenStore encode_in_memory(const TextRequest& request) {
  const auto memory = std::make_shared<std::vector<std::uint8_t>>();
  const auto counts = encode_text(request, [&](const void* data, std::uint64_t bytes) {
    const auto* begin = static_cast<const std::uint8_t*>(data);
    memory->insert(memory->end(), begin, begin + bytes);
  });
  report(request, counts);
  const auto vocabulary = request.tokenizer->size();
  TokenStore store({memory, *memory, id_type_for(vocabulary)}, vocabulary, request.corpus.file.string());
  store.set_text_bytes(counts.bytes);
  return store;
}

Json describe_rules(const TextRequest& request) {
  const auto& corpus = request.corpus;
  return {{"tokenizer", xxh3_128(request.tokenizer->serialized())},
          {"parse_special", request.tokenizer->spelled_specials() == SpelledSpecials::symbols},
          {"documents", name_of(corpus.rule)},
          {"field", corpus.field},
          {"held_out", corpus.is_one() ? 0.0 : corpus.held_out},
          {"validation", !corpus.is_one() && corpus.validation}};
}

Json write_tokens(const TextRequest& request, const AtomicDirectory& directory) {
  OutputFile file(directory.file(kTokens));
  const auto counts = encode_text(request, [&](const void* data, std::uint64_t bytes) { file.write(data, bytes); });
  file.close();
  Json written;
  each_text_count(counts, [&](const char* name, std::int64_t count) { written[name] = count; });
  return written;
}

// Where the ids begin, in bytes; DataError for a header of llm.c that is of another type or version, or that the file
// does not keep.
std::size_t header_bytes(const TokenStore::Bytes& all, const std::string& name) {
  std::array<std::int32_t, 3> header{};
  if (all.bytes.size() < sizeof header) return 0;
  std::memcpy(header.data(), all.bytes.data(), sizeof header);
  const auto known = std::ranges::find(kLlmc, header[0], &LlmcFormat::magic);
  if (known == std::end(kLlmc)) return 0;
  if (all.bytes.size() < kLlmcHeader)
    throw DataError("[", name, "] expected a header of ", kLlmcHeader, " bytes, as files of llm.c have, got ",
                    all.bytes.size(), " bytes in all; the file is cut short");
  if (header[2] < 0)
    throw DataError("[", name, "] expected a number of ids in the header of llm.c, got ", header[2],
                    "; the file is damaged");
  if (header[1] != known->version)
    throw DataError("[", name, "] expected version ", known->version, " of llm.c's files of ", name_of(known->type),
                    " ids, got version ", header[1], "; write the file in that version, or without a header");
  if (known->type != all.type)
    throw DataError("[", name, "] expected ids of type ", name_of(all.type),
                    ", as tokens.type says, got a file of llm.c with ids of type ", name_of(known->type),
                    "; set tokens.type to ", name_of(known->type));
  const auto bytes = static_cast<std::int64_t>(all.bytes.size() - kLlmcHeader),
             due = std::int64_t{header[2]} * bytes_of(all.type);
  if (bytes != due)
    throw DataError("[", name, "] expected ", header[2], " ids, as its header says, got ", bytes / bytes_of(all.type),
                    "; the file is ", bytes < due ? "cut short" : "longer than it should be");
  return kLlmcHeader;
}

// Wide ids that are read as narrow ones have a 0 at each second place, which flatters the loss.
void warn_of_zeros(const TokenStore& store) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(std::min(store.size(), kLookedAt)));
  store.read(0, static_cast<std::int64_t>(ids.size()), ids.data());
  std::array<bool, 2> zero{true, true};
  for (std::size_t i = 0; i < ids.size(); ++i) zero[i % 2] = zero[i % 2] && ids[i] == 0;
  if (ids.size() >= 64 && zero[0] != zero[1])
    log_warning("[", store.name(), "] every second id is 0: are these wider ids than tokens.type says (uint32)?");
}

TokenStore open_stream(const TokenStreamConfig& stream) {
  const auto status = status_of(stream.file);
  if (!status.is_file())
    throw DataError("[", stream.file, "] expected a readable file of ids, got ", status.what(),
                    status.exists() ? "" : remedy_of_reading(status.reason));
  auto ids = map_ids(stream.file, stream.type);
  ids.bytes = ids.bytes.subspan(header_bytes(ids, stream.file));
  if (ids.bytes.empty() || ids.bytes.size() % static_cast<std::size_t>(bytes_of(stream.type)) != 0)
    throw DataError("[", stream.file, "] expected ids of ", bytes_of(stream.type), " bytes, got ", ids.bytes.size(),
                    " bytes in all");
  return {std::move(ids), stream.vocab_size, stream.file};
}

}  // namespace

TokenStore read_text(const TextRequest& request, const DataCache& cache, const std::string& folder) {
  if (cache.directory.empty()) return encode_in_memory(request);
  std::optional<TokenStore> store;
  CacheContent content{"attend-tokens", describe_rules(request), {request.corpus.file}, {}, {}};
  content.write = [&](const AtomicDirectory& made) { return write_tokens(request, made); };
  content.open = [&](const fs::path& from, const Json& counts) {
    const auto vocabulary = request.tokenizer->size();
    store.emplace(map_ids(listed_file(from, kTokens), id_type_for(vocabulary)), vocabulary,
                  request.corpus.file.string());
    TextCounts known;
    each_text_count(known, [&](const char* name, std::int64_t& count) {
      if (!counts.contains(name)) throw ModelError("[", from.string(), "] expected the number of ", name, ", got none");
      count = counts[name].get<std::int64_t>();
    });
    if (store->size() != known.tokens)
      throw ModelError("[", from.string(), "] expected as many tokens as its header says, got ", store->size());
    store->set_text_bytes(known.bytes);
    report(request, known);
  };
  open_or_make(content, cache, folder);
  return *store;
}

TokenStore read_stream(const TokenStreamConfig& stream, const DataCache& cache, const std::string& folder) {
  const auto store = open_stream(stream);
  CacheContent content{
      "attend-stream", {{"type", name_of(stream.type)}, {"vocab_size", stream.vocab_size}}, {stream.file}, {}, {}};
  content.write = [&](const AtomicDirectory&) -> Json {  // nothing but a header: that the ids were checked
    store.check();
    return {{"tokens", store.size()}};
  };
  content.open = [](const fs::path&, const Json&) {};
  if (cache.directory.empty()) store.check();
  else open_or_make(content, cache, folder);
  log_info(stream.file, ": ", format_count(store.size()), " tokens");
  warn_of_zeros(store);
  return store;
}

}  // namespace attend
