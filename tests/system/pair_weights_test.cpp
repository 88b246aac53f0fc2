// data.train.pair_weights as a user meets it.
#include "tests/system/run_files.h"

using namespace attend::test;

namespace {

std::string hash_of(const TinyRun& tiny, const std::string& name, Lines settings) {
  const std::string output = "runs/" + name;
  settings.push_back("output=" + output);
  const auto result = tiny.train(settings);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return weights_hash(tiny.path(output + "/final"));
}

const Lines kTsv{"data.train.source=\"\"", "data.train.target=\"\"", "data.train.tsv=train.tsv",
                 "data.train.pair_weights=column"};

}  // namespace

TEST_CASE("pair weights: of 1 they change nothing, of 0 they leave pairs out, as a column or a file", "[system]") {
  const TinyRun tiny;
  const Lines source = lines_of(slurp(tiny.path("train.src"))), target = lines_of(slurp(tiny.path("train.trg")));
  Lines ones(source.size(), "1"), some, tsv, kept_source, kept_target;
  for (std::size_t i = 0; i < source.size(); ++i) {
    some.push_back(i % 5 == 0 ? "0" : i % 5 == 1 ? "0.25" : "2");
    tsv.push_back(source[i] + "\t" + target[i] + "\t" + some.back());
    if (i % 5 == 0) continue;
    kept_source.push_back(source[i]);
    kept_target.push_back(target[i]);
  }
  for (const auto& [name, lines] : {std::pair{"ones", &ones},
                                    {"some", &some},
                                    {"train.tsv", &tsv},
                                    {"kept.src", &kept_source},
                                    {"kept.trg", &kept_target}})
    tiny.scratch.file(name, text_of(*lines));
  const auto plain = hash_of(tiny, "plain", {});
  CHECK(hash_of(tiny, "ones", {"data.train.pair_weights=ones"}) == plain);
  const auto weighted = hash_of(tiny, "some", {"data.train.pair_weights=some"});
  CHECK(weighted != plain);
  CHECK(hash_of(tiny, "column", kTsv) == weighted);

  Lines zero_or_one;
  for (std::size_t i = 0; i < source.size(); ++i) zero_or_one.push_back(i % 5 == 0 ? "0" : "1");
  tiny.scratch.file("zeros", text_of(zero_or_one));
  CHECK(hash_of(tiny, "zeros", {"data.train.pair_weights=zeros"}) ==
        hash_of(tiny, "kept", {"data.train.source=kept.src", "data.train.target=kept.trg"}));

  // Stopped and gone on, from the cache and without it; other weights are other data.
  const Lines longer{"output=runs/some", "data.train.pair_weights=some", "training.max_steps=12"};
  check_ends(tiny.train(longer), 0, {"resuming after update 6"});
  CHECK(weights_hash(tiny.path("runs/some/final")) ==
        hash_of(tiny, "straight", {"data.train.pair_weights=some", "training.max_steps=12"}));
  tiny.scratch.file("some", text_of(ones));
  check_ends(tiny.train({"output=runs/some", "data.train.pair_weights=some", "training.max_steps=13"}), 4,
             {"[some]", "--continue-with-new-data"});
}

TEST_CASE("bad input: weights of pairs", "[system]") {
  const TinyRun tiny;
  const Lines source = lines_of(slurp(tiny.path("train.src")));
  Lines weights(source.size(), "1");
  const auto refused = [&](const Lines& settings, int code, const Lines& messages) {
    check_ends(tiny.train(settings), code, messages);
    CHECK_FALSE(std::filesystem::exists(tiny.path("run")));
  };
  for (const std::string bad : {"-0.5", "heavy", ""}) {
    weights[6] = bad;
    tiny.scratch.file("weights", text_of(weights));
    refused({"data.train.pair_weights=weights"}, 4, {"[weights:7:1]", "0 or a number from 1e-9"});
  }
  weights.assign(source.size() - 1, "1");
  tiny.scratch.file("weights", text_of(weights));
  refused({"data.train.pair_weights=weights"}, 4, {"[weights]", "got 299 lines"});
  refused({"data.train.pair_weights=nowhere"}, 4, {"nowhere"});
  refused({"data.train.pair_weights=column"}, 3, {"data.train.pair_weights", "third column of a tsv"});
  tiny.scratch.file("train.tsv", "ab\tba\n");
  refused(kTsv, 4, {"train.tsv:1:1", "a weight", "1 tab"});
  weights.assign(source.size(), "0");
  tiny.scratch.file("weights", text_of(weights));
  refused({"data.train.pair_weights=weights"}, 4, {"expected"});
}
