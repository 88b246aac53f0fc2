// The whole path learns what can be learned without an error: to copy, and to reverse.
#include "tests/system/tiny.h"

using namespace attend::test;

namespace {

void check_learned(bool reverse) {
  const TinyRun tiny(2000, reverse);
  const std::string steps = reverse ? "training.max_steps=2000" : "training.max_steps=800";
  check_ends(tiny.train({steps, "training.schedule.type=linear", "training.validate_every=500",
                         "training.save_every=500", "training.log_every=500"}),
             0, {});
  // Greedy: what was learned is asked for, not what a search makes of it.
  const auto translated = tiny.attend({"translate", "run", "--input", "test.src", "--beam", "1", "--device", "cpu",
                                       "--precision", "fp32", "--threads", "1"});
  INFO(translated.err);
  CHECK(translated.exit_code == 0);
  CHECK(translated.out == slurp(tiny.path("test.trg")));
}

}  // namespace

TEST_CASE("learning: words never seen are copied without an error", "[system]") { check_learned(false); }
TEST_CASE("learning: words never seen are reversed without an error", "[system]") { check_learned(true); }
