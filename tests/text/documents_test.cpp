// Documents of text files and JSON lines.
#include "attend/text/documents.h"

#include "attend/core/error.h"
#include "tests/support/gzip.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

namespace {

Texts documents(const DocumentCorpus& corpus) {
  DocumentReader reader(corpus);
  Texts texts;
  for (std::string text; reader.next(text);) texts.push_back(text);
  return texts;
}

struct Given {
  Scratch scratch;
  DocumentCorpus corpus;
  explicit Given(const std::string& text, DocumentRule rule = DocumentRule::file, const std::string& field = "") {
    corpus.file = scratch.file("text", text);
    corpus.rule = rule;
    corpus.field = field;
  }
  Texts read() const { return documents(corpus); }
};

}  // namespace

TEST_CASE("documents: a file, its lines, or what stands between blank lines") {
  const std::string text = "one\ntwo\n\n \nthree";
  CHECK(Given(text).read() == Texts{text});
  CHECK(Given(text + "\n").read() == Texts{text + "\n"});
  CHECK(Given(text, DocumentRule::line).read() == Texts{"one", "two", "three"});
  CHECK(Given(text, DocumentRule::blank_line).read() == Texts{"one\ntwo", "three"});
}

TEST_CASE("documents: a field of JSON lines, escapes undone") {
  // Lines are documents, whatever the rule for plain text was.
  const auto rule = GENERATE(DocumentRule::file, DocumentRule::line, DocumentRule::blank_line);
  const Given given("{\"text\": \"a\\nb\", \"n\": 1}\n\n{\"text\": \"\"}\n{\"n\": 2, \"text\": \"\\u00e9\"}\n", rule,
                    "text");
  CHECK(given.read() == Texts{"a\nb", "\xC3\xA9"});
}

TEST_CASE("documents: a long file comes in parts that are the file, each ending before a line that is not blank") {
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) text += "line " + std::to_string(i) + (i % 3 == 0 ? "\n\n" : "\n");
  const auto parts = Given(text).read();
  CHECK(parts.size() > 2);
  std::string all;
  for (const auto& part : parts) {
    CHECK(part.front() != '\n');
    all += part;
  }
  CHECK(all == text);
}

TEST_CASE(
    "documents: a file of one long line comes in parts between words, or between characters where there are none") {
  std::string words, letters;
  for (int i = 0; words.size() < 3'000'000; ++i) {
    words += i % 7 == 0 ? "  w" : " w";
    words += std::to_string(i);
  }
  while (letters.size() < 1'000'001) letters += "\xC3\xA9";
  for (const auto& text : {words, letters, words + "\n" + words}) {
    const auto parts = Given(text).read();
    CHECK(parts.size() > text.size() / 600'000);
    std::string all;
    for (const auto& part : parts) {
      CHECK(part.size() <= 2 << 18);
      CHECK((text == letters || part.starts_with(" w") || part.starts_with("  w")));
      all += part;
    }
    CHECK(all == text);
  }
  CHECK_THROWS_WITH(Given("a\n" + words + "\xFF").read(),
                    Contains("text:2:" + std::to_string(words.size() + 1)) && Contains("UTF-8"));
}

TEST_CASE("documents: JSON of a book is longer than a sentence may be") {
  const std::string book(2'000'000, 'a');
  CHECK(Given("{\"text\": \"" + book + "\"}\n", DocumentRule::file, "text").read() == Texts{book});
}

TEST_CASE("documents: gzip is text") {
  Scratch scratch;
  DocumentCorpus corpus;
  corpus.file = scratch.file("text.gz", test::gzipped("one\ntwo\n"));
  corpus.rule = DocumentRule::line;
  CHECK(documents(corpus) == Texts{"one", "two"});
}

TEST_CASE("documents: each is trained on or validated on, and never both") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "document " + std::to_string(i) + "\n";
  Given given(text, DocumentRule::line);
  const auto all = given.read();
  given.corpus.held_out = 0.2;
  const auto kept = given.read();
  given.corpus.validation = true;
  const auto held = given.read();
  CHECK(kept.size() + held.size() == all.size());
  CHECK((held.size() > 130 && held.size() < 270));
  for (const auto& document : held) CHECK(std::find(kept.begin(), kept.end(), document) == kept.end());
}

TEST_CASE("documents: faults are named with their line") {
  CHECK_THROWS_WITH(Given("ok\n\xFF\n").read(), Contains("text:2:1") && Contains("UTF-8"));
  CHECK_THROWS_WITH(Given("").read(), Contains("expected text, got none"));
  CHECK_THROWS_WITH(Given("\n\n", DocumentRule::line).read(), Contains("expected text, got none"));
  CHECK_THROWS_AS(Given("{\"text\": 1}\n", DocumentRule::file, "text").read(), DataError);
  CHECK_THROWS_WITH(Given("{\"text\": \"a\"}\n{\"body\": \"a\"}\n", DocumentRule::file, "text").read(),
                    Contains("text:2:1") && Contains("\"text\""));
  CHECK_THROWS_AS(Given("{\"text\"\n", DocumentRule::file, "text").read(), DataError);
}

TEST_CASE("documents: each is numbered by the line at which it begins") {
  const auto lines_of = [](const Given& given) {
    DocumentReader reader(given.corpus);
    std::vector<std::int64_t> lines;
    for (std::string text; reader.next(text);) lines.push_back(reader.line_number());
    return lines;
  };
  using Numbers = std::vector<std::int64_t>;
  CHECK(lines_of(Given("\n\none\ntwo\n\n\nthree\nfour\n", DocumentRule::blank_line)) == Numbers{3, 7});
  CHECK(lines_of(Given("one\n\ntwo\n", DocumentRule::line)) == Numbers{1, 3});
  CHECK(lines_of(Given("one\n\ntwo\n", DocumentRule::file)) == Numbers{1});
}

TEST_CASE("documents: a tokenizer sees them whole, SentencePiece line by line") {
  const Given given("one\ntwo\n\nthree\n", DocumentRule::blank_line);
  const auto read = [&](bool as_lines) {
    const auto next = documents_of({given.corpus, given.corpus}, as_lines);
    Texts texts;
    for (std::string text; next(text);) texts.push_back(text);
    return texts;
  };
  CHECK(read(false) == Texts{"one\ntwo", "three", "one\ntwo", "three"});
  CHECK(read(true) == Texts{"one", "two", "three", "one", "two", "three"});
}
