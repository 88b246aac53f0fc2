// What the rules of all sections share: how a fault is told, and where a value comes from.
#pragma once

#include <initializer_list>
#include <string>

#include "attend/config/rules.h"
#include "attend/core/error.h"

namespace attend {

// What a validation set without files may be instead.
inline constexpr const char* kOrFraction = "; or keep a share of the training text: data.validation: {fraction: 0.05}";

class RuleBook {
 public:
  RuleBook(const Config& config, const Origins& origins, Problems& problems)
      : config_(config), origins_(origins), problems_(problems) {}

 protected:
  // data.train or, of several, data.train[1]
  static std::string path_of(const std::string& list, std::size_t index, std::size_t count) {
    return count < 2 ? list : concat(list, "[", index, "]");
  }

  // The first path is the key at fault, the others are the keys it does not go with. Reported at the first of
  // them that was written down; not at all where one of them is wrong in itself.
  void complain(std::initializer_list<std::string> paths, const std::string& message) {
    for (const auto& path : paths)
      if (problems_.touches(path)) return;
    TextMark mark;
    for (const auto& path : paths)
      if (!mark.known()) mark = mark_of(path);
    const std::string& first = *paths.begin();
    problems_.add(mark.known() ? mark : nearest_mark(first), first, message);
  }

  TextMark mark_of(const std::string& path) const {
    const auto found = origins_.find(path);
    return found == origins_.end() ? TextMark{} : found->second.mark;
  }

  // The section a missing key belongs to, or the beginning of the first file.
  TextMark nearest_mark(std::string path) const {
    for (auto dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.')) {
      path.resize(dot);
      if (const TextMark mark = mark_of(path); mark.known()) return mark;
    }
    return {0, 1, 1};
  }

  // `model.d_model (line 4) is 512`
  template <class T>
  std::string other(const std::string& path, const T& value) const {
    return concat(path, " (", where(path), ") is ", value);
  }
  std::string where(const std::string& path) const {
    const TextMark mark = mark_of(path);
    if (!mark.known()) return "default";
    if (mark.line == 0) return problems_.source(mark.source);
    return problems_.has_several_files() ? concat(problems_.source(mark.source), ":", mark.line)
                                         : concat("line ", mark.line);
  }

  const Config& config_;
  const Origins& origins_;
  Problems& problems_;
};

void check_data_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems);
void check_language_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems);
void check_model_rules(const Config& config, const Origins& origins, Problems& problems);
void check_generation_rules(const Config& config, const Origins& origins, Problems& problems);
void check_training_rules(const Config& config, const Origins& origins, Problems& problems);

}  // namespace attend
