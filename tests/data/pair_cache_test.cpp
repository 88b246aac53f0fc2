// Encoded pairs: in memory or mapped they are the same, and a cache is believed only as far as it was checked.
#include "attend/data/pair_cache.h"

#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/storage/manifest.h"
#include "tests/support/letters.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Letters;
using attend::test::Scratch;
using attend::test::slurp;
using Catch::Matchers::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

struct Pair {
  Ids source, target;
  bool operator==(const Pair&) const = default;
};

std::vector<Pair> pairs_of(const PairStore& store) {
  std::vector<Pair> pairs(static_cast<std::size_t>(store.size()));
  for (std::int64_t i = 0; i < store.size(); ++i) {
    auto& pair = pairs[static_cast<std::size_t>(i)];
    store.append_ids(i, Side::source, pair.source);
    store.append_ids(i, Side::target, pair.target);
    REQUIRE(store.length(i).source == static_cast<std::int32_t>(pair.source.size()) + 1);
    REQUIRE(store.length(i).target == static_cast<std::int32_t>(pair.target.size()) + 1);
  }
  return pairs;
}

Ids ids(std::string_view text) { return Letters().encode(text); }

// 5,000 pairs of up to 40 letters, more than a window; every 50th has a blank side.
class Cache {
 public:
  Cache() {
    set_log_level(LogLevel::error);
    for (int i = 0; i < 5000; ++i) {
      const auto side = [&](int length) {
        return std::string(static_cast<std::size_t>(length), static_cast<char>('a' + i % 26));
      };
      source_ += side(1 + i * 7 % 40) + "\n";
      target_ += side(i % 50 == 0 ? 0 : 1 + i * 11 % 40) + "\n";
    }
    write(source_, target_);
    request.corpus.files = {scratch / "s", scratch / "t", {}};
    request.corpus.name = "train";
    request.tokenizers.source = request.tokenizers.target = std::make_shared<Letters>();
    request.rule.max_length = 100;
  }
  ~Cache() { set_log_level(before_); }

  void write(const std::string& source, const std::string& target) const {
    scratch.file("s", source);
    scratch.file("t", target);
  }
  // As a run that goes on opens it; `may_change`: with other text as well.
  PairStore open(bool may_change = false) const {
    const DataCache cache{scratch / "data", record_};
    record_->before = std::exchange(record_->now, Json::object());
    record_->may_change = may_change;
    try {
      return cached_pairs(request, cache, "train-1");
    } catch (...) {
      record_->now = record_->before;
      throw;
    }
  }
  fs::path directory() const { return scratch / "data/train-1"; }
  // Another content under a manifest that agrees.
  void forge(const char* name, const std::string& content) const {
    std::ofstream(directory() / name, std::ios::binary) << content;
    write_manifest(directory());
  }

  Scratch scratch;
  PairRequest request;
  std::string source_, target_;

 private:
  LogLevel before_ = log_level();
  std::shared_ptr<DataRecord> record_ = std::make_shared<DataRecord>();
};

}  // namespace

TEST_CASE("pairs: long ones are skipped or cropped, blank ones left out, all counted") {
  const Scratch scratch;
  PairRequest request;
  request.corpus.files.tsv = scratch.file("a.tsv", "ab\tcd\nabcdef\tc\n\tz\na\tcdefgh\nx\t\n");
  request.tokenizers.source = request.tokenizers.target = std::make_shared<Letters>();
  request.rule = {4, OverLength::skip};
  const auto skipped = encode_pairs(request);
  CHECK((pairs_of(skipped) == std::vector<Pair>{{ids("ab"), ids("cd")}}));
  CHECK(skipped.summary().over_length == 2);
  CHECK(skipped.summary().empty == 2);
  CHECK((skipped.summary().source_tokens == 3 && skipped.summary().target_tokens == 3));
  request.rule.over_length = OverLength::crop;
  CHECK((pairs_of(encode_pairs(request)) ==
         std::vector<Pair>{{ids("ab"), ids("cd")}, {ids("abc"), ids("c")}, {ids("a"), ids("cde")}}));
  request.rule = {2, OverLength::skip};
  CHECK_THROWS_AS(encode_pairs(request), DataError);
  CHECK_THROWS_WITH(encode_pairs(request), Contains("a.tsv") && Contains("data.max_length"));
}

