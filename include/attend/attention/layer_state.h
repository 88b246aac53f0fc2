// The states that layers keep between decoding steps. Mixers never know that beams exist; states do.
//
// A hypothesis is one row of the decoder's batch, and a sentence owns `beams` neighbouring hypotheses. Self-attention
// keeps one part per hypothesis. Cross-attention keeps one part per sentence: the keys and values of the source,
// projected once.
// Legend: rows hypotheses or sentences, M key heads, t tokens at hand, m remembered places, H head size, D model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace attend {

struct StateShape {
  std::int64_t sentences = 1, beams = 1;
  std::int64_t capacity = 64;  // tokens to make room for at first; states grow by doubling
  // How many of the last keys and values are enough. 0: all are kept or, with model.memory_length, the state is a
  // HiddenMemory.
  std::int64_t places = 0;
};

// A point to which a state can go back. `length` is what length() was then. `saved` holds the tensors of then, for
// states that cannot simply forget their last tokens, such as running sums.
struct Mark {
  std::int64_t length = 0;
  std::vector<at::Tensor> saved = {};
};

class LayerState {
 public:
  virtual ~LayerState() = default;
  // Makes new hypothesis i continue old hypothesis hypothesis_rows[i] (int64). Afterwards there are
  // hypothesis_rows.size(0) hypotheses. Parts per sentence stay.
  virtual void reorder(const at::Tensor& hypothesis_rows) = 0;
  // Keeps only these sentences (row numbers, int64). Parts per hypothesis stay; a reorder() drops those.
  virtual void keep(const at::Tensor& sentence_rows) = 0;
  // Returns the present point, for a rollback() to it.
  virtual Mark mark() const = 0;
  // Brings the state to where it was when the mark was taken.
  virtual void rollback(const Mark& mark) = 0;
  // Returns the memory that the state holds, in bytes.
  virtual std::int64_t bytes() const = 0;
  virtual std::int64_t rows() const = 0;    // hypotheses or sentences held; 0 before the first tokens
  virtual std::int64_t length() const = 0;  // tokens taken in so far
};

struct KeysValues {
  at::Tensor k, v;       // (rows, M, t, H)
  at::Tensor key_valid;  // (rows, t) bool; undefined: every key is real
};

// A state that holds keys and values.
class KeyStore : public LayerState {
 public:
  // Appends the new keys and values and returns views of all that may be attended to. A state of cross-attention
  // ignores `added` once it holds the keys of its sentences.
  virtual KeysValues take(const KeysValues& added) = 0;
};

// The keys and values of self-attention; each step appends its own. With a window only the last keys are kept, and
// rollback() may then go back kRollbackRoom tokens at most (TORCH_CHECK).
class KeyValueState final : public KeyStore {
 public:
  static constexpr std::int64_t kRollbackRoom = 64;
  // `window` is the number of keys that a query may see, itself included; 0: all.
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
  at::Tensor k_, v_;                     // (hypotheses, M, capacity, H)
  at::Tensor valid_;                     // (hypotheses, capacity) bool; undefined while every key is real
  std::int64_t first_ = 0, length_ = 0;  // numbers of the first token stored and of the one behind the last
};

// The memory of a Transformer-XL (Dai et al. 2019): the hidden states that a layer read last, before they are projected
// and cut off from gradients. Keys and values are made of it anew with the current weights, so it serves training from
// segment to segment. Where weights do not change, a state of keys and values of the same places (StateShape::places)
// gives the same and is cheaper.
class HiddenMemory final : public LayerState {
 public:
  explicit HiddenMemory(std::int64_t memory_length) : memory_length_(memory_length) {}
  struct Seen {
    at::Tensor x;          // (rows, m + t, D)
    at::Tensor key_valid;  // (rows, m + t) bool, or undefined
  };
  // Returns the memory with x (rows, t, D) behind it. Afterwards the last memory_length places of both are the memory.
  Seen take(const at::Tensor& x, const at::Tensor& key_valid);

  void reorder(const at::Tensor& hypothesis_rows) override;
  void keep(const at::Tensor&) override {}
  // No copies are needed: both tensors are replaced, never written to.
  Mark mark() const override { return {length_, {hidden_, valid_}}; }
  void rollback(const Mark& mark) override;
  std::int64_t bytes() const override;
  std::int64_t rows() const override { return hidden_.defined() ? hidden_.size(0) : 0; }
  std::int64_t length() const override { return length_; }

 private:
  std::int64_t memory_length_, length_ = 0;
  at::Tensor hidden_;  // (rows, m, D)
  at::Tensor valid_;   // (rows, m) bool; undefined while every place is real
};

// The keys and values of cross-attention and the validity of each source token. They are made once per sentence.
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
