// What can be asked of translate and score, as a user types it, on a model of 60 updates.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/system/tiny.h"

using namespace attend::test;
using nlohmann::json;

namespace {

// Trained once for all tests of this file.
const TinyRun& tiny() {
  static const TinyRun run;
  static const bool trained = [] {
    REQUIRE(run.train({"training.max_steps=60", "training.validate_every=60", "training.save_every=60"}).exit_code ==
            0);
    REQUIRE(run.train({"training.max_steps=40", "training.validate_every=40", "training.save_every=40", "output=other",
                       "seed=2"})
                .exit_code == 0);
    return true;
  }();
  REQUIRE(trained);
  return run;
}

ProcessResult attend_run(Lines arguments) {
  arguments.insert(arguments.end(), {"--device", "cpu", "--precision", "fp32"});
  return tiny().attend(arguments);
}

std::string result_of(const Lines& arguments) {
  const auto result = attend_run(arguments);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

std::string translate(Lines options, const Lines& models = {"run"}) {
  Lines arguments{"translate"};
  arguments.insert(arguments.end(), models.begin(), models.end());
  arguments.insert(arguments.end(), {"--input", "test.src"});
  arguments.insert(arguments.end(), options.begin(), options.end());
  return result_of(arguments);
}

std::vector<json> rows_of(const std::string& text) {
  std::vector<json> rows;
  for (const auto& line : lines_of(text)) rows.push_back(json::parse(line));
  return rows;
}

void check_refused(const Lines& arguments, int code, const Lines& messages) {
  const auto result = attend_run(arguments);
  check_ends(result, code, messages);
  CHECK(result.out.empty());
}

}  // namespace

TEST_CASE("score: the log_prob of every n-best hypothesis comes again, by token ids, whatever rules were on",
          "[system]") {
  for (const Lines& rules : {Lines{},
                             Lines{"--no-repeat-ngram", "2", "--repetition-penalty", "1.5", "--min-length", "4",
                                   "--coverage-penalty", "0.2"},
                             Lines{"--sampling", "--seed", "3"}}) {
    Lines options{"--nbest", "4", "--format", "jsonl"};
    options.insert(options.end(), rules.begin(), rules.end());
    const std::string found = translate(options);
    tiny().scratch.file("found.jsonl", found);
    const auto scored = rows_of(result_of(
        {"score", "run", "--source", "test.src", "--target", "found.jsonl", "--format", "jsonl", "--tokens"}));
    std::size_t at = 0;
    for (const json& row : rows_of(found))
      for (std::size_t k = 0; k < row["hypotheses"].size(); ++k, ++at) {
        const json &hypothesis = row["hypotheses"][k], &again = scored.at(at);
        REQUIRE(again["line"] == row["line"]);
        REQUIRE(again["hypothesis"] == k + 1);
        REQUIRE(again["tokens"] == hypothesis["tokens"]);
        REQUIRE(again["token_ids"] == hypothesis["token_ids"]);
        REQUIRE(again["token_log_probs"].size() == hypothesis["token_ids"].size());
        REQUIRE(again["log_prob"].get<double>() == Approx(hypothesis["log_prob"].get<double>()).margin(1e-4));
      }
    REQUIRE(at == scored.size());
  }
}

TEST_CASE("score: an n-best list is scored by its text; its perplexity on the validation set is that of training",
          "[system]") {
  const std::string nbest = translate({"--nbest", "3"});
  tiny().scratch.file("found.nbest", nbest);
  const Lines found = lines_of(nbest),
              scored = lines_of(result_of({"score", "run", "--source", "test.src", "--target", "found.nbest"}));
  REQUIRE(found.size() == scored.size());
  std::size_t alike = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double log_prob = std::stod(found[i].substr(found[i].find("log_prob= ") + 10));
    alike += std::abs(std::stod(scored[i]) - log_prob) < 1e-4;
  }
  CHECK(alike * 100 >= found.size() * 95);  // a hypothesis cut at the limit has no end symbol, its text gets one

