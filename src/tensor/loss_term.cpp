#include "attend/tensor/loss_term.h"

#include <torch/types.h>

#include <algorithm>
#include <stdexcept>

namespace attend {
namespace {

std::vector<LossTerm>::const_iterator find_term(const std::vector<LossTerm>& terms, std::string_view name) {
  return std::find_if(terms.begin(), terms.end(), [&](const LossTerm& term) { return term.name == name; });
}

}  // namespace

void add_terms(std::vector<LossTerm>& total, const std::vector<LossTerm>& part) {
  const auto number = [](const at::Tensor& value) { return value.detach().to(at::kDouble); };
  for (const auto& term : part) {
    const auto known = find_term(total, term.name);
    if (known == total.end()) {
      total.push_back({term.name, number(term.sum), number(term.count), term.weight});
      continue;
    }
    auto& sum = total[static_cast<std::size_t>(known - total.begin())];
    sum.sum = sum.sum + number(term.sum);
    sum.count = sum.count + number(term.count);
  }
}

at::Tensor objective_of(const std::vector<LossTerm>& terms) {
  at::Tensor objective;
  for (const auto& term : terms) {
    if (term.weight == 0) continue;
    const auto weighted = term.sum * term.weight;
    objective = objective.defined() ? objective + weighted : weighted;
  }
  return objective;
}

const LossTerm& term_of(const std::vector<LossTerm>& terms, std::string_view name) {
  const auto found = find_term(terms, name);
  if (found == terms.end()) throw std::logic_error("no loss term " + std::string(name));
  return *found;
}

}  // namespace attend
