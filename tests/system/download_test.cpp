// The download scripts, from a folder in place of the network.
#include "tests/system/tiny.h"

using namespace attend::test;

namespace {

std::string script(const std::string& name) { return test_environment("ATTEND_SOURCE") + "/scripts/" + name; }

// Address of a folder that holds what `command` makes there.
std::string mirror(const Scratch& scratch, const std::string& command) {
  ProcessOptions options;
  options.directory = scratch.path().string();
  const auto made = run_process("sh", {"-c", "mkdir mirror && cd mirror && " + command}, options);
  INFO(made.err);
  CHECK(made.exit_code == 0);
  return "file://" + (scratch / "mirror").string();
}

void check_fails(const std::string& name, const Scratch& scratch, const std::string& address,
                 const Lines& messages) {
  const auto result = run_process(script(name), {"--data", (scratch / "data").string(), "--mirror", address});
  check_ends(result, 1, messages);
  CHECK_FALSE(contains(result.err, "Traceback"));
}

}  // namespace

TEST_CASE("download: without a network each script names the address and the place the file belongs",
          "[system]") {
  for (const std::string name : {"download_multi30k", "download_iwslt14", "download_wmt14"}) {
    const Scratch scratch;
    check_fails(name, scratch, "http://127.0.0.1:9",
                {"cannot fetch http://127.0.0.1:9/", "Is the network reachable?", "data/archives/"});
  }
}

TEST_CASE("download: Shakespeare is fetched once; another text is told", "[system]") {
  const Scratch scratch;
  const std::string address = mirror(scratch, "echo other > input.txt"), data = (scratch / "data").string();
  check_ends(run_process(script("download_shakespeare"), {"--data", data, "--mirror", address}), 0,
             {"warning", "is complete"});
  check_ends(run_process(script("download_shakespeare"), {"--data", data, "--mirror", "http://127.0.0.1:9"}), 0,
             {"is complete"});
}

TEST_CASE("download: what is not the file it should be is refused", "[system]") {
  const Scratch lines, archive, sum;
  check_fails("download_multi30k", lines, mirror(lines, "echo one | gzip > train.en.gz"),
              {"expected 29000 lines, got 1"});
  check_fails("download_iwslt14", archive, mirror(archive, "echo no archive > de-en.tgz"), {"is no archive"});
  check_fails("download_wmt14", sum, mirror(sum, "echo another > test.tgz"),
              {"expected the md5 48eca5d02f637af44e85186847141f67"});
}

TEST_CASE("download: IWSLT's pairs are split as published, and a second call fetches nothing", "[system]") {
  const Scratch scratch;
  const std::string make = R"(mkdir de-en
for lang in de en; do
  { echo "<url>u</url>"; echo "<title>A title</title>"; for i in $(seq 45); do echo " sentence $i of $lang "; done; echo; } > de-en/train.tags.de-en.$lang
  for part in TED.dev2010 TEDX.dev2012 TED.tst2010 TED.tst2011 TED.tst2012; do
    printf '<seg id="1"> %s %s </seg>\n' $part $lang > de-en/IWSLT14.$part.de-en.$lang.xml
  done
done
tar czf de-en.tgz de-en)";
  const std::string address = mirror(scratch, make), data = (scratch / "data").string();
  check_ends(run_process(script("download_iwslt14"), {"--data", data, "--mirror", address}), 0,
             {"train: 44 pairs", "valid: 2 pairs", "test: 5 pairs"});
  CHECK(slurp(scratch / "data" / "train.de").starts_with("A title\nsentence 1 of de\n"));
  CHECK(slurp(scratch / "data" / "valid.en") == "sentence 22 of en\nsentence 45 of en\n");
  CHECK(slurp(scratch / "data" / "test.de").starts_with("TED.dev2010 de\nTEDX.dev2012 de\n"));
  check_ends(run_process(script("download_iwslt14"), {"--data", data, "--mirror", "http://127.0.0.1:9"}), 0,
             {"is complete"});
}
