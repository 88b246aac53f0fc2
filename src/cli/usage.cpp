#include "usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

std::string called(const CLI::App& app) {
  const std::string words = words_of(app);
  return words.empty() ? "attend" : "attend " + words;
}

std::string help_line(const CLI::App& app) {
  const std::string words = words_of(app);
  return "; see \"attend help" + (words.empty() ? "" : " " + words) + "\"";
}

// The nearest word, or where all of them stand.
std::string hint(const CLI::App& app, const std::string& word, const std::vector<std::string>& candidates) {
  const std::string suggestion = did_you_mean(word, candidates);
  return suggestion.empty() ? help_line(app) : suggestion;
}

// The verb the parser was in when it stopped.
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.back());
}

std::string unknown_verb(const CLI::App& app, const std::string& word) {
  return concat(called(app), ": unknown verb \"", word, "\"", hint(app, word, verbs_below(app)));
}

std::string unknown_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return concat(called(app), ": unknown option \"", name, "\"", hint(app, name, options_of(app)));
}

}  // namespace

std::string words_of(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "";
  const std::string above = words_of(*app.get_parent());
  return above.empty() ? app.get_name() : above + " " + app.get_name();
}

std::vector<std::string> verbs_below(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(std::function<bool(const CLI::App*)>()))
    names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string explain_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = innermost(app);
  const std::vector<std::string> rest = app.remaining(true);
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word.front() == '-'; };
  const auto option = std::find_if(rest.begin(), rest.end(), is_option);
  const bool has_verbs = !verbs_below(verb).empty();
  if (!rest.empty() && has_verbs && option != rest.begin()) return unknown_verb(verb, rest.front());
  if (option != rest.end()) return unknown_option(verb, *option);
  if (!rest.empty()) return concat(called(verb), ": unexpected argument \"", rest.front(), "\"", help_line(verb));
  return concat(called(verb), ": ", error.what(), help_line(verb));
}

const CLI::App& find_verb(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* verb = &app;
  for (const std::string& word : words) {
    const std::vector<std::string> names = verbs_below(*verb);
    if (std::find(names.begin(), names.end(), word) == names.end()) throw UsageError(unknown_verb(*verb, word));
    verb = verb->get_subcommand(word);
  }
  return *verb;
}

}  // namespace attend
