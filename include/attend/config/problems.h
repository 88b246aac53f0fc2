// Gathers everything that is wrong with a config and reports it at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attend {

// A place in one of the sources; lines and columns count from 1. Line 0 means that the source is a --set, which has no
// lines.
struct TextMark {
  int source = -1;
  int line = 0, column = 0;
  bool known() const { return source >= 0; }
};

class Problems {
 public:
  // Adds a source, "configs/a.yaml" or "--set a.b=c", and returns its index.
  int add_source(std::string name);
  const std::string& source(int index) const { return sources_[static_cast<std::size_t>(index)]; }
  // True when a line number alone does not say where, because there are several files.
  bool has_several_files() const;
  // Returns "configs/a.yaml:14:5" or "--set a.b=c".
  std::string place(const TextMark& mark) const;

  void add(const TextMark& mark, std::string path, std::string message);
  // True when kMaxProblems are gathered; further ones are only counted.
  bool is_full() const;
  bool empty() const { return problems_.empty(); }
  // True when something is wrong with this key, or with a key above or below it.
  bool touches(std::string_view path) const;
  // Throws a ConfigError if there are problems: one line per problem, in the order of the sources, and "N errors" at
  // the end.
  void raise_if_any() const;

 private:
  struct Problem {
    TextMark mark;
    std::string path, message;
  };
  std::vector<std::string> sources_;
  std::vector<Problem> problems_;
  std::size_t more_ = 0;  // number of problems beyond kMaxProblems
};

}  // namespace attend
