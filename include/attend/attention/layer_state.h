// What a layer remembers between decoding steps. Mixers never know that beams exist; states do.
//
// A hypothesis is one row of the decoder's batch; a sentence owns `beams` neighbouring hypotheses. Self-attention keeps
// a part per hypothesis, cross-attention a part per sentence (keys and values of the source, projected once).
// Legend: rows hypotheses or sentences, M key heads, t tokens at hand, H head size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace attend {

struct StateShape {
  std::int64_t sentences = 1, beams = 1;
  std::int64_t capacity = 64;  // tokens to make room for at first; states grow by doubling
  std::int64_t places = 0;     // keys and values of the last so many are enough; 0: of all, or with model.memory_length a HiddenMemory
};

// A point to come back to. `saved`: what a state that cannot drop its tail (running sums) was then.
struct Mark {
  std::int64_t length = 0;
  std::vector<at::Tensor> saved = {};
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
  virtual void rollback(const Mark& mark) = 0;
  virtual std::int64_t bytes() const = 0;
  virtual std::int64_t rows() const = 0;    // hypotheses or sentences held; 0 before the first tokens
  virtual std::int64_t length() const = 0;  // tokens taken in so far
};

struct KeysValues {
  at::Tensor k, v;       // (rows, M, t, H)
  at::Tensor key_valid;  // (rows, t) bool; undefined: every key is real
};

// A state of keys and values.
class KeyStore : public LayerState {
 public:
  // Takes in what is new (nothing, once the keys of a sentence are there) and returns all that may be attended to, as views.
  virtual KeysValues take(const KeysValues& added) = 0;
};

// Keys and values of self-attention, appended a step at a time. With a window only the last keys are kept, and a rollback
// may go back kRollbackRoom tokens.
class KeyValueState final : public KeyStore {
 public:
  static constexpr std::int64_t kRollbackRoom = 64;
  // window: how many keys a query may see, itself included; 0: all.
  explicit KeyValueState(StateShape shape, std::int64_t window = 0) : shape_(shape), window_(window) {}
  KeysValues take(const KeysValues& added) override;

  void reorder(const at::Tensor& hypothesis_rows) override;
  void keep(const at::Tensor&) override {}
  Mark mark() const override { return {length_}; }
  void rollback(const Mark& mark) override;
  std::int64_t bytes() const override;
  std::int64_t rows() const override { return k_.defined() ? k_.size(0) : 0; }
  std::int64_t length() const override { return length_; }

 private:
  std::int64_t stored() const { return length_ - first_; }
  void forget();
  void reserve(const KeysValues& like);
  void append_valid(const KeysValues& added);

  StateShape shape_;
  std::int64_t window_;
  at::Tensor k_, v_;   // (hypotheses, M, capacity, H)
  at::Tensor valid_;   // (hypotheses, capacity) bool, once some key is not real
  std::int64_t first_ = 0, length_ = 0;  // tokens: of the first one stored, and behind the last
};

// The memory of a Transformer-XL (Dai et al. 2019): what a layer read last, before it is projected, cut off from gradients.
// Keys and values are made of it again with the weights of the day, so it serves training from segment to segment. Where weights
// stand still, keys and values of the same places (StateShape::places) are the same and cheaper.
class HiddenMemory final : public LayerState {
 public:
  explicit HiddenMemory(std::int64_t memory_length) : memory_length_(memory_length) {}
  struct Seen {
    at::Tensor x;          // (rows, m + t, D)
    at::Tensor key_valid;  // (rows, m + t) bool, or undefined
  };
  // x (rows, t, D) behind the memory; the last memory_length places of both are the memory from then on.
  Seen take(const at::Tensor& x, const at::Tensor& key_valid);

  void reorder(const at::Tensor& hypothesis_rows) override;
  void keep(const at::Tensor&) override {}
  Mark mark() const override { return {length_, {hidden_, valid_}}; }  // both are replaced, never written to
  void rollback(const Mark& mark) override;
  std::int64_t bytes() const override;
  std::int64_t rows() const override { return hidden_.defined() ? hidden_.size(0) : 0; }
  std::int64_t length() const override { return length_; }

 private:
  std::int64_t memory_length_, length_ = 0;
  at::Tensor hidden_;  // (rows, m, D)
  at::Tensor valid_;   // (rows, m), once some place is not real
};

// Keys and values of cross-attention, and the validity of each source token, made once.
class CrossState final : public KeyStore {
 public:
  KeysValues take(const KeysValues& added) override;
  void reorder(const at::Tensor&) override {}
  void keep(const at::Tensor& sentence_rows) override;
  Mark mark() const override { return {}; }
  void rollback(const Mark&) override {}
  std::int64_t bytes() const override;
  std::int64_t rows() const override { return all_.k.defined() ? all_.k.size(0) : 0; }
  std::int64_t length() const override { return 0; }

 private:
  KeysValues all_;
};

}  // namespace attend