TEST_CASE("cache: what is mapped is what is encoded, in 16 bits or 32, made now or before") {
  const std::int64_t vocabulary = GENERATE(256, 70000);
  Cache cache;
  cache.request.tokenizers.source = cache.request.tokenizers.target = std::make_shared<Letters>("letters", vocabulary);
  const auto in_memory = pairs_of(encode_pairs(cache.request));
  REQUIRE(in_memory.size() == 4900);
  CHECK((pairs_of(cache.open()) == in_memory));
  const auto made = fs::last_write_time(cache.directory() / "body.bin");
  CHECK((pairs_of(cache.open()) == in_memory));
  CHECK(fs::last_write_time(cache.directory() / "body.bin") == made);
  std::int64_t letters = 0;
  for (const auto& pair : in_memory) letters += static_cast<std::int64_t>(pair.source.size() + pair.target.size());
  CHECK(static_cast<std::int64_t>(fs::file_size(cache.directory() / "body.bin")) ==
        letters * (vocabulary == 256 ? 2 : 4));
}

TEST_CASE("cache: another tokenizer, rule, prefix or part makes it again") {
  Cache cache;
  const auto first = pairs_of(cache.open());
  const auto check_made_again = [&] {
    CHECK((pairs_of(cache.open()) == pairs_of(encode_pairs(cache.request))));
    CHECK((pairs_of(cache.open()) != first));
  };
  cache.request.rule.max_length = 20;
  check_made_again();
  cache.request.rule.over_length = OverLength::crop;
  check_made_again();
  cache.request.corpus.source_prefix = "de";
  check_made_again();
  cache.request.corpus.held_out = 0.2;
  check_made_again();
  cache.request.corpus.validation = true;
  check_made_again();
  cache.request.tokenizers.target = std::make_shared<Letters>("others");
  const auto made = fs::last_write_time(cache.directory() / "body.bin");
  cache.open();
  CHECK(fs::last_write_time(cache.directory() / "body.bin") != made);
}

TEST_CASE("cache: text that shrank, grew or changed is refused by name when a run goes on, else encoded again") {
  Cache cache;
  const auto first = pairs_of(cache.open());
  const auto half = [](const std::string& text) { return text.substr(0, text.find('\n', text.size() / 2) + 1); };
  cache.write(half(cache.source_), cache.target_);
  CHECK_THROWS_AS(cache.open(), DataError);
  CHECK_THROWS_WITH(cache.open(), Contains("/s]") && Contains("bytes instead of") && Contains("--fresh"));
  cache.write(cache.source_, cache.target_ + "more\n");
  CHECK_THROWS_WITH(cache.open(), Contains("/t]") && Contains("bytes instead of"));
  auto changed = cache.source_;
  changed[changed.find('\n') + 1] = 'z';
  cache.write(changed, cache.target_);
  CHECK_THROWS_WITH(cache.open(), Contains("/s]") && Contains("other text of the same size"));
  CHECK((pairs_of(cache.open(true)) != first));
  // The same text with another time is the same text.
  cache.write(changed, cache.target_);
  CHECK_NOTHROW(cache.open());
}

TEST_CASE("cache: a text that is gone or no file is named") {
  Cache cache;
  cache.request.corpus.files.source = cache.scratch / "nowhere";
  CHECK_THROWS_WITH(cache.open(), Contains("nowhere") && Contains("check the path"));
  CHECK_THROWS_AS(cache.open(), DataError);
  cache.request.corpus.files.source = "/dev/null";
  CHECK_THROWS_WITH(cache.open(), Contains("/dev/null") && Contains("a device or socket"));
}

