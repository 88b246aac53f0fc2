#include "attend/attention/layer_state.h"

#include <torch/types.h>

namespace attend {
namespace {

std::int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

}  // namespace

void KeyValueState::reserve(const at::Tensor& like, std::int64_t length) {
  const std::int64_t old = k_.defined() ? k_.size(2) : 0;
  if (old >= length) return;
  std::int64_t capacity = std::max(old, std::max<std::int64_t>(shape_.capacity, 1));
  while (capacity < length) capacity *= 2;
  const auto grow = [&](at::Tensor& kept) {
    auto larger = like.new_empty({like.size(0), like.size(1), capacity, like.size(3)});
    if (length_ > 0) larger.narrow(2, 0, length_).copy_(kept.narrow(2, 0, length_));
    kept = larger;
  };
  grow(k_);
  grow(v_);
}

KeyValueState::KeysValues KeyValueState::append(const at::Tensor& k, const at::Tensor& v) {
  const auto added = k.size(2);
  reserve(k, length_ + added);
  k_.narrow(2, length_, added).copy_(k);
  v_.narrow(2, length_, added).copy_(v);
  length_ += added;
  return {k_.narrow(2, 0, length_), v_.narrow(2, 0, length_)};
}

void KeyValueState::reorder(const at::Tensor& hypothesis_rows) {
  if (!k_.defined()) return;
  const auto gather = [&](at::Tensor& kept) {
    auto next = kept.new_empty({hypothesis_rows.size(0), kept.size(1), kept.size(2), kept.size(3)});
    // Only the live part is copied.
    next.narrow(2, 0, length_).copy_(kept.narrow(2, 0, length_).index_select(0, hypothesis_rows));
    kept = next;
  };
  gather(k_);
  gather(v_);
}

std::int64_t KeyValueState::bytes() const { return bytes_of(k_) + bytes_of(v_); }

void CrossState::keep(const at::Tensor& sentence_rows) {
  if (!filled()) return;
  k = k.index_select(0, sentence_rows);
  v = v.index_select(0, sentence_rows);
  if (key_valid.defined()) key_valid = key_valid.index_select(0, sentence_rows);
}

std::int64_t CrossState::bytes() const { return bytes_of(k) + bytes_of(v) + bytes_of(key_valid); }

}  // namespace attend
