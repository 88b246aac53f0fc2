// What somebody's files must not do: each ends with the documented exit code and a message that names the thing, and
// nothing is lost that was there.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attend/storage/manifest.h"
#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

const std::string kBinary = "\"$ATTEND_BINARY\" ";

// A model of six updates; what a test needs of it alone costs half a second.
class TinyModel : public TinyRun {
 public:
  TinyModel() { REQUIRE(train().exit_code == 0); }
  ProcessResult translate(const std::string& model, const Lines& more = {}) const {
    Lines words{"translate", model, "--input", "test.src", "--beam", "1", "--device", "cpu", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return attend(words);
  }
};

}  // namespace

TEST_CASE("attack: a link in the run's data is not followed", "[system]") {
  const TinyModel tiny;
  REQUIRE(tiny.shell("mkdir -p elsewhere/train-1; echo mine > elsewhere/train-1/thesis.txt; echo mine > "
                     "elsewhere/letter.tmp-5; rm -r run/data; "
                     "ln -s ../elsewhere run/data")
              .exit_code == 0);
  check_ends(tiny.train({"training.max_steps=9"}), 8, {"run/data", "expected no link in a run"});
  CHECK(tiny.shell("find elsewhere -type f | sort").out == "elsewhere/letter.tmp-5\nelsewhere/train-1/thesis.txt\n");
}

TEST_CASE("attack: links that wait in the temporary directory under names that could be guessed are left alone",
          "[system]") {
  const TinyRun tiny;
  // The process ids of the next processes, as an attacker would take them.
  REQUIRE(tiny.shell("mkdir tmp victim; echo mine > victim/thesis.txt; for i in $(seq 1 400); do for n in "
                     "attend-dry-run.tmp- attend-bench.tmp- attend-doctor-; "
                     "do ln -s \"$PWD/victim\" tmp/$n$(($$ + i)); done; done")
              .exit_code == 0);
  for (const std::string verb :
       {"train tiny.yaml --dry-run", "doctor",
        "bench train --config tiny.yaml --set data.train.source=none --set data.train.target=none "
        "--warmup 1 --windows 1 --steps 1"}) {
    const auto result = tiny.shell("TMPDIR=$PWD/tmp " + kBinary + verb);
    INFO(verb << result.err);
    CHECK(result.exit_code == 0);
  }
  CHECK(tiny.shell("find victim -type f").out == "victim/thesis.txt\n");
  CHECK(tiny.shell("find tmp -type d").out == "tmp\n");
  check_ends(tiny.shell("TMPDIR=/nonexistent " + kBinary + "train tiny.yaml --dry-run"), 8,
             {"/nonexistent", "set TMPDIR"});
}

TEST_CASE("attack: weights that the manifest does not list are not read, nor is a model without any", "[system]") {
  const TinyModel tiny;
  const auto before = tiny.translate("run/final");
  REQUIRE(before.exit_code == 0);
  fs::copy(tiny.path("run/final/model.safetensors"), tiny.path("run/final/ema.safetensors"));
  auto planted = slurp(tiny.path("run/final/ema.safetensors"));
  std::fill(planted.end() - 4000, planted.end(), '\0');
  std::ofstream(tiny.path("run/final/ema.safetensors"), std::ios::binary) << planted;
  std::ofstream(tiny.path("run/final/state.json")) << "[]";
  const auto after = tiny.translate("run/final");
  check_ends(after, 0, {"ema.safetensors", "passed over"});
  CHECK(after.out == before.out);
  CHECK(tiny.attend({"model", "info", "run/final"}).exit_code == 0);

  for (const std::string name : {"model.safetensors", "config.yaml"}) {
    REQUIRE(tiny.shell("rm -rf m; cp -r run/final m; mv m/" + name + " kept; rm m/ema.safetensors").exit_code == 0);
    attend::write_manifest(tiny.path("m"));
    REQUIRE(tiny.shell("mv kept m/" + name).exit_code == 0);
    check_ends(tiny.translate("m"), 5, {"m/manifest.json", "expected it to list " + name});
    check_ends(tiny.attend({"model", "info", "m"}), 5, {name});
  }
}

