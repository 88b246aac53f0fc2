#include "attend/storage/run_directory.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

#include "attend/core/error.h"
#include "attend/core/file_fault.h"
#include "attend/storage/manifest.h"
#include "attend/storage/safetensors.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;
using Catch::Contains;

namespace {

using Steps = std::vector<std::int64_t>;

void fill(AtomicDirectory& directory, std::int64_t step) {
  const std::vector<float> values(64, static_cast<float>(step));
  write_safetensors(directory.file("model.safetensors"), {{"w", DType::f32, {64}, values.data(), 256}});
  write_file_atomically(directory.file("config.yaml"), concat("step: ", step, "\n"));
  directory.commit();
}

void save(RunDirectory& run, std::int64_t step) {
  AtomicDirectory directory(run.checkpoint_path(step));
  fill(directory, step);
  run.set_last(step);
}

float value_in(const fs::path& model) {
  verify_manifest(model);
  const SafetensorsFile file(model / "model.safetensors");
  float value = 0;
  std::memcpy(&value, file.bytes(*file.find("w")).data(), sizeof value);
  return value;
}

int leftovers_in(const fs::path& directory) {
  int count = 0;
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    const auto name = item.path().filename().string();
    count += name.find(kTemporarySuffix) != std::string::npos || name.ends_with(kReplacedSuffix);
  }
  return count;
}

// Lets the k-th operation of the file layer end as `kind` says (file_fault.h) while it lives.
class Fault {
 public:
  Fault(const std::string& kind, int k) {
    set_file_fault(
        [this, fault = parse_file_fault(concat(kind, "@", k))](FileOperation operation, const fs::path& path) {
          const auto outcome = fault(operation, path);
          hit_ |= outcome.reason != 0;
          return outcome;
        });
  }
  ~Fault() { set_file_fault({}); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
  bool hit() const { return hit_; }

 private:
  bool hit_ = false;
};

// True when the fault struck.
bool save_second(RunDirectory& run, const Fault& fault) {
  try {
    save(run, 2);
    AtomicDirectory directory(run.final_path());
    fill(directory, 2);
    run.set_best(2);
  } catch (const WriteError&) {
  }
  return fault.hit();
}

}  // namespace

TEST_CASE("atomic directory: whole after commit, gone without, replaced when there was one") {
  const Scratch scratch;
  const auto target = scratch / "deep" / "model";
  {
    AtomicDirectory directory(target);
    scratch.file(fs::relative(directory.path(), scratch.path()).string() + "/a", "x");
    CHECK_FALSE(fs::exists(target));
  }
  CHECK(fs::is_empty(scratch / "deep"));
  for (const int step : {1, 2}) {
    AtomicDirectory directory(target);
    fill(directory, step);
    CHECK(value_in(target) == static_cast<float>(step));
    CHECK(std::distance(fs::directory_iterator(scratch / "deep"), {}) == 1);
  }
  AtomicDirectory directory(scratch / "other");
  for (const char* name : {"../a", "a/b", "", ".a"}) CHECK_THROWS_AS(directory.file(name), ModelError);
  CHECK_THROWS_WITH(AtomicDirectory(scratch / "big", std::uint64_t{1} << 60), Contains("free space"));
  CHECK_FALSE(fs::exists(scratch / "big"));
}

TEST_CASE("atomic directory: whatever operation fails, a whole model stays and no temporary") {
  const Scratch scratch;
  {
    RunDirectory run(scratch / "template");
    save(run, 1);
    run.set_best(1);
    AtomicDirectory directory(run.final_path());
    fill(directory, 1);
  }
  for (const std::string kind : {"full", "short", "io"}) {
    for (int k = 1, failed = true; failed; ++k) {
      REQUIRE(k < 100);
      fs::remove_all(scratch / "run");
      fs::copy(scratch / "template", scratch / "run", fs::copy_options::recursive);
      RunDirectory run(scratch / "run");
      failed = save_second(run, Fault(kind, k));
      INFO(kind << " " << k);
      CHECK(leftovers_in(scratch / "run") == 0);
      CHECK(value_in(run.checkpoint_path(1)) == 1.0F);
      const auto newest = run.newest_valid();
      REQUIRE(newest);
      CHECK(value_in(run.checkpoint_path(*newest)) == static_cast<float>(*newest));
      const auto final_value = value_in(resolve_model_path(scratch / "run"));
      CHECK((final_value == 1.0F || final_value == 2.0F));
      if (!failed) CHECK((newest == 2 && run.best() == 2 && final_value == 2.0F));
    }
  }
}

