#include <torch/types.h>

#include "attend/training/gradient_histograms.h"
#include "attend/training/metrics_log.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;

TEST_CASE("metrics: a run that goes on cuts later lines, those of an end and a torn one") {
  const Scratch scratch;
  const std::string kept = R"({"loss":2.0,"split":"train","step":10})"
                           "\n"
                           R"({"nll":1.5,"split":"validation","step":10})"
                           "\n";
  scratch.file("metrics.jsonl", kept + R"({"model":"last","split":"validation","step":10})" "\n"
                                       R"({"model":"final","split":"validation","step":10})" "\n"
                                       R"({"loss":1.0,"split":"train","step":11})" "\n" R"({"loss":1.0,"split":"tr)");
  {
    MetricsLog log(scratch.path(), 10);
    CHECK(slurp(scratch / "metrics.jsonl") == kept);
    log.write({{"split", "train"}, {"step", 11}, {"loss", 0.5}});
    log.sync();
  }
  CHECK(slurp(scratch / "metrics.jsonl") == kept + R"({"loss":0.5,"split":"train","step":11})" "\n");
}

TEST_CASE("metrics: a validation that is made again is cut, and what is no measurement or without bounds is left out") {
  const Scratch scratch;
  const std::string train = R"({"loss":2.0,"split":"train","step":10})" "\n";
  const std::string former = R"({"nll":1.5,"split":"validation","step":5})" "\n";
  scratch.file("metrics.jsonl", former + train +
                                    R"({"nll":1.5,"split":"validation","step":10})"
                                    "\n" +
                                    "[" + std::string(2 << 20, ' ') + "]\n" + std::string(100'000, '[') +
                                    "\n[1]\n{\"step\":\"many\"}\n" + train.substr(0, train.size() - 1));
  MetricsLog(scratch.path(), 10, /*validated=*/false).close();
  CHECK(slurp(scratch / "metrics.jsonl") == former + train + train);
}

TEST_CASE("metrics: every start makes an event file of its own") {
  const Scratch scratch;
  for (const int step : {0, 10}) MetricsLog(scratch.path(), step).close();
  int files = 0;
  for (const auto& item : fs::directory_iterator(scratch.path()))
    files += item.path().filename().string().starts_with("events.out.tfevents.");
  CHECK(files == 2);
}

TEST_CASE("histograms: each value is counted in the bucket whose limits hold it") {
  const std::vector<double> values{-3.0, -3.0, -1e-30, 0.0, 1e-13, 0.5, 2.5e19, 1e30, std::nan(""), INFINITY};
  const auto histogram = histogram_of(torch::tensor(values, torch::kFloat64));
  CHECK((histogram.count == 8 && histogram.min == -3.0 && histogram.max == 1e30));
  CHECK(histogram.sum_of_squares == Approx(1e60));
  REQUIRE(histogram.limits.size() == histogram.counts.size());
  double lower = -INFINITY, total = 0;
  for (std::size_t i = 0; i < histogram.limits.size(); ++i) {
    CHECK(lower < histogram.limits[i]);
    const auto expected = std::ranges::count_if(
        values, [&](double v) { return v >= lower && v < histogram.limits[i] && std::isfinite(v); });
    CHECK(histogram.counts[i] == static_cast<double>(expected));
    total += histogram.counts[i];
    lower = histogram.limits[i];
  }
  CHECK(total == histogram.count);
  CHECK(histogram.limits.size() < 20);  // empty ones are not listed one by one
}