TEST_CASE("attack: no verb writes over what it reads", "[system]") {
  const TinyModel tiny;
  REQUIRE(tiny.shell("cp test.src a1; cp test.trg a2; ln a1 hard; ln -s a1 soft").exit_code == 0);
  const auto text = slurp(tiny.path("a1"));
  const std::string score = "score run/final --threads 1 --source a1 --target a2 --output ",
                    learn = "tokenizer train --type char --input a1 --output ";
  for (const std::string name : {"a1", "./a1", "hard", "soft"}) {
    INFO(name);
    check_ends(tiny.shell(kBinary + score + name), 2, {"[--output]", "--source", name});
    check_ends(tiny.shell(kBinary + learn + name), 2, {"[--output]", "--input", name});
  }
  check_ends(tiny.shell(kBinary + score + "a2"), 2, {"[--output]", "--target", "a2"});
  check_ends(tiny.shell(kBinary + "score run/final --text a1 --output a1"), 2, {"[--output]", "--text"});
  for (const std::string verb : {"score run/final --text test.src", "generate run/final --prompt a"})
    check_ends(tiny.shell(kBinary + verb + " --tokenizer a1 --output a1"), 2, {"[--output]", "--tokenizer"});
  for (const std::string verb : {"translate run/final --input a1", "tokenizer encode run/final --input a1",
                                 "score run/final --source a1 --target a2"})
    check_ends(tiny.shell(kBinary + verb + " >> a1"), 2, {"[standard output]", "a1"});
  check_ends(tiny.shell(kBinary + "tokenizer encode run/final < a1 >> a1"), 2, {"[standard output]", "--input"});
  check_ends(tiny.shell(kBinary + "evaluate --hypothesis test.trg --reference a1 >> a1"), 2,
             {"[standard output]", "--reference", "a1"});
  const auto weights = weights_hash(tiny.path("run/final"));
  check_ends(tiny.shell(kBinary + "translate run --input a1 --output run/final/model.safetensors"), 2,
             {"MODEL", "model.safetensors"});
  CHECK(slurp(tiny.path("a1")) == text);
  CHECK(slurp(tiny.path("hard")) == text);
  CHECK(attend::verify_manifest(tiny.path("run/final")).files.at("model.safetensors").xxh3_128 == weights);
}

TEST_CASE("attack: paths that cannot be looked at are named, with the exit code of what was wanted there", "[system]") {
  const TinyModel tiny;
  REQUIRE(tiny.shell("ln -s loop loop").exit_code == 0);
  const std::string long_name(5000, 'x'), reason = "Too many levels of symbolic links";
  for (const Lines& verb : {Lines{"translate", "loop"},
                            {"model", "info", "loop"},
                            {"tokenizer", "info", "loop"},
                            {"validate", "tiny.yaml", "--model", "loop"},
                            {"bench", "decode", "--model", "loop"},
                            {"tokenizer", "encode", "loop/m"},
                            {"generate", "loop", "--prompt", "a"},
                            {"train", "tiny.yaml", "--set", "output=o", "--set", "training.initialize_from=loop"}})
    check_ends(tiny.attend(verb), 5, {"loop", reason});
  check_ends(tiny.attend({"translate", long_name}), 5, {"File name too long"});
  check_ends(tiny.attend({"model", "average", "loop", "--last", "2", "--output", "x"}), 5, {"loop", reason});
  check_ends(tiny.attend({"bench", "train", "--config", "loop"}), 3, {"loop", reason});
  check_ends(tiny.shell("mkdir gone; cd gone; rmdir ../gone; " + kBinary + "doctor"), 2,
             {"the current directory was deleted"});
  for (const Lines& verb : {Lines{"train", "tiny.yaml", "--set", "output=o", "--set", "data.train.source=loop"},
                            {"translate", "run", "--input", "loop"},
                            {"evaluate", "--hypothesis", "loop", "--reference", "test.src"}})
    check_ends(tiny.attend(verb), 4, {"loop", reason});
  for (const Lines& verb : {Lines{"translate", "run", "--input", "test.src", "--output", "loop"},
                            {"train", "tiny.yaml", "--set", "output=loop"},
                            {"tokenizer", "train", "--type", "char", "--input", "test.src", "--output", "loop/t"}})
    check_ends(tiny.attend(verb), 8, {"loop", reason});
  for (const std::string output : {long_name, "deep/" + std::string(300, 'y')})
    for (const std::string flag : {"--fresh", "--dry-run"})
      check_ends(tiny.attend({"train", "tiny.yaml", flag, "--set", "output=" + output}), 8, {"File name too long"});
  if (::geteuid() == 0) {
    WARN("a locked directory is no obstacle for root: not tested");
    return;
  }
  REQUIRE(tiny.shell("mkdir locked; chmod 000 locked").exit_code == 0);
  for (const Lines& verb :
       {Lines{"translate", "locked/m"}, {"model", "info", "locked/m"}, {"tokenizer", "info", "locked/m"}})
    check_ends(tiny.attend(verb), 5, {"locked/m", "Permission denied"});
  check_ends(tiny.train({"output=o", "data.train.source=locked/x"}), 4, {"locked/x", "Permission denied"});
  check_ends(tiny.attend({"translate", "run", "--input", "test.src", "--output", "locked/x"}), 8,
             {"locked", "Permission denied"});
}

