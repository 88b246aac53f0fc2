// What a layer remembers between decoding steps. Mechanisms and mixers never know that beams exist; states do.
//
// A hypothesis is one row of the decoder's batch; a sentence owns `beams` neighbouring hypotheses. Self-attention keeps
// a part per hypothesis, cross-attention a part per sentence (keys and values of the source, projected once).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace attend {

struct StateShape {
  std::int64_t sentences = 1, beams = 1;
  std::int64_t capacity = 64;  // tokens to make room for at first; states grow by doubling
};

// A point to come back to.
struct Mark {
  std::int64_t length = 0;
};

class LayerState {
 public:
  virtual ~LayerState() = default;
  // New hypothesis i continues old hypothesis rows[i]; the number of hypotheses becomes rows.size(0). Parts per
  // sentence stay. rows: int64.
  virtual void reorder(const at::Tensor& hypothesis_rows) = 0;
  // Only these sentences go on; parts per hypothesis stay (reorder drops those).
  virtual void keep(const at::Tensor& sentence_rows) = 0;
  virtual Mark mark() const = 0;
  virtual void rollback(Mark mark) = 0;
  virtual std::int64_t bytes() const = 0;
};

// Keys and values of self-attention: (hypotheses, M, length, H), appended a step at a time.
class KeyValueState final : public LayerState {
 public:
  explicit KeyValueState(StateShape shape) : shape_(shape) {}
  // Appends (hypotheses, M, t, H) and returns all keys and values so far, as views.
  struct KeysValues {
    at::Tensor k, v;
  };
  KeysValues append(const at::Tensor& k, const at::Tensor& v);
  std::int64_t length() const { return length_; }

  void reorder(const at::Tensor& hypothesis_rows) override;
  void keep(const at::Tensor&) override {}
  Mark mark() const override { return {length_}; }
  void rollback(Mark mark) override { length_ = mark.length; }
  std::int64_t bytes() const override;

 private:
  void reserve(const at::Tensor& like, std::int64_t length);

  StateShape shape_;
  at::Tensor k_, v_;  // (hypotheses, M, capacity, H)
  std::int64_t length_ = 0;
};

// Keys and values of cross-attention: (sentences, M, S, H) and the validity of each source token, made once.
class CrossState final : public LayerState {
 public:
  bool filled() const { return k.defined(); }
  void reorder(const at::Tensor&) override {}
  void keep(const at::Tensor& sentence_rows) override;
  Mark mark() const override { return {}; }
  void rollback(Mark) override {}
  std::int64_t bytes() const override;

  at::Tensor k, v;       // (sentences, M, S, H)
  at::Tensor key_valid;  // (sentences, S) bool, or undefined
};

}  // namespace attend
