// Everything that is wrong with a config, gathered and then told at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attend {

// A place in one of the sources, counted from 1; line 0: the source is a --set and has no lines.
struct TextMark {
  int source = -1;
  int line = 0, column = 0;
  bool known() const { return source >= 0; }
};

class Problems {
 public:
  // "configs/a.yaml" or "--set a.b=c"; returns its index.
  int add_source(std::string name);
  const std::string& source(int index) const { return sources_[static_cast<std::size_t>(index)]; }
  // Then a line number alone does not say where.
  bool has_several_files() const;
  // "configs/a.yaml:14:5" or "--set a.b=c"
  std::string place(const TextMark& mark) const;

  void add(const TextMark& mark, std::string path, std::string message);
  // kMaxProblems are gathered; the others are counted alone.
  bool is_full() const;
  bool empty() const { return problems_.empty(); }
  // True when something is wrong with this key, or below or above it.
  bool touches(std::string_view path) const;
  // Throws ConfigError with one line a problem, in the order of the sources, and "N errors" at the end.
  void raise_if_any() const;

 private:
  struct Problem {
    TextMark mark;
    std::string path, message;
  };
  std::vector<std::string> sources_;
  std::vector<Problem> problems_;
  std::size_t more_ = 0;  // beyond kMaxProblems
};

}  // namespace attend
