// Escapes in what is typed on the command line: \n, \t, \r and \\.
#pragma once

#include <string>

namespace attend {

// The text they stand for. UsageError for another escape, or a backslash at the end.
std::string unescape(const std::string& option, const std::string& text);
// Warns where the text holds \n, \t or \r, which stay two characters each.
void warn_of_escapes(const std::string& option, const std::string& text);

}  // namespace attend
