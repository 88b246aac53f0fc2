// Text as ids: cached or in memory it is the same; ids of other programs are read as they are, and checked.
#include "attend/data/token_cache.h"

#include <fstream>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "tests/support/letters.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using TokenIds = std::vector<std::int64_t>;

namespace {

TokenIds all_of(const TokenStore& store) {
  TokenIds all(static_cast<std::size_t>(store.size()));
  store.read(0, store.size(), all.data());
  return all;
}

TokenIds letters(const std::string& text) { return {text.begin(), text.end()}; }

TextRequest request_of(const fs::path& file, DocumentRule rule) {
  TextRequest request;
  request.corpus.file = file;
  request.corpus.rule = rule;
  request.corpus.name = "train";
  request.tokenizer = std::make_shared<test::Letters>();
  return request;
}

template <class Number>
std::string bytes(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

// The header of llm.c before ids.
std::string with_header(std::int32_t count, const std::string& ids, std::int32_t magic = 20240520,
                        std::int32_t version = 1) {
  std::vector<std::int32_t> header(256);
  header[0] = magic;
  header[1] = version;
  header[2] = count;
  return bytes(header) + ids;
}

// From here on texts must be what they were.
void goes_on(const DataCache& cache) {
  cache.record->before = cache.record->now;
  cache.record->may_change = false;
}

TokenStore read(const fs::path& file, TokenStreamConfig stream = {"", 60000}, const DataCache& cache = {}) {
  stream.file = file.string();
  return read_stream(stream, cache, "train-1");
}

}  // namespace

TEST_CASE("text: one document is its text; several have a start and an end symbol each") {
  const Scratch scratch;
  const auto file = scratch.file("text", "ab\nc\n");
  CHECK(all_of(read_text(request_of(file, DocumentRule::file), {}, "")) == letters("ab\nc\n"));
  CHECK((all_of(read_text(request_of(file, DocumentRule::line), {}, "")) == TokenIds{2, 'a', 'b', 3, 2, 'c', 3}));
}

TEST_CASE("text: a cache holds what memory would, is used again, and is made again for another rule") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i) + "\n";
  const auto file = scratch.file("text", text);
  const DataCache cache{scratch / "data"};
  for (const auto rule : values_of<DocumentRule>()) {
    const auto request = request_of(file, rule);
    const auto expected = all_of(read_text(request, {}, ""));
    CHECK(all_of(read_text(request, cache, "train-1")) == expected);
    const auto made = fs::last_write_time(scratch / "data/train-1/tokens.bin");
    CHECK(all_of(read_text(request, cache, "train-1")) == expected);
    CHECK(fs::last_write_time(scratch / "data/train-1/tokens.bin") == made);
  }
  goes_on(cache);
  scratch.file("text", text + "more\n");
  CHECK_THROWS_AS(read_text(request_of(file, DocumentRule::line), cache, "train-1"), DataError);
}

TEST_CASE("text: a cache of text whose special symbols were letters is made again when they are symbols") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "some words <s> and more\n";
  const auto file = scratch.file("text", text);
  TokenizerConfig config;
  config.type = TokenizerType::bpe;
  config.vocab_size = 300;
  const auto trained = train_tokenizer(config, lines_of(std::vector<fs::path>{file}));
  const auto path = scratch.file("tokenizer.json", trained->serialized());
  const DataCache cache{scratch / "data"};
  for (const auto spelled : {SpelledSpecials::text, SpelledSpecials::symbols, SpelledSpecials::text}) {
    auto request = request_of(file, DocumentRule::line);
    request.tokenizer = load_tokenizer(path, spelled);
    CHECK(all_of(read_text(request, cache, "train-1")) == all_of(read_text(request, {}, "")));
  }
}

TEST_CASE("text: a damaged cache is made again, and a fault of the text leaves none") {
  const Scratch scratch;
  const auto file = scratch.file("text", "some text\n");
  const DataCache cache{scratch / "data"};
  const auto request = request_of(file, DocumentRule::file);
  read_text(request, cache, "train-1");
  for (const char* name : {"tokens.bin", "header.json"}) {
    fs::resize_file(scratch / "data/train-1" / name, 6);
    CHECK(all_of(read_text(request, cache, "train-1")) == letters("some text\n"));
  }
  const auto bad = scratch.file("bad", "fine\n\xC3\n");
  CHECK_THROWS_WITH(read_text(request_of(bad, DocumentRule::file), cache, "train-2"), Contains("bad:2:1"));
  CHECK_FALSE(fs::exists(scratch / "data/train-2"));
}

