// Model holds what every model has in common. model_as() reaches what only one kind has.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "attend/core/error.h"
#include "attend/nn/vocabulary_head.h"

namespace attend {

// Sizes and special ids. A language model has one vocabulary, `target`; no id is padding there (padding is -1), and bos
// and eos are -1 where the tokenizer has none.
struct Vocabularies {
  std::int64_t source = 0, target = 0;
  std::int64_t padding = 0, bos = 2, eos = 3;
};

// Says how messages speak of a kind of model.
struct ModelKind {
  std::string_view name;  // "a language model"
  std::string_view hint;  // the commands that take it
};

class Model : public torch::nn::Module {
 public:
  virtual ModelKind kind() const = 0;
  const VocabularyHead& head() const { return *head_; }
  const Vocabularies& vocabularies() const { return vocabularies_; }
  std::int64_t parameter_count() const;
  // Casts the weights to `compute` for inference; kFloat takes the casts back.
  void set_compute_dtype(at::ScalarType compute) { cast_working_copies(*this, compute); }

  // Returns {"loss", "nll"} of `rows` made-up sequences, each of `length` tokens. It shows what an update costs in
  // memory.
  virtual std::vector<LossTerm> made_up_loss(std::int64_t rows, std::int64_t length,
                                             const ForwardContext& context) const = 0;

 protected:
  explicit Model(const Vocabularies& vocabularies) : vocabularies_(vocabularies) {}
  // Registers the head. It is the last module of a model, so that it stands last in the order of parameters.
  void set_head(const OutputConfig& config, std::shared_ptr<Embedding> tied);
  // Returns ids (rows, length) that run through a vocabulary. They leave out the special ids where it has others.
  at::Tensor made_up_ids(std::int64_t rows, std::int64_t length, std::int64_t vocabulary) const;

 private:
  Vocabularies vocabularies_;
  std::shared_ptr<VocabularyHead> head_;
};

// Returns the model as an M. ModelError "[where] expected ..., got ..." where it is of another kind.
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
