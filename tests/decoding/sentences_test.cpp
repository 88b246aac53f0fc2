// Lines cut into sentences and put together again.
#include "attend/decoding/sentences.h"

#include <nlohmann/json.hpp>

#include "attend/decoding/translation_format.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("sentences: all white space of a line is kept, and put together it is the line") {
  for (const std::string line :
       {"", "   ", "one", " One. Two!\t\u3000Three?  ", "\u00a0A b. \u6211\u3002\u4f60\u3002", "A.  B."}) {
    const SplitLine split = split_sentences(line, SentenceLanguage::any);
    std::string whole = split.before;
    for (const auto& sentence : split.sentences) {
      CHECK_FALSE(sentence.text.empty());
      CHECK_FALSE(is_space(static_cast<unsigned char>(sentence.text.front())));
      whole += sentence.text + sentence.after;
    }
    CHECK(whole == line);
  }
  CHECK(split_sentences("  ", SentenceLanguage::any).sentences.empty());
  const SplitLine two = split_sentences(" One. Two!\t ", SentenceLanguage::any);
  REQUIRE(two.sentences.size() == 2);
  CHECK(two.sentences[0].text == "One.");
  CHECK(two.sentences[1].after == "\t ");
}

TEST_CASE("sentences: the line has their translations with its own white space, jsonl each of them too") {
  const SplitLine split = split_sentences(" One.  Two! ", SentenceLanguage::any);
  const std::vector<Translation> sentences{{"Eins.", {{5, 3}, {}, -1.5, -0.75}},
                                           {"Zwei!", {{6, 7, 3}, {}, -0.5, -0.25}}};
  CHECK(format_sentences(4, split, sentences, {}) == " Eins.  Zwei! \n");
  const auto row = nlohmann::json::parse(format_sentences(4, split, sentences, {TranslationFormat::jsonl}));
  CHECK(row["line"] == 4);
  const auto& whole = row["hypotheses"][0];
  CHECK(whole["text"] == " Eins.  Zwei! ");
  CHECK(whole["log_prob"] == -2.0);
  CHECK(whole["tokens"] == 5);
  CHECK(whole["sentences"][1]["source"] == "Two!");
  CHECK(whole["sentences"][1]["text"] == "Zwei!");
  CHECK(whole["sentences"][1]["token_ids"] == std::vector<int>{6, 7, 3});
}