TEST_CASE("streams: ids of nanoGPT and of llm.c are read as they are") {
  const Scratch scratch;
  const std::vector<std::uint16_t> ids{7, 50256, 0, 40000};
  const TokenIds expected(ids.begin(), ids.end());
  CHECK(all_of(read(scratch.file("raw.bin", bytes(ids)))) == expected);
  CHECK(all_of(read(scratch.file("llmc.bin", with_header(4, bytes(ids))))) == expected);
  const std::vector<std::uint32_t> wide{7, 100000};
  CHECK((all_of(read(scratch.file("wide.bin", bytes(wide)), {"", 200000, IdType::uint32})) == TokenIds{7, 100000}));
  const auto llama3 = scratch.file("llama3.bin", with_header(2, bytes(wide), 20240801, 7));
  CHECK((all_of(read(llama3, {"", 200000, IdType::uint32})) == TokenIds{7, 100000}));
}

TEST_CASE("streams: the header of llm.c says which ids follow, whatever the config says") {
  const Scratch scratch;
  const std::vector<std::uint16_t> narrow{7, 8};
  const std::vector<std::uint32_t> wide{7, 8};
  const auto llama3 = scratch.file("llama3.bin", with_header(2, bytes(wide), 20240801, 7)),
             gpt2 = scratch.file("gpt2.bin", with_header(2, bytes(narrow)));
  CHECK_THROWS_WITH(read(llama3), Contains("expected ids of type uint16") && Contains("set tokens.type to uint32"));
  CHECK_THROWS_WITH(read(gpt2, {"", 9, IdType::uint32}), Contains("set tokens.type to uint16"));
  CHECK_THROWS_WITH(read(scratch.file("two.bin", with_header(2, bytes(narrow), 20240520, 2))),
                    Contains("expected version 1 of llm.c's files of uint16 ids, got version 2"));
  CHECK_THROWS_WITH(read(scratch.file("cut.bin", with_header(2, bytes(narrow)).substr(0, 800))),
                    Contains("expected a header of 1024 bytes") && Contains("cut short"));
  CHECK_THROWS_WITH(read(scratch.file("negative.bin", with_header(-2, bytes(narrow)))),
                    Contains("expected a number of ids in the header of llm.c, got -2"));
}

TEST_CASE("streams: a zero at every second place is told, as of wider ids") {
  const Scratch scratch;
  const auto log_of = [&](const auto& ids, IdType type) {
    open_log_file(scratch / "log.txt");
    read(scratch.file("ids.bin", bytes(ids)), {"", 60000, type});
    close_log_file();
    std::ifstream log(scratch / "log.txt");
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    fs::remove(scratch / "log.txt");
    return text;
  };
  std::vector<std::uint32_t> wide(100);
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<std::uint32_t>(i * 7 % 500);
  std::vector<std::uint16_t> zeros(100, 0);
  CHECK_THAT(log_of(wide, IdType::uint16), Contains("every second id is 0"));
  CHECK_THAT(log_of(wide, IdType::uint32), !Contains("every second id"));
  CHECK_THAT(log_of(zeros, IdType::uint16), !Contains("every second id"));
}

TEST_CASE("streams: an id outside the vocabulary is named with its place; torn and empty files are refused") {
  const Scratch scratch;
  std::vector<std::uint16_t> ids(3'000'000, 5);
  ids[2'500'000] = 50;
  const auto file = scratch.file("ids.bin", bytes(ids));
  CHECK_NOTHROW(read(file, {"", 51}));
  CHECK_THROWS_WITH(read(file, {"", 50}), Contains("expected ids below 50, got 50 at place 2500000"));
  CHECK_THROWS_AS(read(file, {"", 50}, {scratch / "data"}), DataError);
  CHECK_FALSE(fs::exists(scratch / "data/train-1"));
  CHECK_THROWS_AS(read(scratch.file("torn.bin", "abc")), DataError);
  CHECK_THROWS_AS(read(scratch.file("empty.bin", "")), DataError);
  CHECK_THROWS_AS(read(scratch.file("short.bin", with_header(5, bytes(std::vector<std::uint16_t>(4))))), DataError);
  CHECK_THROWS_AS(read(scratch / "nowhere.bin"), DataError);
}

TEST_CASE("streams: with a cache the ids are checked once, and a file that changed under a run is refused") {
  const Scratch scratch;
  const DataCache cache{scratch / "data"};
  const auto file = scratch.file("ids.bin", bytes(std::vector<std::uint16_t>{1, 2, 3}));
  CHECK(all_of(read(file, {"", 10}, cache)) == TokenIds{1, 2, 3});
  CHECK(all_of(read(file, {"", 10}, cache)) == TokenIds{1, 2, 3});
  goes_on(cache);
  scratch.file("ids.bin", bytes(std::vector<std::uint16_t>{1, 2, 3, 4}));
  CHECK_THROWS_AS(read(file, {"", 10}, cache), DataError);
}
