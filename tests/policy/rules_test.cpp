// Rules of the house that a machine can watch over.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "attend/core/version.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

namespace fs = std::filesystem;
using attend::test::contains;
using attend::test::run_process;
using attend::test::Scratch;
using attend::test::slurp;

namespace {

fs::path source_root() { return attend::test::test_environment("ATTEND_SOURCE"); }

std::vector<fs::path> code_files() {
  std::vector<fs::path> files;
  for (const char* top : {"include", "src"})
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / top))
      if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// A checkout with one file in it, for the checker to find fault with.
attend::test::ProcessResult layers_of(const char* place, const char* content) {
  const Scratch root;
  const fs::path path = root.path() / place;
  fs::create_directories(path.parent_path());
  std::ofstream(path) << content;
  return run_process((source_root() / "scripts/check_layers").string(), {root.path().string()});
}

// The blocks of tests/mutants.txt: what stands behind each name of a line.
std::vector<std::map<std::string, std::string>> mutants() {
  std::vector<std::map<std::string, std::string>> blocks(1);
  for (const std::string& line : lines_of(source_root() / "tests/mutants.txt")) {
    if (line.empty() && !blocks.back().empty()) blocks.emplace_back();
    if (line.empty() || line.front() == '#') continue;
    const auto colon = line.find(": ");
    INFO(line);
    REQUIRE(colon != std::string::npos);
    REQUIRE(blocks.back().emplace(line.substr(0, colon), line.substr(colon + 2)).second);
  }
  if (blocks.back().empty()) blocks.pop_back();
  return blocks;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("layers: a folder includes only itself and folders before it") {
  const auto result = run_process((source_root() / "scripts/check_layers").string(), {});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
}

TEST_CASE("layers: the checker finds each kind of breach and names its line") {
  const std::vector<std::pair<const char*, const char*>> breaches{
      {"src/core/a.cpp", "\n#include \"attend/text/tokenizer.h\"\n"},
      {"src/text/a.cpp", "\n#include <torch/types.h>\n"},
      {"include/attend/nn/a.h", "\n#include <torch/torch.h>\n"},
      {"src/nn/a.cpp", "\n#include <CLI/CLI.hpp>\n"},
      {"src/core/file.cpp", "\n#include <spdlog/spdlog.h>\n"},
      {"src/text/a.cpp", "\n#include <yaml-cpp/yaml.h>\n"},
      {"src/data/a.cpp", "\n  #  include <sentencepiece_processor.h>\n"},
      {"src/core/a.cpp", "\n#include \"attend/attend.h\"\n"},
      {"src/attic/a.cpp", "\n#include <vector>\n"}};
  for (const auto& [place, content] : breaches) {
    const auto result = layers_of(place, content);
    INFO(place << ": " << result.out << result.err);
    CHECK(result.exit_code == 1);
    CHECK(contains(result.out, std::string(place) + ":2:"));
  }
  CHECK(layers_of("src/text/a.cpp", "#include \"attend/core/text.h\"\n").exit_code == 0);
}

TEST_CASE("code: no file is longer than 400 lines, none holds a note of work undone") {
  const std::vector<std::string> notes{std::string("TO") + "DO", std::string("FIX") + "ME", std::string("XX") + "X"};
  for (const fs::path& path : code_files()) {
    const std::vector<std::string> lines = lines_of(path);
    INFO(path.string() << " has " << lines.size() << " lines");
    CHECK(lines.size() <= 400);
    for (const std::string& line : lines)
      for (const std::string& note : notes)
        if (contains(line, note)) FAIL(path.string() << ": " << line);
  }
}

TEST_CASE("code: no line is longer than 120 columns") {
  for (const fs::path& path : code_files()) {
    const std::vector<std::string> lines = lines_of(path);
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (lines[i].size() > 120) FAIL_CHECK(path.string() << ":" << i + 1 << ": " << lines[i].size() << " columns");
  }
}

TEST_CASE("code: ASCII, no tabs, headers guarded by pragma once") {
  for (const fs::path& path : code_files()) {
    const std::string text = slurp(path);
    INFO(path.string());
    CHECK(std::all_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x80 && byte != '\t'; }));
    if (path.extension() == ".h") CHECK(contains(text, "#pragma once\n"));
  }
}

// What std::filesystem throws is no typed error and names no remedy: status_of() and its kin never throw, the rest
// takes an error code.
TEST_CASE("code: nothing asks std::filesystem without an error code") {
  const std::regex asks(
      R"((fs|filesystem)::(exists|is_[a-z_]+|status|symlink_status|file_size|last_write_time|temp_directory_path|remove|remove_all|rename|equivalent|)"
      R"(copy|copy_file|absolute|relative|proximate|create_[a-z_]+|canonical|weakly_canonical|space|current_path|permissions|resize_file|read_symlink)\(|)"
      R"(directory_iterator\b.*\(|(->|\.)(file_size|symlink_status|last_write_time|is_regular_file|is_symlink)\(\))");
  const std::regex has_code(R"(\b(fault|ignored)\b)");
  for (const fs::path& path : code_files())
    for (const std::string& line : lines_of(path))
      if (std::regex_search(line, asks) && !std::regex_search(line, has_code))
        FAIL_CHECK(path.string() << ": " << line);
}

TEST_CASE("mutants: each row of the table names a text that occurs once in its file, and a law") {
  const auto rows = mutants();
  CHECK(rows.size() >= 25);
  std::set<std::string> names;
  for (const auto& row : rows) {
    std::string all;
    for (const auto& [key, value] : row) all += key + ": " + value + "\n";
    INFO(all);
    REQUIRE(row.size() == 5);
    for (const char* key : {"name", "file", "text", "replacement", "law"}) {
      REQUIRE(row.contains(key));
      CHECK_FALSE(row.at(key).empty());
    }
    CHECK(names.insert(row.at("name")).second);
    CHECK(row.at("replacement") != row.at("text"));
    REQUIRE(fs::is_regular_file(source_root() / row.at("file")));
    CHECK(count_of(slurp(source_root() / row.at("file")), row.at("text")) == 1);
  }
}

TEST_CASE("version: CMake and the library agree") {
  const std::string cmake = slurp(source_root() / "CMakeLists.txt");
  CHECK(contains(cmake, "project(attend VERSION " + std::string(attend::kVersion) + " "));
}