TEST_CASE("cache: a fault of the text leaves no cache, and the former one as it was") {
  Cache cache;
  cache.scratch.file("s", "a\n\xE9\n");
  CHECK_THROWS_AS(cache.open(), DataError);
  CHECK_FALSE(fs::exists(cache.directory()));
  CHECK(fs::is_empty(cache.scratch / "data"));
}

TEST_CASE("cache: damage is noticed, and the pairs are made again") {
  Cache cache;
  const auto first = pairs_of(cache.open());
  for (const char* name : {"body.bin", "index.bin", "header.json"}) {
    auto content = slurp(cache.directory() / name);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    std::ofstream(cache.directory() / name, std::ios::binary) << content;
    CHECK((pairs_of(cache.open()) == first));
    fs::resize_file(cache.directory() / name, content.size() - 8);
    CHECK((pairs_of(cache.open()) == first));
    fs::remove(cache.directory() / name);
    CHECK((pairs_of(cache.open()) == first));
  }
}

TEST_CASE("cache: a forged one with an agreeing manifest never reaches outside its arrays") {
  Cache cache;
  const auto first = pairs_of(cache.open());
  const auto index = slurp(cache.directory() / "index.bin"), body = slurp(cache.directory() / "body.bin");
  const auto header = parse_json(slurp(cache.directory() / "header.json"), "header.json");
  const auto with_place = [&](std::size_t pair, std::uint64_t place) {
    auto forged = index;
    std::memcpy(forged.data() + 8 * pair, &place, 8);
    return forged;
  };
  const auto last = index.size() / 8 - 1;
  for (const auto& forged :
       {with_place(0, 1 << 24), with_place(10, ~0ull), with_place(10, 0), with_place(10, 5ull << 24),
        with_place(last, 1ull << 60), with_place(last, 0), index.substr(0, index.size() - 8), index.substr(0, 8),
        std::string(), index + std::string(8, '\0'), index + "x"}) {
    cache.forge("index.bin", forged);
    CHECK((pairs_of(cache.open()) == first));
  }
  for (const auto& forged : {body.substr(2), body + "xy", body + "x", std::string()}) {
    cache.forge("body.bin", forged);
    CHECK((pairs_of(cache.open()) == first));
  }
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"pairs", -1},
                                                                            {"pairs", 1ull << 63},
                                                                            {"pairs", 0},
                                                                            {"pairs", "5"},
                                                                            {"version", 9},
                                                                            {"format", "other"},
                                                                            {"files", 3},
                                                                            {"counts", 3},
                                                                            {"source_tokens", 7},
                                                                            {"made_from", {{"content", "text"}}},
                                                                            {"made_from", nullptr}}) {
    Json forged = header;
    (header["counts"].contains(key) ? forged["counts"] : forged)[key] = value;
    cache.forge("header.json", forged.dump());
    CHECK((pairs_of(cache.open()) == first));
  }
  // Ids are looked at when they are read.
  auto outside = body;
  outside[1] = '\x01';  // 256 and more
  cache.forge("body.bin", outside);
  Ids read;
  CHECK_THROWS_AS(cache.open().append_ids(0, Side::source, read), ModelError);
}

TEST_CASE("cache: forged weights that no pair may have are made again, whatever the manifest says") {
  Cache cache;
  std::string weights;
  for (int i = 0; i < 5000; ++i) weights += i % 2 == 0 ? "1\n" : "0.5\n";
  cache.request.corpus.files.weights = cache.scratch.file("w", weights);
  const auto first = cache.open().weight(0);
  CHECK(first == 0.5f);  // the first pair has a blank side
  const auto made = slurp(cache.directory() / "weights.bin");
  for (const float bad :
       {0.0f, -1.0f, 1e-30f, 1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    auto forged = made;
    std::memcpy(forged.data(), &bad, sizeof bad);
    cache.forge("weights.bin", forged);
    CHECK(cache.open().weight(0) == first);
    CHECK(slurp(cache.directory() / "weights.bin") == made);
  }
}
