// Bad input, by example: the message names the thing and the remedy, the exit code is the documented one, nothing is
// lost or left half-written.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "attend/core/lock.h"
#include "attend/storage/manifest.h"
#include "tests/support/gzip.h"
#include "tests/system/tiny.h"

namespace fs = std::filesystem;
using namespace attend::test;

namespace {

// A refused training leaves nothing behind.
void check_refused(const TinyRun& tiny, const Lines& settings, int code, const Lines& messages) {
  check_ends(tiny.train(settings), code, messages);
  CHECK_FALSE(fs::exists(tiny.path("run")));
}

ProcessResult translate(const TinyRun& tiny, const std::string& model) {
  return tiny.attend({"translate", model, "--input", "test.src", "--beam", "1", "--device", "cpu", "--threads", "1"});
}

void change_byte(const fs::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
}

bool has_leftovers(const fs::path& directory) {
  for (const auto& item : fs::recursive_directory_iterator(directory))
    if (contains(item.path().filename().string(), ".tmp-")) return true;
  return false;
}

}  // namespace

TEST_CASE("bad input: faults of the text are named before anything is written", "[system]") {
  const TinyRun tiny;
  check_refused(tiny, {"data.train.source=nowhere.src"}, 4, {"nowhere.src", "No such file", "check the path"});
  tiny.scratch.file("empty.src", "");
  check_refused(tiny, {"data.validation.source=empty.src"}, 4, {"empty.src", "empty file"});
  tiny.scratch.file("longer.src", slurp(tiny.path("train.src")) + "abc\n");
  check_refused(tiny, {"data.train.source=longer.src"}, 4, {"longer.src", "train.trg", "as many lines", "301 and 300"});
  const auto late = tiny.train({"data.validation.source=nowhere.src"});
  check_ends(late, 4, {"nowhere.src", "No such file"});
  CHECK_FALSE(contains(late.err, "collecting the characters"));  // a vocabulary may take long
  std::string latin(16 * 4, 'a');
  for (std::size_t i = 3; i < latin.size(); i += 4) latin[i] = '\n';
  tiny.scratch.file("latin.src", latin + "ab\xE9" "c\n");
  check_refused(tiny, {"data.train.source=latin.src"}, 4, {"latin.src:17:3", "UTF-8", "0xe9", "iconv"});
}

TEST_CASE("bad input: what was said of the text before the first update is in the log", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("marked.src", "\xEF\xBB\xBF" + slurp(tiny.path("train.src")));
  check_ends(tiny.train({"data.train.source=marked.src"}), 0, {"marked.src", "byte order mark"});
  CHECK(contains(slurp(tiny.path("run/log.txt")), "byte order mark"));
  CHECK(contains(slurp(tiny.path("run/log.txt")), "300 pairs"));
}

TEST_CASE("bad input: gzip that is a bomb or cut short", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("bomb.gz", gzip_bomb(20));
  check_refused(tiny, {"data.train.source=bomb.gz"}, 4, {"bomb.gz", "200 times its size", "Unpack it yourself"});
  const auto packed = gzipped(slurp(tiny.path("train.src")));
  tiny.scratch.file("cut.gz", packed.substr(0, packed.size() / 2));
  check_refused(tiny, {"data.train.source=cut.gz"}, 4, {"cut.gz", "cut short", "copy it again"});
  tiny.scratch.file("whole.gz", packed);
  check_ends(tiny.train({"data.train.source=whole.gz"}), 0, {"final model"});
}

TEST_CASE("bad input: translate names the line that is not UTF-8 and a file that is not there", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  ProcessOptions options;
  for (int i = 0; i < 16; ++i) options.input += "abc\n";
  options.input += "ab\xE9\n";
  check_ends(tiny.attend({"translate", "run"}, options), 4, {"stdin:17:3", "UTF-8"});
  check_ends(tiny.attend({"translate", "run", "--input", "nowhere"}), 4, {"nowhere", "check the path"});
  tiny.scratch.file("former.txt", "a former result\n");
  check_ends(tiny.attend({"translate", "run", "--output", "former.txt"}, options), 4, {"stdin:17:3", "UTF-8"});
  CHECK(slurp(tiny.path("former.txt")) == "a former result\n");
  check_ends(tiny.attend({"translate", "nowhere", "--input", "test.src"}), 5, {"nowhere", "train first"});
}

