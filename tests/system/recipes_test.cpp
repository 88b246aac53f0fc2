// Every recipe of configs/ trains: small sizes by --set, the bundled corpus in place of its own.
#include <algorithm>

#include "tests/system/tiny.h"

using namespace attend::test;
namespace fs = std::filesystem;

namespace {

fs::path source() { return test_environment("ATTEND_SOURCE"); }

std::vector<fs::path> recipes(const std::string& folder = "configs") {
  std::vector<fs::path> files;
  for (const auto& item : fs::directory_iterator(source() / folder))
    if (item.path().extension() == ".yaml") files.push_back(item.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool fine_tunes(const fs::path& recipe) { return contains(slurp(recipe), "initialize_from:"); }

// Four updates of a recipe, into the directory `output`.
ProcessResult train_recipe(const TinyRun& tiny, const fs::path& recipe, const std::string& output,
                           const Lines& more = {}, const fs::path* behind = nullptr) {
  const auto corpus = (source() / "data" / "numbers" / "validation").string();
  Lines settings{"output=" + output,      "runtime.device=cpu",        "runtime.threads=1",
                 "data.batch.size=512",   "model.d_model=32",          "model.num_heads=2",
                 "model.d_ff=64",         "model.decoder_layers=1",
                 "training.max_steps=4",  "training.validate_every=4", "training.validate_batches=2",
                 "training.save_every=2", "training.log_every=2",      "training.accumulate_steps=1"};
  if (!contains(slurp(recipe), "ema:")) settings.push_back("training.average_checkpoints=2");
  if (contains(slurp(recipe), "task: language_model"))
    settings.insert(settings.end(),
                    {"data.train=[{text: " + corpus + ".en}]", "data.validation=[{text: " + corpus + ".de}]",
                     "data.block_size=32", "data.batch.size=4"});
  else settings.push_back("model.encoder_layers=1");
  // these are found through the link
  if (!contains(slurp(recipe), "task: language_model") && !contains(slurp(recipe), "data/numbers/"))
    for (const std::string part : {"data.train", "data.validation"})
      settings.insert(settings.end(),
                      {part + ".source=" + corpus + ".en", part + ".target=" + corpus + ".de"});
  settings.insert(settings.end(), more.begin(), more.end());
  Lines arguments{"train", recipe.string()};
  if (behind != nullptr) arguments.push_back(behind->string());
  for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
  return tiny.attend(arguments);
}

}  // namespace

TEST_CASE("recipes: every one makes some updates and leaves a model", "[system]") {
  CHECK(recipes().size() >= 10);
  const TinyRun tiny;
  fs::create_directory_symlink(source() / "data", tiny.path("data"));
  const std::string vocabulary = "data.tokenizer.vocab_size=300";
  check_ends(train_recipe(tiny, source() / "configs" / "multi30k_en_de.yaml", "old", {vocabulary}), 0,
             {"final model"});
  for (const auto& recipe : recipes()) {
    INFO(recipe.filename().string());
    const std::string output = recipe.stem().string();
    Lines special;  // a tokenizer of bytes has no size to choose
    if (fine_tunes(recipe)) special = {"training.initialize_from=" + tiny.path("old").string()};
    else if (!contains(slurp(recipe), "type: byte")) special = {vocabulary};
    check_ends(train_recipe(tiny, recipe, output, special), 0, {"final model"});
    CHECK(fs::exists(tiny.path(output) / "final" / "model.safetensors"));
  }
}

TEST_CASE("recipes: an ensemble as docs/recipes.md makes it: two seeds, one tokenizer, both models translate",
          "[system]") {
  const TinyRun tiny;
  const auto recipe = source() / "configs" / "multi30k_en_de.yaml";
  check_ends(train_recipe(tiny, recipe, "one", {"data.tokenizer.vocab_size=300"}), 0, {"final model"});
  check_ends(train_recipe(tiny, recipe, "two", {"seed=2", "data.tokenizer.model=one/final/tokenizer.model"}),
             0, {"final model"});
  ProcessOptions options;
  options.input = "Anna buys two apples.\n\nHe sleeps.\n";
  const auto result =
      tiny.attend({"translate", "one", "two", "--beam", "2", "--max-length", "8", "--threads", "1"}, options);
  check_ends(result, 0, {});
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 3);
}

TEST_CASE("recipes: other positions go behind a recipe", "[system]") {
  CHECK(recipes("configs/positions").size() >= 4);
  const TinyRun tiny;
  for (const auto& positions : recipes("configs/positions")) {
    INFO(positions.filename().string());
    const auto recipe = source() / "configs" / "multi30k_en_de.yaml";
    check_ends(train_recipe(tiny, recipe, positions.stem().string(), {"data.tokenizer.vocab_size=300"}, &positions), 0,
               {"final model"});
    check_ends(tiny.attend({"model", "info", tiny.path(positions.stem().string()).string()}), 0, {});
  }
}
