// The YAML layer: what it refuses whatever the keys are.
#include "attend/config/yaml_tree.h"

#include "tests/config/faults.h"

using namespace attend;

namespace {

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("yaml: a file full of faults is told in a hundred lines, and their number") {
  std::string yaml;
  for (int i = 0; i < 60000; ++i) yaml += concat("k", i, ": 1\n");
  const auto faults = faults_of(yaml);
  CHECK(std::count(faults.begin(), faults.end(), '\n') == 100);
  CHECK_THAT(faults, has("60,0") && has(" errors, of which the first 100 found are shown"));
}

TEST_CASE("yaml: a key given twice is refused, with both lines") {
  CHECK(faults_of("seed: 1\nmodel:\n  dropout: 0.1\n  bias: true\n  dropout: 0.2\n") ==
        "a.yaml:5:3 model.dropout: given twice (line 3)\n1 error");
  CHECK_THAT(faults_of("model: {bias: true, bias: true}"),
             has("a.yaml:1:21 model.bias: given twice (line 1)"));
  CHECK_THAT(faults_of("seed: 1\nseed: 1\n"), has("a.yaml:2:1 seed: given twice (line 1)"));
}

TEST_CASE("yaml: anchors, aliases, merge keys and tags are refused") {
  CHECK_THAT(faults_of("model: &m {bias: true}\n"), has("anchors"));
  CHECK_THAT(faults_of("seed: &s 1\ntraining: {max_steps: *s}\n"),
             has("a.yaml:2:23 training.max_steps: aliases"));
  CHECK_THAT(faults_of("data: &a [*a]\n"), has("aliases"));
  CHECK_THAT(faults_of("seed: *nothing\n"), has("a.yaml:1:"));
  CHECK_THAT(faults_of("model:\n  <<: {bias: true}\n"), has("a.yaml:2:3 model: merge keys"));
  CHECK_THAT(faults_of("seed: !!int 1\n"), has("tags"));
  CHECK_THAT(faults_of("{[a]: 1}\n"), has("a key is a plain word"));
}

TEST_CASE("yaml: a tab in front of a line is named") {
  for (const std::string text : {"data:\n\ttrain: x\n", "data:\n  a: 1\n\tb: 2\n"})
    CHECK_THAT(faults_of(text),
               has(":1 : a tab in front of a line; write spaces") || has(":1 a tab in front of a line; write spaces"));
  CHECK_THAT(faults_of("data:\n  a: 1\n  \tb: 2\n"), has("a.yaml:3:3") && has("a tab in front of a line"));
  CHECK_THAT(faults_of("seed: [1\n"), !has("a tab"));
  CHECK(faults_of("seed:\t1\t# tabs behind words are white space\n").empty());
}

TEST_CASE("yaml: one document a file, and not an empty one") {
  CHECK_THAT(faults_of("seed: 1\n---\nseed: 2\n"), has("a second document"));
  CHECK(faults_of("---\nseed: 1\n...\n").empty());
  for (const std::string nothing : {"", "\n\n", "# a comment\n", "   "})
    CHECK_THAT(faults_of(nothing), has("empty"));
  for (const std::string shape : {"~", "---\n", "5", "[1, 2]", "text", "- a\n"})
    CHECK_THAT(faults_of(shape), has("expected keys"));
}

TEST_CASE("yaml: size and depth have limits") {
  CHECK_THAT(faults_of("seed: 1 #" + std::string(kMaxYamlBytes, 'x')), has("larger than 1 MiB"));
  CHECK(faults_of("seed: 1 #" + std::string(kMaxYamlBytes - 9, 'x')).empty());
  for (const int depth : {65, 400, 5000, 100000}) {
    CHECK_THAT(faults_of("seed: " + repeated("[", depth)), has("a.yaml:1:"));
    CHECK_THAT(faults_of("seed: " + repeated("{a: ", depth)), has("a.yaml:1:"));
  }
  CHECK_THAT(faults_of("seed: " + repeated("[", 70) + repeated("]", 70)), has("nested deeper than 64"));
}

TEST_CASE("yaml: what is not YAML is told with line and column") {
  CHECK_THAT(faults_of("model:\n\tbias: true\n"), has("a.yaml:2:"));
  CHECK_THAT(faults_of("seed: 1\nmodel: {bias: true\n"), has("not YAML: "));
  for (const std::string quote : {"\"", "'"})
    for (const std::string text : {"a\n", "a", "a\nmodel: {bias: true}\n", "\xC3\xBC\\"}) {
      INFO(quote << text);
      CHECK_THAT(faults_of("seed: 1\noutput: " + quote + text), has("a.yaml:"));
      CHECK_THAT(faults_of("\xEF\xBB\xBFseed: 1\r\noutput: " + quote + text), has("not YAML: "));
    }
  CHECK(faults_of("# gr\xC3\xBCn\noutput: 'it''s'\n").empty());
  CHECK(faults_of("output: \"a\\\"b\"\n").empty());
  CHECK(faults_of("output: |\n  \"a\n").empty());
  CHECK_THAT(faults_of("seed: 1\n  bias: true\n"), has("a.yaml:2:"));
  CHECK_THAT(faults_of("seed: 1\nmodel {bias: true}\n"), has("a.yaml:"));
  CHECK(faults_of("seed: 1\n# gr\xFCn\n") == "a.yaml:2:5 invalid UTF-8; save the file as UTF-8\n1 error");
  CHECK(faults_of("seed: 1\nmodel: \x01\n") == "a.yaml:2:8 a control character\n1 error");
  CHECK_THAT(faults_of(std::string("seed: 1\0", 8)), has("a control character"));
}

TEST_CASE("yaml: a byte order mark and Windows line ends are taken") {
  CHECK(parse_config("\xEF\xBB\xBFseed: 7\r\nmodel:\r\n  bias: false\r\n", "a.yaml").config.seed == 7);
  CHECK_FALSE(parse_config("seed: 7\r\nmodel:\r\n  bias: false\r\n", "a.yaml").config.model.bias);
}

TEST_CASE("yaml: a key that holds control characters is shown with them written out, in one line") {
  const auto faults = faults_of("\"\\e]0;pwned\\a\\e[31mX\\n5 errors\": 1\n");
  CHECK_THAT(faults, has("\\x1b]0;pwned\\x07\\x1b[31mX\\n5 errors: unknown key"));
  CHECK(std::count(faults.begin(), faults.end(), '\n') == 1);
  CHECK(faults.find('\x1B') == std::string::npos);
}
