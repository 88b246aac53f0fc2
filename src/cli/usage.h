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

// The app of `words` ("tokenizer", "train"). UsageError with the nearest word where there is none.
const CLI::App& find_verb(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace attend
