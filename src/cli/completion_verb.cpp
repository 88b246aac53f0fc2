// attend completion bash|zsh: a script for the shell, made from the verbs and options the program has.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "attend/cli/verbs.h"
#include "attend/core/text.h"
#include "usage.h"

namespace attend {
namespace {

// 'train' in the way shells quote; names of verbs, options and values hold no quotes.
std::string quoted(const std::string& words) { return "'" + words + "'"; }

// " tokenizer train": the verb as the script collects it.
std::string path_of(const CLI::App& app) {
  const std::string words = words_of(app);
  return words.empty() ? "" : " " + words;
}

void collect(const CLI::App& app, std::vector<const CLI::App*>& apps) {
  apps.push_back(&app);
  for (const CLI::App* below : app.get_subcommands(std::function<bool(const CLI::App*)>()))
    collect(*below, apps);
}

// "text|nbest|jsonl" -> what can be typed; nothing where the option takes any word. Behind a colon stand
// checks.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto names = split(type.substr(0, type.find(':')), '|');
  return names.size() > 1 ? names : std::vector<std::string>{};
}

// One line of a case: the verb and an option whose values are known.
std::string value_cases(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options())
    if (const auto values = values_of(*option); !values.empty())
      for (const auto& name : option->get_lnames())
        text +=
            "    " + quoted(path_of(app) + " --" + name) + ") verbs=" + quoted(join(values, " ")) + " ;;\n";
  return text;
}

std::string verb_case(const CLI::App& app, const std::vector<std::string>& top) {
  const auto below = app.get_name() == "help" ? top : verbs_below(app);
  return "      " + quoted(path_of(app)) + ") verbs=" + quoted(join(below, " ")) +
         " options=" + quoted(join(options_of(app), " ")) + " ;;\n";
}

// Works in both shells: zsh runs it through bashcompinit.
std::string completion_function(const CLI::App& top) {
  std::vector<const CLI::App*> apps;
  collect(top, apps);
  std::vector<std::string> paths;
  std::string values, verbs;
  for (const CLI::App* app : apps) {
    if (app != &top) paths.push_back(quoted(path_of(*app)));
    values += value_cases(*app);
    verbs += verb_case(*app, verbs_below(top));
  }
  return R"(_attend() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" verb='' verbs='' options='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$verb ${COMP_WORDS[i]}" in
      )" +
         join(paths, "|") + R"() verb="$verb ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$verb $previous" in
)" + values +
         R"(    *) case "$verb" in
)" + verbs +
         R"(    esac ;;
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$verbs" -- "$current")) ;;
  esac
}
complete -o default -F _attend attend
)";
}

}  // namespace

void add_completion_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("completion", "a script that lets a shell complete verbs and options");
  verb->require_subcommand(1);
  verb->add_subcommand("bash", "for ~/.bashrc:  source <(attend completion bash)")->callback([&app] {
    std::cout << "# Completion of attend for bash:  source <(attend completion bash)\n"
              << completion_function(app);
  });
  verb->add_subcommand("zsh", "for ~/.zshrc, after compinit:  source <(attend completion zsh)")
      ->callback([&app] {
        std::cout << "# Completion of attend for zsh, after compinit:  source <(attend completion zsh)\n"
                  << "autoload -U +X bashcompinit && bashcompinit\n"
                  << completion_function(app);
      });
}

}  // namespace attend
