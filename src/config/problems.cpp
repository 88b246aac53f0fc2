#include "attend/config/problems.h"

#include <algorithm>
#include <tuple>

#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"

namespace attend {

int Problems::add_source(std::string name) {
  sources_.push_back(std::move(name));
  return static_cast<int>(sources_.size()) - 1;
}

bool Problems::has_several_files() const {
  return std::count_if(sources_.begin(), sources_.end(),
                       [](const std::string& name) { return !name.starts_with("--set "); }) > 1;
}

std::string Problems::place(const TextMark& mark) const {
  if (!mark.known()) return "config";
  if (mark.line == 0) return source(mark.source);
  return concat(source(mark.source), ":", mark.line, ":", mark.column);
}

void Problems::add(const TextMark& mark, std::string path, std::string message) {
  if (is_full())
    ++more_;
  else
    problems_.push_back({mark, std::move(path), std::move(message)});
}

bool Problems::is_full() const { return problems_.size() >= kMaxProblems; }

bool Problems::touches(std::string_view path) const {
  const auto below = [](std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) &&
           (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
  };
  return std::any_of(problems_.begin(), problems_.end(),
                     [&](const Problem& p) { return below(p.path, path) || below(path, p.path); });
}

void Problems::raise_if_any() const {
  if (problems_.empty()) return;
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.mark.source, a.mark.line, a.mark.column) <
           std::tie(b.mark.source, b.mark.line, b.mark.column);
  });
  std::size_t width = 0;
  for (const auto& problem : sorted) width = std::max(width, place(problem.mark).size());
  std::string text;
  for (const auto& problem : sorted) {
    std::string at = place(problem.mark);
    at.resize(width + 1, ' ');
    text += visible_line(at + (problem.path.empty() ? "" : problem.path + ": ") + problem.message) + "\n";
  }
  const std::size_t count = sorted.size() + more_;
  throw ConfigError(text, format_count(static_cast<std::int64_t>(count)), count == 1 ? " error" : " errors",
                    more_ > 0 ? concat(", of which the first ", sorted.size(), " found are shown") : "");
}

}  // namespace attend
