// attend model seal and average --last: a model that was edited by hand, and checkpoints put together.
#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;

TEST_CASE("model seal: an edited config is taken once everything fits, and what changed is told", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train({"training.max_steps=3"}).exit_code == 0);
  const auto seal = [&](const std::string& model) { return tiny.attend({"model", "seal", model}); };
  const auto manifest = [&] { return slurp(tiny.path("run/final/manifest.json")); };
  const auto sealed = manifest();
  check_ends(seal("run/final"), 0, {"nothing was changed"});
  CHECK(manifest() == sealed);

  tiny.shell("sed -i 's/beam_size: 5/beam_size: 2/' run/final/config.yaml; echo '{}' > run/final/notes.json");
  check_ends(tiny.attend({"translate", "run/final", "--input", "test.src"}), 5,
             {"[run/final/config.yaml] expected the bytes that were written",
              "the file was changed since it was written", "attend model seal run/final"});
  check_ends(seal("run/final"), 0, {"changed: config.yaml", "new: notes.json", "sealed run/final"});
  check_ends(tiny.attend({"model", "info", "run/final"}), 0, {});
  tiny.shell("rm run/final/notes.json run/final/manifest.json");
  check_ends(seal("run/final"), 0, {"the former hashes say nothing", "sealed"});
  CHECK(tiny.attend({"translate", "run/final", "--input", "test.src"}).exit_code == 0);
  check_ends(seal("run/checkpoints/step-00000003"), 0, {"nothing was changed"});
}

TEST_CASE("model seal: what does not fit is refused, and the hashes stay as they were", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train({"training.max_steps=3"}).exit_code == 0);
  const auto sealed = slurp(tiny.path("run/final/manifest.json"));
  const auto refused = [&](const std::string& edit, const Lines& messages) {
    tiny.shell("rm -rf model; cp -r run/final model; " + edit);
    check_ends(tiny.attend({"model", "seal", "model"}), 5, messages);
    CHECK(slurp(tiny.path("model/manifest.json")) == sealed);
  };
  refused("sed -i 's/d_ff: 128/d_ff: 64/' model/config.yaml", {"expected shape", "do not belong together"});
  refused("sed -i 's/d_ff: 128/d_fff: 128/' model/config.yaml", {"config.yaml", "d_fff"});
  refused("sed -i 's/num_heads: 4/num_heads: 5/' model/config.yaml", {"num_heads"});
  refused("truncate -s -4 model/model.safetensors", {"model.safetensors"});
  refused("rm model/vocab.json", {"tokenizer.model, tokenizer.json, vocab.json"});
  refused("sed -i 's/\"a\",//' model/vocab.json", {"expected shape"});
  refused("rm model/config.yaml", {"without config.yaml"});
  refused("mkdir model/more", {"regular file"});
  check_ends(tiny.attend({"model", "seal", "run"}), 5, {"without model.safetensors", "final/"});
  check_ends(tiny.attend({"model", "seal", "nowhere"}), 5, {"nowhere"});
}

TEST_CASE("model average: --last takes the newest checkpoints of a run's grid", "[system]") {
  const TinyRun tiny;
  // 3, 6, 9 and, off the grid, 10
  REQUIRE(tiny.train({"training.max_steps=10", "training.average_checkpoints=2"}).exit_code == 0);
  check_ends(tiny.attend({"model", "average", "run", "--last", "2", "--output", "last"}), 0,
             {"step-00000009", "step-00000006", "the mean of 2"});
  check_ends(tiny.attend({"model", "average", "run/checkpoints/step-00000009", "run/checkpoints/step-00000006",
                          "--output", "named"}),
             0, {});
  CHECK(weights_hash(tiny.path("last")) == weights_hash(tiny.path("named")));
  CHECK(weights_hash(tiny.path("last")) == weights_hash(tiny.path("run/final")));
  check_ends(tiny.attend({"model", "average", "run", "--last", "4", "--output", "more"}), 5,
             {"expected a run with 4 checkpoints", "got 3", "keep_checkpoints"});
  check_ends(tiny.attend({"model", "average", "run", "run", "--last", "2", "--output", "more"}), 2,
             {"--last", "one run"});
  check_ends(tiny.attend({"model", "average", "nowhere", "--last", "2", "--output", "more"}), 5,
             {"[nowhere] expected a model, a checkpoint or a run", "got no directory"});
  CHECK_FALSE(fs::exists(tiny.path("more")));
}