  const auto result = attend_run({"score", "run", "--source", "validation.src", "--target", "validation.trg"});
  const auto at = result.err.find("perplexity ");
  REQUIRE(at != std::string::npos);
  double expected = 0;
  for (const json& row : rows_of(slurp(tiny().path("run/metrics.jsonl"))))
    if (row["split"] != "train") expected = row["perplexity"];
  CHECK(std::stod(result.err.substr(at + 11)) == Approx(expected).epsilon(1e-4));
  for (const auto& line : lines_of(result.out)) CHECK(line.find('\t') != std::string::npos);
}

TEST_CASE("ensemble: of a model with itself it is that model; of two it lies between them", "[system]") {
  const Lines options{"--format", "jsonl", "--nbest", "2"};
  const auto alone = rows_of(translate(options)),
             twice = rows_of(translate(options, {"run", "run", "--weights", "0.3,2"}));
  for (std::size_t i = 0; i < alone.size(); ++i)
    for (std::size_t k = 0; k < 2; ++k) {
      REQUIRE(twice[i]["hypotheses"][k]["text"] == alone[i]["hypotheses"][k]["text"]);
      REQUIRE(twice[i]["hypotheses"][k]["log_prob"].get<double>() ==
              Approx(alone[i]["hypotheses"][k]["log_prob"].get<double>()).margin(1e-4));
    }
  const auto score = [](Lines models) {
    models.insert(models.begin(), "score");
    models.insert(models.end(), {"--source", "test.src", "--target", "test.trg"});
    std::vector<double> log_probs;
    for (const auto& line : lines_of(result_of(models))) log_probs.push_back(std::stod(line));
    return log_probs;
  };
  const auto a = score({"run"}), b = score({"other"}), both = score({"run", "other"}),
             first = score({"run", "other", "--weights", "1,0"});
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(both[i] >= std::min(a[i], b[i]) - 1e-4);
    CHECK(first[i] == Approx(a[i]).margin(1e-4));
  }
}

TEST_CASE("translate: workers, batches and windows change nothing, in search or in sampling", "[system]") {
  for (const Lines& kind :
       {Lines{"--beam", "3", "--nbest", "2"}, Lines{"--sampling", "--nbest", "2", "--top-p", "0.9", "--seed", "7"}}) {
    Lines options{"--format", "jsonl", "--threads", "1"};
    options.insert(options.end(), kind.begin(), kind.end());
    const auto with = [&](const Lines& more) {
      Lines all = options;
      all.insert(all.end(), more.begin(), more.end());
      return translate(all);
    };
    const std::string once = with({"--batch-tokens", "60"});
    CHECK(with({"--batch-tokens", "60", "--workers", "3"}) == once);
    const auto expected = rows_of(once), other = rows_of(with({"--window", "7", "--batch-tokens", "1000"}));
    for (std::size_t i = 0; i < expected.size(); ++i)
      for (std::size_t k = 0; k < 2; ++k)
        CHECK(other[i]["hypotheses"][k]["text"] == expected[i]["hypotheses"][k]["text"]);
  }
}

TEST_CASE("translate: every translation begins with its prefix, and log_prob counts it", "[system]") {
  Lines prefixes;
  for (std::size_t i = 0; i < 100; ++i) prefixes.push_back(std::string("abcdefgh").substr(0, i % 4));
  tiny().scratch.file("prefixes", text_of(prefixes));
  const std::string found = translate({"--target-prefix", "prefixes", "--format", "jsonl"});
  const auto rows = rows_of(found);
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(rows[i]["hypotheses"][0]["text"].get<std::string>().starts_with(prefixes[i]));
  tiny().scratch.file("found.jsonl", found);
  const Lines scored = lines_of(result_of({"score", "run", "--source", "test.src", "--target", "found.jsonl"}));
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(std::stod(scored[i]) == Approx(rows[i]["hypotheses"][0]["log_prob"].get<double>()).margin(1e-4));
}