TEST_CASE("attack: JSON of another kind is damage of the model, or a cache that is made again", "[system]") {
  const TinyModel tiny;
  const auto checkpoint = tiny.path("run/checkpoints/step-00000006");
  const auto state = slurp(checkpoint / "state.json");
  for (const std::string other : {"[]", "5", "\"x\"", "null", "{}"}) {
    INFO(other);
    std::ofstream(checkpoint / "state.json") << other;
    attend::write_manifest(checkpoint);
    check_ends(tiny.attend({"model", "info", checkpoint.string()}), 5, {"state.json", "\"step\""});
    check_ends(tiny.train({"training.max_steps=9"}), 5, {"state.json"});
  }
  std::ofstream(checkpoint / "state.json") << state;
  attend::write_manifest(checkpoint);
  for (const std::string other : {"[1]", "[]", "5", "null", R"({"pairs": -1})", "{}"}) {
    INFO(other);
    auto header = json::parse(slurp(tiny.path("run/data/train-1/header.json")));
    header["counts"] = json::parse(other);
    std::ofstream(tiny.path("run/data/train-1/header.json")) << header.dump(1) << "\n";
    attend::write_manifest(tiny.path("run/data/train-1"));
    check_ends(tiny.train({"training.max_steps=6"}), 0, {"run/data/train-1"});
  }
}

TEST_CASE("attack: a pipe is not waited for, neither as a run's log nor as its text", "[system]") {
  const TinyModel tiny;
  REQUIRE(tiny.shell("rm run/log.txt; mkfifo run/log.txt ff").exit_code == 0);
  check_ends(tiny.shell("timeout 20 " + kBinary + "train tiny.yaml --set training.max_steps=9"), 8,
             {"run/log.txt", "got a pipe"});
  for (const std::string key : {"data.train.source", "data.validation.source"})
    check_ends(tiny.shell("timeout 20 " + kBinary + "train tiny.yaml --set output=o --set " + key + "=ff"), 4,
               {"[ff]", "got a pipe"});
  CHECK_FALSE(fs::exists(tiny.path("o")));
}

TEST_CASE("attack: weights that are whole numbers are refused, though the hashes agree", "[system]") {
  const TinyModel tiny;
  auto bytes = slurp(tiny.path("run/final/model.safetensors"));
  for (auto at = bytes.find("\"F32\""); at != std::string::npos; at = bytes.find("\"F32\"", at))
    bytes.replace(at, 5, "\"I32\"");
  std::ofstream(tiny.path("run/final/model.safetensors"), std::ios::binary) << bytes;
  attend::write_manifest(tiny.path("run/final"));
  check_ends(tiny.translate("run/final"), 5, {"model.safetensors", "expected weights in floating point, got Int"});
}

TEST_CASE("attack: text that changed is refused, though its size and its time did not", "[system]") {
  const TinyModel tiny;
  REQUIRE(tiny.shell("tr a b < train.src > x; touch -r train.src x; mv x train.src").exit_code == 0);
  check_ends(tiny.train({"training.max_steps=9"}), 4, {"train.src", "other text of the same size"});
}

TEST_CASE("attack: messages write out what would speak to the terminal", "[system]") {
  const TinyModel tiny;
  tiny.scratch.file("y", "\"\\e]0;pwned\\a\\e[31mX\": 1\n");
  const auto result = tiny.attend({"config", "check", "y"});
  check_ends(result, 3, {"\\x1b]0;pwned\\x07\\x1b[31mX"});
  CHECK_FALSE(contains(result.err, "\x1B"));
  const auto shown =
      tiny.attend({"validate", "tiny.yaml", "--threads", "1", "--set", "data.validation.name=\"\\e[31mv\""});
  check_ends(shown, 0, {"\\x1b[31mv"});
  CHECK(contains(shown.out, "\\x1b[31mv nll "));
  CHECK_FALSE(contains(shown.out, "\x1B"));
  const auto model = tiny.attend({"translate", "\x1B[31mmodel"});
  check_ends(model, 5, {"\\x1b[31mmodel"});
  CHECK_FALSE(contains(model.err, "\x1B"));
}
