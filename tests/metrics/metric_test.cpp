#include "attend/metrics/metric.h"

#include <numeric>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "tests/metrics/golden.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr double kTolerance = 1e-9;

struct Named {
  MetricType metric;
  MetricOptions options;
};

// "bleu zh lowercase" as scripts/goldens/metrics.py writes it.
Named named(const std::string& name) {
  Named result{};
  for (const std::string& word : split(name, ' ')) {
    if (const auto metric = value_of<MetricType>(word)) result.metric = *metric;
    if (const auto tokenizer = value_of<BleuTokenizer>(word)) result.options.tokenizer = *tokenizer;
    result.options.lowercase = result.options.lowercase || word == "lowercase";
    result.options.sentence = result.options.sentence || word == "sentence";
  }
  return result;
}

MetricScore score_of(const Named& name, const Json& entry) {
  const auto hypotheses = entry["hypotheses"].get<std::vector<std::string>>();
  const auto scored =
      score_lines(name.metric, name.options, hypotheses, entry["references"].get<References>());
  std::vector<std::int64_t> lines(hypotheses.size());
  std::iota(lines.begin(), lines.end(), 0);
  return scored->score(lines);
}

// In the order of the goldens: score, then what else there is.
std::vector<double> numbers(MetricType metric, const MetricScore& score) {
  std::vector<double> result{score.score};
  const auto append = [&](const char* field) { result.push_back(score.fields[field].get<double>()); };
  if (metric == MetricType::bleu) {
    for (const char* field : {"bp", "sys_len", "ref_len"}) append(field);
    for (const Json& precision : score.fields["precisions"]) result.push_back(precision.get<double>());
  }
  if (metric == MetricType::ter)
    for (const char* field : {"num_edits", "ref_length"}) append(field);
  return result;
}

void check_equal(const std::vector<double>& ours, const std::vector<double>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) CHECK(std::abs(ours[i] - theirs[i]) <= kTolerance);
}

void check_all(const Json& entry, const Json& expected, bool lowercase) {
  for (const auto& [name, theirs] : expected.items()) {
    INFO(name << (lowercase ? ", lower case" : ""));
    Named metric = named(name);
    metric.options.lowercase = lowercase;
    check_equal(numbers(metric.metric, score_of(metric, entry)), theirs.get<std::vector<double>>());
  }
}

}  // namespace

TEST_CASE("metric: every metric, tokenizer and case equals sacreBLEU on hard lines") {
  REQUIRE(test::metrics_golden()["cases"].size() > 200);
  for (const Json& entry : test::metrics_golden()["cases"]) {
    INFO(entry["hypotheses"][0]);
    check_all(entry, entry["scores"], false);
    check_all(entry, entry["lowercase"], true);
  }
}

TEST_CASE("metric: scores of single lines equal sacreBLEU's") {
  for (const Json& entry : test::metrics_golden()["cases"])
    for (const auto& [name, theirs] : entry["sentence"].items()) {
      INFO(name << ": " << entry["hypotheses"][0]);
      Named metric = named(name);
      metric.options.sentence = true;
      CHECK(std::abs(score_of(metric, entry).score - theirs.get<double>()) <= kTolerance);
    }
}

TEST_CASE("metric: signatures are sacreBLEU's but for the program that made the numbers") {
  const auto fields = [](const std::string& signature) {
    return signature.substr(0, signature.find("|version:"));
  };
  const auto check = [&](const std::string& name, const Evaluation& evaluation, const std::string& theirs) {
    const Named metric = named(name);
    const std::string ours = metric_signature(metric.metric, metric.options, evaluation);
    CHECK(fields(ours) == fields(theirs));
    CHECK(ours.find("|version:attend-") != std::string::npos);
    CHECK(ours.ends_with(", sacrebleu-2.6-compatible"));
  };
  for (const auto& [name, theirs] : test::metrics_golden()["signatures"].items())
    check(name, {.references = 2}, theirs.get<std::string>());
  for (const Json& entry : test::metrics_golden()["paired"])
    for (const auto& [name, theirs] : entry["tests"].items())
      check(name, {entry["references"].size(), true}, theirs["signature"].get<std::string>());
}

TEST_CASE("metric: a corpus of chosen lines is the corpus of those lines") {
  const std::vector<std::string> hypotheses{"the cat sat", "a dog barks", ""};
  const References references{{"the cat sat down", "the dog barks", "nothing"}};
  for (const MetricType metric : values_of<MetricType>()) {
    const auto scored = score_lines(metric, {}, hypotheses, references);
    const auto twice = score_lines(metric, {}, {hypotheses[1], hypotheses[0], hypotheses[1]},
                                   {{references[0][1], references[0][0], references[0][1]}});
    const std::vector<std::int64_t> chosen{1, 0, 1}, all{0, 1, 2};
    CHECK(scored->score(chosen).score == twice->score(all).score);
    CHECK(scored->score(chosen).fields == twice->score(all).fields);
    CHECK_THROWS_AS(score_lines(metric, {}, hypotheses, {{"a"}}), DataError);
    CHECK(score_lines(metric, {}, {}, {{}})->score({}).score == 0);
  }
}