TEST_CASE("bad input: a banned piece that the vocabulary lacks is refused before the first update", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"decoding.ban=[nosuch]"}), 3, {"[decoding.ban]", "nosuch"});
  CHECK_FALSE(fs::exists(tiny.path("run")));
}

TEST_CASE("bad input: all mistakes of a YAML at once, each with its place", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("bad.yaml",
                    std::string(kTinyConfig) + "trainig: {}\ndecoding: {beam_size: 0, beam: 3}\nseed: many\n");
  const auto result = tiny.attend({"train", "bad.yaml"});
  check_ends(result, 3,
             {"bad.yaml:", "trainig: unknown key, did you mean \"training\"?", "decoding.beam_size",
              "decoding.beam: ", "seed: ", "4 errors"});
  CHECK_FALSE(fs::exists(tiny.path("run")));
  check_ends(tiny.attend({"train", "nowhere.yaml"}), 3, {"nowhere.yaml"});
}

TEST_CASE("bad input: an output that cannot be written", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("file", "mine\n");
  check_ends(tiny.train({"output=file"}), 3, {"file", "choose another output"});
  check_ends(tiny.train({"output=file/run"}), 8,
             {"[file] cannot be written", "a file stands where a directory is needed"});
  CHECK(slurp(tiny.path("file")) == "mine\n");
  fs::create_directory(tiny.path("foreign"));
  tiny.scratch.file("foreign/letter.txt", "mine\n");
  check_ends(tiny.train({"output=foreign"}), 3, {"letter.txt", "choose another output"});
  CHECK(slurp(tiny.path("foreign/letter.txt")) == "mine\n");
  if (fs::exists("/proc/self")) check_ends(tiny.train({"output=/proc/attend"}), 8, {"/proc", "cannot be written"});
  if (::geteuid() == 0) {
    WARN("a read-only directory is no obstacle for root: not tested");
    return;
  }
  fs::create_directory(tiny.path("closed"));
  fs::permissions(tiny.path("closed"), fs::perms::owner_read | fs::perms::owner_exec);
  check_ends(tiny.train({"output=closed/run"}), 8, {"closed/run", "Permission denied"});
}

TEST_CASE("bad input: a dry run checks everything and leaves nothing", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({}, {"--dry-run"}), 0, {"parameters, vocabulary"});
  CHECK_FALSE(fs::exists(tiny.path("run")));
  check_ends(tiny.train({"data.train.source=nowhere.src"}, {"--dry-run"}), 4, {"nowhere.src"});
}

