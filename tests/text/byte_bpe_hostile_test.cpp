// Files of a byte-level BPE that someone damaged, or that ask for what is not GPT-2's way.
#include <cstdlib>
#include <functional>
#include <random>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/limits.h"
#include "attend/text/tokenizer.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using Catch::Matchers::Contains;

namespace {

std::string golden_text(const std::string& name) {
  const char* source = std::getenv("ATTEND_SOURCE");
  return test::slurp(std::string(source ? source : ".") + "/tests/golden/byte_bpe" + name);
}

Json tokenizer_file() { return parse_json(golden_text("_tokenizer.json"), "golden"); }

void check_refused(const std::string& file, const std::string& reason) {
  INFO(reason);
  CHECK_THROWS_AS(parse_tokenizer(file, "hostile"), ModelError);
  CHECK_THROWS_WITH(parse_tokenizer(file, "hostile"), Contains(reason));
}

// The golden file with one thing changed.
void check_refused(const std::function<void(Json&)>& change, const std::string& reason) {
  Json file = tokenizer_file();
  change(file);
  check_refused(file.dump(), reason);
}

void check_value(const char* pointer, const Json& value, const std::string& reason) {
  check_refused([&](Json& file) { file[Json::json_pointer(pointer)] = value; }, reason);
}

Json added(const char* text, std::int64_t id) { return {{"content", text}, {"id", id}, {"special", true}}; }

// Whatever a damaged file is, it is refused or a tokenizer that can be used.
bool can_be_used(const std::string& file) {
  try {
    const auto tokenizer = parse_tokenizer(file, "damaged");
    tokenizer->decode(tokenizer->encode("The baker's  131 \uFB01ne <|endoftext|>"));
    for (std::int32_t id = 0; id < tokenizer->size(); ++id) tokenizer->decode(std::vector<std::int32_t>{id});
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("tokenizer.json: settings that would give other ids are refused by name") {
  check_value("/normalizer", {{"type", "NFC"}}, "expected normalizer: null");
  check_value("/truncation", {{"max_length", 3}}, "expected truncation: null");
  check_value("/padding", {{"pad_id", 3}}, "expected padding: null");
  check_value("/pre_tokenizer", {{"type", "Whitespace"}}, "pre_tokenizer] expected type: \"ByteLevel\"");
  check_value("/pre_tokenizer", nullptr, "pre_tokenizer] expected an object");
  check_value("/pre_tokenizer/use_regex", false, "expected use_regex: true");
  check_value("/pre_tokenizer/pattern", "x", "got \"pattern\"");
  check_value("/decoder", {{"type", "WordPiece"}}, "decoder] expected");
  check_value("/post_processor", {{"type", "TemplateProcessing"}}, "post_processor] expected");
  check_value("/version", "2.0", "expected version: \"1.0\"");
  check_value("/surprise", 1, "got \"surprise\"");
  check_value("/model/type", "Unigram", "expected type: \"BPE\"");
  check_value("/model/dropout", 0.1, "expected dropout: null");
  check_value("/model/byte_fallback", true, "expected byte_fallback: false");
  check_value("/model/ignore_merges", true, "expected ignore_merges: false");
  check_value("/model/continuing_subword_prefix", "##", "expected continuing_subword_prefix: null");
  check_value("/model/end_of_word_suffix", "</w>", "expected end_of_word_suffix: null");
  check_value("/model/surprise", 1, "got \"surprise\"");
  for (const char* key : {"single_word", "lstrip", "rstrip"})
    check_value((std::string("/added_tokens/0/") + key).c_str(), true, std::string("expected ") + key + ": false");
}

TEST_CASE("tokenizer.json: settings that change no id are taken") {
  Json file = tokenizer_file();
  file["post_processor"] = {{"type", "ByteLevel"}, {"trim_offsets", false}};
  file["model"]["continuing_subword_prefix"] = "";
  file["model"].erase("type");
  file["model"]["dropout"] = 0.0;
  file["model"]["merges"][0] = "\u00e2 \u0122";  // the older way to write ["\u00e2", "\u0122"]
  const auto plain = parse_tokenizer(tokenizer_file().dump(), "a"), other = parse_tokenizer(file.dump(), "b");
  const std::string line = "twenty-nine years \u2019 old";
  CHECK(other->encode(line) == plain->encode(line));
}

TEST_CASE("tokenizer.json: ids twice, with holes, out of range or for no piece are refused") {
  check_value("/model/vocab/!", 5, "expected each id once");
  check_value("/model/vocab/!", 700, "without holes");
  check_value("/model/vocab/!", -1, "whole number");
  check_value("/model/vocab/!", 1.5, "whole number");
  check_value("/model/vocab/!", kMaxPieces, "expected ids below");
  check_value("/model/vocab", Json::array(), "expected a map");
  check_refused([](Json& file) { file["model"]["vocab"].erase("!"); }, "without holes");
  check_refused([](Json& file) { file["model"]["vocab"][""] = 700; }, "pieces of 1 to");
  check_refused([](Json& file) { file["model"]["vocab"][std::string(kMaxPieceBytes + 1, 'a')] = 700; },
                "pieces of 1 to");
  check_refused([](Json& file) { file["model"]["vocab"]["a b"] = 700; }, "byte alphabet");
  check_refused([](Json& file) { file["model"]["vocab"]["\u4e2d"] = 700; }, "byte alphabet");
  check_refused([](Json& file) { file["added_tokens"].push_back(added("<x>", 701)); }, "without holes");
  check_refused([](Json& file) { file["added_tokens"].push_back(added("<x>", 3)); }, "expected each id once");
  check_refused([](Json& file) { file["added_tokens"].push_back(added("!", 700)); }, "expected one id for");
  check_refused([](Json& file) { file["added_tokens"].push_back(file["added_tokens"][0]); }, "each added token once");
  check_refused([](Json& file) { file["added_tokens"].push_back(added("<x>", std::int64_t{1} << 40)); }, "ids below");
}

TEST_CASE("tokenizer.json: merges of unknown pieces, merges twice and bytes without a piece are refused") {
  const auto merge = [](const Json& item) { return [item](Json& file) { file["model"]["merges"].push_back(item); }; };
  check_refused(merge("! zzz"), "expected merges of pieces in the vocabulary");
  check_refused(merge({"!", "zzz"}), "expected merges of pieces in the vocabulary");
  check_refused(merge("! !"), "but no \"!!\"");
  check_refused(merge("a b c"), "merges of two pieces");
  check_refused(merge("ab"), "merges of two pieces");
  check_refused(merge(3), "merges of two pieces");
  check_refused(merge({"a", "b", "c"}), "merges of two pieces");
  check_refused([](Json& file) { file["model"]["merges"].push_back(file["model"]["merges"][0]); }, "each merge once");
  check_refused([](Json& file) { file["model"].erase("merges"); }, "expected merges: a list");
  check_refused(
      [](Json& file) {
        Json& vocab = file["model"]["vocab"];
        vocab["!!!!"] = vocab["!"];
        vocab.erase("!");
      },
      "got none for byte 33");
}

TEST_CASE("tokenizer.json: broken and deep JSON, doubled keys and text that is no UTF-8 are refused") {
  check_refused("{\"model\": ", "expected JSON");
  check_refused("{\"model\": 1}", "expected version");
  check_refused("{\"model\":" + std::string(100, '[') + std::string(100, ']') + "}", "nested at most");
  check_refused(R"({"model": {}, "model": {}})", "each key once");
  check_refused("{\"model\": {\"vocab\": {\"a\xFF\": 1}}}", "expected JSON");
  check_refused(golden_text("-vocab.json"), "vocab.json alone");
}

TEST_CASE("vocab.json and merges.txt: files that do not belong together are refused, with their names") {
  const test::Scratch scratch;
  const auto vocab = golden_text("-vocab.json"), merges = golden_text("-merges.txt");
  const auto refused = [&](const std::string& pieces, const std::string& rules, const std::string& reason) {
    TokenizerConfig config;
    config.vocab = scratch.file("vocab.json", pieces).string();
    config.merges = scratch.file("merges.txt", rules).string();
    INFO(reason);
    CHECK_THROWS_AS(train_tokenizer(config, {}), ModelError);
    CHECK_THROWS_WITH(train_tokenizer(config, {}), Contains(reason) && Contains("vocab.json"));
  };
  refused(vocab, merges.substr(merges.find('\n') + 1), "start with #version");
  refused(vocab, merges + "zz zz\n", "of another vocabulary");
  refused(vocab, merges + "\xFF \xFF\n", "of another vocabulary");
  refused(vocab, merges + "one\n", "merges line");
  refused("[]", merges, "expected a map");
  refused("{}", "#version: 0.2\n", "a piece for every byte");
  TokenizerConfig missing;
  missing.vocab = scratch.file("vocab.json", vocab).string();
  missing.merges = "no/such/file";
  CHECK_THROWS_AS(train_tokenizer(missing, {}), ModelError);
}

TEST_CASE("tokenizer.json: whatever is damaged by chance is refused or can be used") {
  const std::string file = golden_text("_prefixed.json");
  std::mt19937 random(11);
  int used = 0;
  for (int round = 0; round < 150; ++round) {
    std::string damaged = file;
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes)
      damaged[random() % damaged.size()] =
          static_cast<char>(random() % 3 == 0 ? random() : "0123456789\",:[]{}ab "[random() % 21]);
    used += can_be_used(damaged) ? 1 : 0;
    can_be_used(file.substr(0, random() % file.size()));
  }
  CHECK(used < 150);
}
