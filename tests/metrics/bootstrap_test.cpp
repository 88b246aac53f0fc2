#include "attend/metrics/bootstrap.h"

#include "attend/core/error.h"
#include "attend/metrics/metric.h"
#include "tests/metrics/golden.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr double kBootstrapTolerance = 1e-9;
constexpr double kSingle = 1e-4;  // what sums in fp32 leave of a score

struct Systems {
  std::unique_ptr<ScoredLines> system, baseline;
};

Systems systems_of(const Json& entry, MetricType metric) {
  const auto references = entry["references"].get<References>();
  return {score_lines(metric, {}, entry["hypotheses"].get<std::vector<std::string>>(), references),
          score_lines(metric, {}, entry["baseline"].get<std::vector<std::string>>(), references)};
}

ScoreOfLines score_of(const ScoredLines& scored) {
  return [&scored](std::span<const std::int64_t> lines) { return scored.score(lines).score; };
}

void check(const BootstrapEstimate& ours, const Json& theirs, double tolerance) {
  CHECK(std::abs(ours.mean - theirs["mean"].get<double>()) <= tolerance);
  CHECK(std::abs(ours.confidence - theirs["ci"].get<double>()) <= tolerance);
}

}  // namespace

TEST_CASE("bootstrap: draws are numpy's") {
  for (const Json& entry : test::metrics_golden()["draws"]) {
    BootstrapDraws draws(entry["bound"].get<std::uint32_t>());
    for (const Json& theirs : entry["draws"]) CHECK(draws.next() == theirs.get<std::int64_t>());
  }
}

TEST_CASE("bootstrap: means, intervals and p-values are sacreBLEU's paired test's") {
  for (const Json& entry : test::metrics_golden()["paired"])
    for (const auto& [name, theirs] : entry["tests"].items()) {
      INFO(name);
      const Systems systems = systems_of(entry, *value_of<MetricType>(name.substr(0, name.find(' '))));
      const PairedBootstrap ours = paired_bootstrap(static_cast<std::int64_t>(entry["hypotheses"].size()),
                                                    score_of(*systems.system), score_of(*systems.baseline));
      CHECK(ours.p_value == theirs["p_value"].get<double>());
      check(ours.system, theirs["system"], kSingle);
      check(ours.baseline, theirs["baseline"], kSingle);
      check(ours.system, theirs["exact"]["system"], kBootstrapTolerance);
      check(ours.baseline, theirs["exact"]["baseline"], kBootstrapTolerance);
    }
}

TEST_CASE("bootstrap: a difference that every sample shows is significant, one that none shows is not") {
  const auto mean_line = [](std::span<const std::int64_t> lines) {
    double sum = 0;
    for (const std::int64_t line : lines) sum += static_cast<double>(line);
    return sum / static_cast<double>(lines.size());
  };
  const auto better = [&](std::span<const std::int64_t> lines) { return mean_line(lines) + 1; };
  CHECK(paired_bootstrap(100, better, mean_line).p_value == Approx(1.0 / 1001));
  const PairedBootstrap same = paired_bootstrap(100, mean_line, mean_line);
  CHECK(same.p_value == 1);
  CHECK(same.system.mean == Approx(49.5).margin(0.5));
  CHECK(same.system.confidence == Approx(1.96 * 28.87 / 10).epsilon(0.1));  // normal theory
  CHECK_THROWS_AS(paired_bootstrap(0, mean_line, mean_line), DataError);
}
