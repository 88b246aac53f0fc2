// What every model has in common; what only one kind has is reached through model_as.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "attend/core/error.h"
#include "attend/nn/vocabulary_head.h"

namespace attend {

// Sizes and special ids. A language model has one vocabulary, `target`; ids are never padding there (-1), and bos and
// eos are -1 where the tokenizer has none.
struct Vocabularies {
  std::int64_t source = 0, target = 0;
  std::int64_t padding = 0, bos = 2, eos = 3;
};

// How messages speak of a kind of model.
struct ModelKind {
  std::string_view name;  // "a language model"
  std::string_view hint;  // what takes it
};

class Model : public torch::nn::Module {
 public:
  virtual ModelKind kind() const = 0;
  const VocabularyHead& head() const { return *head_; }
  const Vocabularies& vocabularies() const { return vocabularies_; }
  std::int64_t parameter_count() const;
  // Casts for inference, or float32 again.
  void set_compute_dtype(at::ScalarType compute) { cast_working_copies(*this, compute); }

  // {"loss", "nll"} of made-up sequences, all `length` long: what an update costs in memory.
  virtual std::vector<LossTerm> made_up_loss(std::int64_t rows, std::int64_t length, const ForwardContext& context) = 0;

 protected:
  explicit Model(const Vocabularies& vocabularies) : vocabularies_(vocabularies) {}
  // The last module of a model, so that it stands last in the order of parameters.
  void set_head(const HeadConfig& config, std::shared_ptr<Embedding> tied);
  // Ids (rows, length) that run through a vocabulary, without special ones where it has others.
  at::Tensor made_up_ids(std::int64_t rows, std::int64_t length, std::int64_t vocabulary) const;

 private:
  Vocabularies vocabularies_;
  std::shared_ptr<VocabularyHead> head_;
};

// The model as an M; ModelError "[where] expected ..., got ..." where it is of another kind.
template <class M>
std::shared_ptr<M> model_as(const std::shared_ptr<Model>& model, std::string_view where) {
  if (auto wanted = std::dynamic_pointer_cast<M>(model)) return wanted;
  throw ModelError("[", where, "] expected ", M::kKind.name, ", got ", model->kind().name, "; ", model->kind().hint);
}

template <class M>
M& model_as(Model& model, std::string_view where) {
  if (auto* wanted = dynamic_cast<M*>(&model)) return *wanted;
  throw ModelError("[", where, "] expected ", M::kKind.name, ", got ", model.kind().name, "; ", model.kind().hint);
}

}  // namespace attend