TEST_CASE("translate: alignments name each target token once, weights add up to 1", "[system]") {
  const Lines sources = lines_of(slurp(tiny().path("test.src")));
  const Lines hard = lines_of(translate({"--alignment", "hard"}));
  const auto soft = rows_of(translate({"--alignment", "soft", "--format", "jsonl"}));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto bar = hard[i].find(" ||| ");
    REQUIRE(bar != std::string::npos);
    std::istringstream pairs(hard[i].substr(bar + 5));
    std::size_t target = 0;
    for (std::string pair; pairs >> pair; ++target) {
      CHECK(static_cast<std::size_t>(std::stoi(pair)) < sources[i].size());
      CHECK(pair.substr(pair.find('-') + 1) == std::to_string(target));
    }
    CHECK(target == bar);  // a token a letter
    const json& best = soft[i]["hypotheses"][0];
    CHECK(best["alignment"].size() == best["tokens"]);
    for (const json& row : best["alignment"]) {
      double sum = 0;
      for (const json& weight : row) sum += weight.get<double>();
      CHECK(row.size() == sources[i].size() + 1);
      CHECK(sum == Approx(1.0).margin(1e-2));
    }
  }
}

TEST_CASE("translate: rules shape what comes out", "[system]") {
  for (const auto& line : lines_of(translate({"--min-length", "9"}))) CHECK(line.size() >= 9);
  for (const auto& line : lines_of(translate({"--max-length", "2"}))) CHECK(line.size() <= 2);
  for (const auto& line : lines_of(translate({"--no-repeat-ngram", "1"})))
    CHECK(std::set<char>(line.begin(), line.end()).size() == line.size());
  for (const auto& line : lines_of(translate({"--ban", "a", "--ban", "e"})))
    CHECK(line.find_first_of("ae") == std::string::npos);
}

TEST_CASE("bad input: translate and score name what does not go together", "[system]") {
  check_refused({"translate", "run", "other", "--weights", "1,2,3"}, 2, {"--weights", "2, got 3"});
  check_refused({"translate", "run", "other", "--weights", "1,-2"}, 2, {"--weights", "0 or more"});
  check_refused({"translate", "run", "--temperature", "2"}, 2, {"--temperature", "--sampling"});
  check_refused({"translate", "run", "--sampling", "--beam", "4"}, 2, {"--beam", "--nbest"});
  check_refused({"translate", "run", "--length-penalty-type", "none", "--length-penalty", "3"}, 2, {"is none"});
  check_refused({"translate", "run", "--alignment", "hrad"}, 2, {"--alignment", "did you mean \"hard\"?"});
  check_refused({"translate", "run", "--min-length", "300"}, 2, {"--min-length", "--max-length"});
  check_refused({"translate", "run", "--ban", "nothing"}, 2, {"--ban", "nothing"});
  check_refused({"translate", "run", "--target-prefix", "-"}, 2, {"--target-prefix"});
  check_refused({"score", "run", "--source", "-", "--target", "-"}, 2, {"--source", "standard input"});
  check_refused({"score", "run", "--source", "test.src", "--target", "test.trg", "--tokens"}, 2, {"--tokens", "jsonl"});
  check_refused({"score", "run", "--text", "test.src"}, 5, {"expected a language model"});

  tiny().scratch.file("few", "a\nb\nc\n");
  check_refused({"translate", "run", "--input", "test.src", "--target-prefix", "few"}, 4,
                {"few", "as many lines", "100", "got 3"});
  check_refused({"score", "run", "--source", "test.src", "--target", "few"}, 4, {"test.src and few", "100 and 3"});
  check_ends(attend_run({"score", "run", "--source", "few", "--target", "test.trg"}), 4, {"3 and 100"});
  tiny().scratch.file("foreign.jsonl", "{\"line\":1,\"hypotheses\":[{\"text\":\"a\",\"token_ids\":[4,9999]}]}\n");
  check_refused({"score", "run", "--source", "test.src", "--target", "foreign.jsonl"}, 4,
                {"foreign.jsonl", "9999", "another model"});

  REQUIRE(tiny().train({"output=smaller", "data.tokenizer.type=byte"}).exit_code == 0);
  check_refused({"translate", "run", "smaller"}, 5, {"run", "smaller", "source vocabulary", "same tokenizer"});
}
