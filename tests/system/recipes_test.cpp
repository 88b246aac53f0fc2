// Every recipe of configs/ trains: small sizes by --set, the bundled corpus in place of its own.
#include "tests/system/tiny.h"

using namespace attend::test;
namespace fs = std::filesystem;

TEST_CASE("recipes: every one makes some updates and leaves a model", "[system]") {
  const fs::path source = test_environment("ATTEND_SOURCE");
  int recipes = 0;
  for (const auto& item : fs::directory_iterator(source / "configs")) {
    if (item.path().extension() != ".yaml") continue;
    const TinyRun tiny;
    const auto corpus = (source / "data" / "numbers" / "validation").string();
    Lines arguments{"train", item.path().string()};
    for (const std::string setting :
         {"output=run", "runtime.device=cpu", "runtime.threads=1", "data.tokenizer.vocab_size=300", "data.batch.size=512",
          "model.d_model=32", "model.num_heads=2", "model.d_ff=64", "model.encoder_layers=1", "model.decoder_layers=1",
          "training.max_steps=4", "training.validate_every=4", "training.validate_batches=2", "training.save_every=2",
          "training.average_checkpoints=2", "training.log_every=2"})
      arguments.insert(arguments.end(), {"--set", setting});
    for (const std::string part : {"data.train", "data.validation"})
      arguments.insert(arguments.end(), {"--set", part + ".source=" + corpus + ".en", "--set", part + ".target=" + corpus + ".de"});
    INFO(item.path().filename().string());
    check_ends(tiny.attend(arguments), 0, {"final model"});
    CHECK(fs::exists(tiny.path("run/final/model.safetensors")));
    ++recipes;
  }
  CHECK(recipes >= 2);
}