TEST_CASE("bad input: a model with one byte changed is refused, a training goes back to the checkpoint before",
          "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  for (const std::string name : {"model.safetensors", "config.yaml", "vocab.json", "manifest.json"}) {
    const auto file = tiny.path("run/final") / name;
    const auto at = static_cast<std::streamoff>(fs::file_size(file) / 2);
    change_byte(file, at);
    check_ends(translate(tiny, "run"), 5, {name});
    change_byte(file, at);
  }
  CHECK(translate(tiny, "run").exit_code == 0);

  const auto newest = tiny.path("run/checkpoints/step-00000006");
  fs::resize_file(newest / "optimizer.safetensors", fs::file_size(newest / "optimizer.safetensors") - 100);
  check_ends(translate(tiny, "run/checkpoints/step-00000006"), 5,
             {"optimizer.safetensors", "bytes", "take another checkpoint"});
  check_ends(tiny.train(), 0, {"step-00000006.corrupt", "falling back", "resuming after update 3"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000006.corrupt")));
  CHECK(translate(tiny, "run/checkpoints/step-00000006").exit_code == 0);
  fs::remove(tiny.path("run/final/manifest.json"));
  check_ends(translate(tiny, "run/final"), 5,
             {"run/final/manifest.json", "expected this file beside the model, got none"});
}

TEST_CASE("bad input: weights that are cut short or of another vocabulary, though the manifest agrees", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  const auto model = tiny.path("run/final"), weights = model / "model.safetensors";
  const auto bytes = slurp(weights), vocabulary = slurp(model / "vocab.json");
  std::ofstream(weights, std::ios::binary) << bytes.substr(0, bytes.size() - 1000);
  attend::write_manifest(model);
  check_ends(translate(tiny, "run"), 5, {"model.safetensors", "cut short", "write it again"});
  std::ofstream(weights, std::ios::binary) << bytes;

  tiny.scratch.file("other.txt", "abcdefghijklmnop\n");
  check_ends(tiny.attend({"tokenizer", "train", "--type", "char", "--input", "other.txt", "--output", "other.json"}), 0,
             {});
  std::ofstream(model / "vocab.json", std::ios::binary) << slurp(tiny.path("other.json"));
  attend::write_manifest(model);
  check_ends(translate(tiny, "run"), 5, {"expected shape", "config, vocabulary and weights do not belong together"});
  std::ofstream(model / "vocab.json", std::ios::binary) << vocabulary;
  attend::write_manifest(model);
  CHECK(translate(tiny, "run").exit_code == 0);
}

TEST_CASE("bad input: a full disk", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  if (fs::exists("/dev/full")) {
    const Lines command{"translate", "run", "--input", "test.src", "--beam", "1"};
    ProcessOptions options;
    options.out_file = "/dev/full";
    check_ends(tiny.attend(command, options), 8, {"standard output", "No space left"});
    auto to_file = command;
    to_file.insert(to_file.end(), {"--output", "/dev/full"});
    check_ends(tiny.attend(to_file), 8, {"/dev/full", "No space left", "free some space"});
  }
  // A limit on file sizes stops the weights in the middle, as a full disk does.
  const std::string resume = "\"$ATTEND_BINARY\" train tiny.yaml --set training.max_steps=9";
  check_ends(tiny.shell("ulimit -f 100; exec " + resume), 8, {"model.safetensors", "File too large", "ulimit -f"});
  CHECK_FALSE(has_leftovers(tiny.path("run")));
  CHECK_FALSE(fs::exists(tiny.path("run/checkpoints/step-00000009")));
  CHECK(translate(tiny, "run").exit_code == 0);
  CHECK(translate(tiny, "run/checkpoints/step-00000006").exit_code == 0);
  check_ends(tiny.shell(resume), 0, {"resuming after update 6"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000009/manifest.json")));
}

TEST_CASE("bad input: two trainings in one directory", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  const attend::LockFile held(tiny.path("run"));
  check_ends(tiny.train(), 8, {"another training holds this directory", "choose another output"});
  check_ends(tiny.train({}, {"--fresh"}), 8, {"another training holds this directory"});
  CHECK(translate(tiny, "run").exit_code == 0);
}

TEST_CASE("bad input: a directory of other things is no run, though it holds a folder called checkpoints") {
  const TinyRun tiny;
  const auto mine =
      tiny.shell("mkdir -p run/checkpoints && echo dear > run/letter.tmp-final && echo dear > run/letter.tmp-1");
  REQUIRE(mine.exit_code == 0);
  check_ends(tiny.train(), 3, {"expected an empty directory or a run of attend", "choose another output"});
  check_ends(tiny.train({}, {"--fresh"}), 3, {"expected an empty directory or a run of attend"});
  CHECK(std::filesystem::exists(tiny.path("run/letter.tmp-final")));
}

TEST_CASE("bad input: clearing what an interrupted training left spares other files") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  REQUIRE(
      tiny.shell("echo dear > run/letter.tmp-final; echo dear > run/notes.del; mkdir run/final.tmp-123").exit_code ==
      0);
  check_ends(tiny.train({"training.max_steps=9"}), 0, {});
  CHECK(std::filesystem::exists(tiny.path("run/letter.tmp-final")));
  CHECK(std::filesystem::exists(tiny.path("run/notes.del")));
  CHECK_FALSE(std::filesystem::exists(tiny.path("run/final.tmp-123")));
}

TEST_CASE("bad input: a run does not follow links out of itself") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  REQUIRE(tiny.shell("echo secret > elsewhere; rm run/log.txt; ln -s ../elsewhere run/log.txt").exit_code == 0);
  check_ends(tiny.train({"training.max_steps=9"}), 8, {"run/log.txt", "expected no link in a run"});
  CHECK(tiny.shell("cat elsewhere").out == "secret\n");
}

TEST_CASE("bad input: a dry run beside a training changes nothing and asks for no lock") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  REQUIRE(tiny.shell("mkdir run/final.tmp-123").exit_code == 0);
  const auto dry = tiny.shell("flock run/.lock " + test_environment("ATTEND_BINARY") + " train tiny.yaml --dry-run");
  check_ends(dry, 0, {"parameters"});
  CHECK(std::filesystem::exists(tiny.path("run/final.tmp-123")));
}

