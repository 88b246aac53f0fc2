// The scripts of `attend completion`, sourced in the shell they are for.
#include <map>
#include <set>

#include "tests/system/tiny.h"

using namespace attend::test;

namespace {

std::string help_of(const std::string& verb) {
  return run_process("sh", {"-c", "\"$ATTEND_BINARY\" help " + verb}).out;
}

// "  --beam INT ..." gives "--beam"; "  -h,--help" gives "--help".
Lines options_in(const std::string& help) {
  Lines options;
  for (const auto& line : lines_of(help)) {
    const auto begin = line.find("--");
    const bool is_option = line.starts_with("  -") && begin != std::string::npos;
    if (is_option) options.push_back(line.substr(begin, line.find_first_of(" ,", begin) - begin));
  }
  return options;
}

// Words below "Subcommands:".
Lines verbs_in(const std::string& help) {
  Lines verbs;
  bool listed = false;
  for (const auto& line : lines_of(help)) {
    if (line.empty() || line.front() != ' ') listed = line.starts_with("Subcommands:");
    if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return verbs;
}

// The script for a shell, written once.
std::string script_of(const std::string& shell) {
  static const Scratch scratch;
  static std::map<std::string, std::string> files;
  if (!files.contains(shell))
    files[shell] =
        scratch.file(shell, run_process("sh", {"-c", "\"$ATTEND_BINARY\" completion " + shell}).out).string();
  return files[shell];
}

// What a shell offers after these words. In zsh the function is called as bashcompinit calls it.
std::set<std::string> offered(const std::string& shell, const std::string& words) {
  const std::string zsh = "autoload -U compinit; compinit -u -D 2> /dev/null; ";
  const std::string script =
      (shell == "zsh" ? zsh : std::string()) + "source " + script_of(shell) + "; " +
      (shell == "zsh" ? "setopt ksharrays; CURRENT=1; " : "") + "set -- attend " + words +
      "; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); words=(\"$@\"); _attend; "
      "printf '%s\\n' \"${COMPREPLY[@]}\"";
  const auto result = run_process(shell, {"-c", script});
  INFO(words << "\n" << result.err);
  CHECK(result.exit_code == 0);
  const Lines lines = lines_of(result.out);
  return {lines.begin(), lines.end()};
}

void check_verb(const std::string& shell, const std::string& verb) {
  const std::string help = help_of(verb);
  const auto options = offered(shell, verb + " -"), verbs = offered(shell, verb + " ''");
  for (const auto& option : options_in(help)) {
    INFO(shell << ": attend " << verb << " " << option);
    CHECK(options.contains(option));
  }
  for (const auto& below : verbs_in(help)) {
    INFO(shell << ": attend " << verb << " " << below);
    CHECK(verbs.contains(below));
    check_verb(shell, verb + " " + below);
  }
}

void check_values(const std::string& shell) {
  CHECK(offered(shell, "translate model --format ''") == std::set<std::string>{"text", "nbest", "jsonl"});
  CHECK(offered(shell, "tokenizer train --algorithm u") == std::set<std::string>{"unigram"});
  CHECK(offered(shell, "help trans") == std::set<std::string>{"translate"});
}

}  // namespace

TEST_CASE("completion: bash completes every verb, every option, and the values that have names", "[system]") {
  CHECK(verbs_in(help_of("")).size() > 7);
  CHECK(options_in(help_of("translate")).size() > 10);
  check_verb("bash", "");
  check_values("bash");
}

TEST_CASE("completion: zsh completes the same", "[system]") {
  if (run_process("sh", {"-c", "command -v zsh || exit 1"}).exit_code != 0) {
    WARN("skipped: no zsh here");
    return;
  }
  check_verb("zsh", "");
  check_values("zsh");
}
