// Words a user mistyped, or that the documentation names before they are built.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace attend {

// "attend train: unknown option "--sett", did you mean "--set"?" from what the parser left over.
std::string explain_usage(const CLI::App& app, const CLI::ParseError& error);

// "tokenizer train" for that app, "" for the top.
std::string words_of(const CLI::App& app);
// Names one level down, and the long options as they are typed.
std::vector<std::string> verbs_below(const CLI::App& app);
std::vector<std::string> options_of(const CLI::App& app);

// The app of `words` ("tokenizer", "train"). UsageError with the nearest word where there is none.
const CLI::App& find_verb(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace attend
