#include "attend/storage/manifest.h"

#include <fstream>

#include "attend/storage/atomic_directory.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;
using Catch::Contains;

namespace {

void overwrite(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

fs::path small_model(const Scratch& scratch) {
  AtomicDirectory directory(scratch / "model");
  overwrite(directory.file("config.yaml"), "version: 1\n");
  overwrite(directory.file("model.safetensors"), std::string("\x02\0\0\0\0\0\0\0{}", 10));
  overwrite(directory.file("tokenizer.model"), "pieces");
  directory.commit();
  return scratch / "model";
}

}  // namespace

TEST_CASE("manifest: a directory as it was written passes both checks") {
  const Scratch scratch;
  const auto model = small_model(scratch);
  CHECK(verify_manifest(model).files.size() == 3);
  CHECK(verify_manifest(model, ManifestCheck::sizes).files.at("tokenizer.model").bytes == 6);
  scratch.file("model/.hidden", "left by a file manager");
  CHECK_NOTHROW(verify_manifest(model));
}

TEST_CASE("manifest: one flipped byte anywhere is reported with the name of its file") {
  const Scratch scratch;
  const auto model = small_model(scratch);
  for (const char* name : {"config.yaml", "model.safetensors", "tokenizer.model", "manifest.json"}) {
    const auto whole = slurp(model / name);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const char flip : {'\x01', '\x20', '\x2a', '\x80'}) {
        auto damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        overwrite(model / name, damaged);
        INFO(name << " byte " << at);
        CHECK_THROWS_WITH(verify_manifest(model), Contains(name));
      }
    }
    overwrite(model / name, whole);
    CHECK_NOTHROW(verify_manifest(model));
  }
}

TEST_CASE("manifest: missing, cut and linked files are refused by name, additional ones are passed over") {
  const Scratch scratch;
  const auto model = small_model(scratch);
  fs::rename(model / "config.yaml", scratch / "config.yaml");
  CHECK_THROWS_WITH(verify_manifest(model), Contains("config.yaml") && Contains("got none"));
  fs::create_symlink(scratch / "config.yaml", model / "config.yaml");
  CHECK_THROWS_WITH(verify_manifest(model), Contains("config.yaml") && Contains("link"));
  fs::remove(model / "config.yaml");
  fs::rename(scratch / "config.yaml", model / "config.yaml");
  scratch.file("model/more.txt", "");  // somebody's notes damage nothing
  CHECK_FALSE(verify_manifest(model).files.contains("more.txt"));
  fs::create_symlink(scratch / "config.yaml", model / "link");
  CHECK_THROWS_WITH(verify_manifest(model), Contains("link"));
  fs::remove(model / "link");
  fs::resize_file(model / "tokenizer.model", 5);
  CHECK_THROWS_WITH(verify_manifest(model, ManifestCheck::sizes), Contains("tokenizer.model") &&
                                                                      Contains("expected 6 bytes, got 5") &&
                                                                      Contains("attend model seal"));
  fs::remove(model / "manifest.json");
  CHECK_THROWS_AS(verify_manifest(model), ModelError);
  CHECK_THROWS_AS(verify_manifest(scratch / "none"), ModelError);
}

TEST_CASE("manifest: names that leave the directory and other formats are refused") {
  const Scratch scratch;
  const auto manifest = [&](const std::string& text) { overwrite(scratch / "manifest.json", text); };
  const std::string entry = R"({"bytes":1,"xxh3_128":"0"})";
  for (const char* name :
       {"../a", "/etc/passwd", "a/b", "..", ".", ".a", "", "manifest.json", "a\\u0000b", "a\\\\b"}) {
    INFO(name);
    manifest(R"({"format":1,"files":{")" + std::string(name) + "\":" + entry + "}}");
    CHECK_THROWS_WITH(read_manifest(scratch.path()), Contains("plain file names"));
  }
  manifest(R"({"format":2,"files":{}})");
  CHECK_THROWS_AS(read_manifest(scratch.path()), OtherFormatError);
  CHECK_THROWS_WITH(read_manifest(scratch.path()), Contains("update attend"));
  for (const char* text :
       {"", "{", "[]", "{}", R"({"format":0,"files":{}})", R"({"format":-1,"files":{}})", R"({"format":"1"})",
        R"({"format":1})", R"({"format":1,"files":[]})", R"({"format":1,"files":{"a":1}})",
        R"({"format":1,"files":{"a":{"bytes":-1,"xxh3_128":""}}})",
        R"({"format":1,"format":1,"files":{}})"}) {
    INFO(text);
    manifest(text);
    CHECK_THROWS_AS(read_manifest(scratch.path()), ModelError);
  }
}

TEST_CASE("manifest: what it does not list is not there for a reader") {
  const Scratch scratch;
  const auto model = small_model(scratch);
  scratch.file("model/ema.safetensors", "planted");
  CHECK(listed_file(model, "config.yaml") == model / "config.yaml");
  CHECK_FALSE(lists_file(model, "ema.safetensors"));
  CHECK_THROWS_WITH(listed_file(model, "ema.safetensors"),
                    Contains("expected it to list ema.safetensors") && Contains("is not read"));
  CHECK_THROWS_AS(listed_file(model, "state.json"), ModelError);
}