TEST_CASE("run directory: killed at any moment, the next start finds a whole checkpoint") {
  const Scratch scratch;
  {
    RunDirectory run(scratch / "run");
    save(run, 1);
  }
  for (int round = 0; round < 50; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        RunDirectory run(scratch / "run");
        for (auto step = run.checkpoints().back() + 1;; ++step) {
          save(run, step);
          run.set_best(step);
          AtomicDirectory directory(run.final_path());
          fill(directory, step);
          run.rotate({.keep = 2, .on_grid = {}, .resumed_from = {}});
        }
      } catch (...) {
      }
      ::_exit(1);
    }
    ::usleep(static_cast<useconds_t>(500 + 397 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    RunDirectory run(scratch / "run");
    CHECK(leftovers_in(scratch.path()) == 0);
    const auto newest = run.newest_valid();
    REQUIRE(newest);
    CHECK(*newest == run.checkpoints().back());
    CHECK(value_in(resolve_model_path(scratch / "run")) >= 1.0F);
  }
}

TEST_CASE("atomic directory: a real limit on the size of files is a WriteError") {
  const Scratch scratch;
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string bytes(100'000, 'x');
    int result = 1;
    try {
      write_safetensors(scratch / "a", {{"w", DType::u8, {100'000}, bytes.data(), bytes.size()}});
    } catch (const WriteError&) {
      result = fs::is_empty(scratch.path()) ? 0 : 2;
    } catch (...) {
    }
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("run directory: a damaged checkpoint is set aside and the one before is taken") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  CHECK_FALSE(run.newest_valid());
  for (const int step : {1, 2, 3}) save(run, step);
  fs::resize_file(run.checkpoint_path(3) / "model.safetensors", 7);
  fs::remove(run.checkpoint_path(2) / "manifest.json");
  CHECK(run.newest_valid() == 1);
  CHECK(fs::exists(scratch / "run/checkpoints/step-00000003.corrupt"));
  CHECK(fs::exists(scratch / "run/checkpoints/step-00000002.corrupt"));
  CHECK(run.checkpoints() == Steps{1});
  CHECK_FALSE(run.last());  // last.txt names 3
  CHECK(resolve_model_path(scratch / "run") == run.checkpoint_path(1));
  fs::remove(run.checkpoint_path(1) / "config.yaml");
  CHECK_THROWS_WITH(run.newest_valid(), Contains("--fresh"));
  CHECK_THROWS_WITH(run.newest_valid(), Contains("--fresh"));
}

TEST_CASE("run directory: a checkpoint that was cut at any byte is set aside, the one before is taken") {
  const Scratch scratch;
  {
    RunDirectory run(scratch / "run");
    for (const int step : {1, 2}) save(run, step);
  }
  const auto whole = scratch / "run/checkpoints/step-00000002";
  std::vector<std::pair<std::string, std::string>> files;  // in the order of their names, as a copy would write them
  for (const auto& item : fs::directory_iterator(whole))
    files.emplace_back(item.path().filename().string(), slurp(item.path()));
  std::sort(files.begin(), files.end());
  for (std::size_t file = 0; file < files.size(); ++file)
    for (std::size_t bytes = 0; bytes < files[file].second.size(); bytes += 1 + bytes / 40) {
      INFO(files[file].first << " cut at " << bytes);
      fs::remove_all(scratch / "run/checkpoints/step-00000002.corrupt");
      fs::remove_all(whole);
      fs::create_directory(whole);
      for (std::size_t i = 0; i <= file; ++i)
        std::ofstream(whole / files[i].first, std::ios::binary)
            << files[i].second.substr(0, i < file ? std::string::npos : bytes);
      RunDirectory run(scratch / "run");
      REQUIRE(run.newest_valid() == 1);
      REQUIRE_FALSE(fs::exists(whole));
    }
}

TEST_CASE("run directory: a checkpoint of a newer or older program is not damage") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  save(run, 1);
  for (const auto& [format, which] : {std::pair{2, "a newer version"}, std::pair{0, "an older version"}}) {
    std::ofstream(run.checkpoint_path(1) / "manifest.json") << "{\"format\": " << format << ", \"files\": {}}";
    CHECK_THROWS_AS(run.newest_valid(), OtherFormatError);
    CHECK_THROWS_WITH(run.newest_valid(), Contains(which));
    CHECK(fs::exists(run.checkpoint_path(1)));
  }
}

TEST_CASE("run directory: rotation keeps the newest on the grid, the best and the one resumed from") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  for (const int step : {10, 20, 25, 30, 40, 45, 50, 60}) save(run, step);
  run.set_best(20);
  const auto on_grid = [](std::int64_t step) { return step % 10 == 0; };
  run.rotate({.keep = 3, .on_grid = on_grid, .resumed_from = 25});
  CHECK(run.checkpoints() == Steps{20, 25, 40, 45, 50, 60});
  run.rotate({.keep = 0, .on_grid = on_grid, .resumed_from = {}});
  CHECK(run.checkpoints() == Steps{20, 50, 60});
  run.rotate({.keep = 1, .on_grid = [](std::int64_t) { return false; }, .resumed_from = {}});
  CHECK(run.checkpoints() == Steps{20, 50, 60});
  CHECK(leftovers_in(scratch.path()) == 0);
}

TEST_CASE("run directory: what cannot be deleted is a warning") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  for (const int step : {1, 2, 3}) save(run, step);
  {
    const Fault fault("full", 1);
    CHECK_NOTHROW(run.rotate({.keep = 2, .on_grid = {}, .resumed_from = {}}));
  }
  CHECK(run.checkpoints() == Steps{1, 2, 3});
}

TEST_CASE("run directory: leftovers of a killed process go at the next start, a replaced model comes back") {
  const Scratch scratch;
  {
    RunDirectory run(scratch / "run");
    save(run, 1);
    AtomicDirectory directory(run.final_path());
    fill(directory, 1);
  }
  fs::create_directories(scratch / "run/checkpoints/step-00000002.tmp-123/x");
  fs::create_directories(scratch / "run/checkpoints/step-00000000.del");
  scratch.file("run/.best.txt.tmp-1-2", "");
  fs::rename(scratch / "run/final", scratch / "run/final.replaced");
  const RunDirectory run(scratch / "run");
  CHECK(leftovers_in(scratch.path()) == 0);
  CHECK_FALSE(fs::exists(scratch / "run/checkpoints/step-00000000.del"));
  CHECK(value_in(run.final_path()) == 1.0F);
}

TEST_CASE("run directory: one training at a time, no foreign content, the old run moves aside") {
  const Scratch scratch;
  {
    RunDirectory run(scratch / "run/");
    save(run, 1);
    CHECK_THROWS_AS(RunDirectory(scratch / "run"), WriteError);
    CHECK_THROWS_AS(RunDirectory(scratch / "run", RunDirectory::Start::fresh), WriteError);
  }
  CHECK(RunDirectory(scratch / "run").checkpoints() == Steps{1});
  for (const char* aside : {"run.old-1", "run.old-2"}) {
    RunDirectory fresh(scratch / "run/", RunDirectory::Start::fresh);
    CHECK(fresh.checkpoints().empty());
    CHECK(fs::exists(scratch / aside));
  }
  CHECK(fs::exists(scratch / "run.old-1/checkpoints/step-00000001"));
  fs::create_directory(scratch / "thesis");
  scratch.file("thesis/chapter.tex", "");
  scratch.file("plain", "");
  for (const auto start : {RunDirectory::Start::resume, RunDirectory::Start::fresh}) {
    CHECK_THROWS_WITH(RunDirectory(scratch / "thesis", start), Contains("chapter.tex"));
    CHECK_THROWS_AS(RunDirectory(scratch / "plain", start), ConfigError);
    CHECK_THROWS_AS(RunDirectory(scratch / "run.old-1/checkpoints/step-00000001", start), ConfigError);
  }
  CHECK(std::distance(fs::directory_iterator(scratch / "thesis"), {}) == 1);
}

TEST_CASE("MODEL: a model, a checkpoint, or a run's final, best, last or newest") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  CHECK_THROWS_AS(resolve_model_path(scratch / "run"), ModelError);
  CHECK_THROWS_AS(resolve_model_path(scratch / "none"), ModelError);
  for (const int step : {1, 2, 3}) save(run, step);
  fs::remove(scratch / "run/last.txt");
  CHECK(resolve_model_path(scratch / "run") == run.checkpoint_path(3));
  run.set_last(2);
  CHECK(resolve_model_path(scratch / "run") == run.checkpoint_path(2));
  run.set_best(1);
  CHECK(resolve_model_path(scratch / "run") == run.checkpoint_path(1));
  CHECK(slurp(scratch / "run/best.txt") == "step-00000001\n");
  {
    AtomicDirectory directory(run.final_path());
    fill(directory, 9);
  }
  CHECK(resolve_model_path(scratch / "run") == run.final_path());
  CHECK(resolve_best_checkpoint(scratch / "run") == run.checkpoint_path(1));
  CHECK(resolve_model_path(run.final_path()) == run.final_path());
  CHECK(resolve_model_path(run.checkpoint_path(2)) == run.checkpoint_path(2));
  for (const char* text : {"", "../../etc", "step-1", "step--0000001", "step-00000077", "step-00000001x"}) {
    scratch.file("run/best.txt", text);
    CHECK(resolve_best_checkpoint(scratch / "run") == run.checkpoint_path(2));
  }
  CHECK(checkpoint_step("step-123456789") == 123456789);
}

TEST_CASE("run directory: links, pipes and files of another kind in it are refused, and what they point to stays") {
  const Scratch scratch;
  { const RunDirectory run(scratch / "run"); }
  fs::create_directories(scratch / "elsewhere/train-1.tmp-5");
  scratch.file("elsewhere/letter.tmp-5", "mine");
  for (const char* name : {"data", "final", "log.txt", "metrics.jsonl", "config.yaml", "best.txt", "last.txt"}) {
    INFO(name);
    fs::create_symlink(scratch / "elsewhere", scratch / "run" / name);
    CHECK_THROWS_WITH(RunDirectory(scratch / "run"), Contains(name) && Contains("no link"));
    fs::remove(scratch / "run" / name);
    REQUIRE(::mkfifo((scratch / "run" / name).c_str(), 0600) == 0);
    CHECK_THROWS_WITH(RunDirectory(scratch / "run"), Contains(name) && Contains("got a pipe"));
    fs::remove(scratch / "run" / name);
  }
  scratch.file("run/data", "");
  CHECK_THROWS_WITH(RunDirectory(scratch / "run"), Contains("expected a directory in a run, got a file"));
  CHECK(fs::exists(scratch / "elsewhere/train-1.tmp-5"));
  CHECK(slurp(scratch / "elsewhere/letter.tmp-5") == "mine");
}

TEST_CASE("atomic directory: a link that somebody put at its temporary name is not written through") {
  const Scratch scratch;
  fs::create_directory(scratch / "victim");
  scratch.file("victim/thesis.txt", "mine");
  fs::create_directory_symlink(scratch / "victim",
                               fs::path(concat((scratch / "model").string(), kTemporarySuffix, ::getpid())));
  AtomicDirectory directory(scratch / "model");
  fill(directory, 1);
  CHECK(value_in(scratch / "model") == 1.0F);
  CHECK(std::distance(fs::directory_iterator(scratch / "victim"), {}) == 1);
  CHECK(slurp(scratch / "victim/thesis.txt") == "mine");
}

TEST_CASE("run directory: checkpoints/ that was taken away is made anew, a run that is gone is told") {
  const Scratch scratch;
  RunDirectory run(scratch / "run");
  save(run, 1);
  CHECK_FALSE(run.restore_checkpoints());
  fs::rename(scratch / "run/checkpoints", scratch / "taken");
  CHECK(run.restore_checkpoints());
  CHECK(fs::is_empty(scratch / "run/checkpoints"));
  fs::rename(scratch / "run", scratch / "moved");
  CHECK_THROWS_WITH(run.restore_checkpoints(), Contains("moved or deleted"));
  fs::create_directory(scratch / "run");
  CHECK_THROWS_WITH(run.restore_checkpoints(), Contains("got another"));
}
