#include "attend/attention/layer_state.h"

#include <torch/types.h>

#include "attend/kernels/gather.h"

namespace attend {
namespace {

std::int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

// The first `length` places along the token axis move to a tensor with `capacity` places.
at::Tensor with_capacity(const at::Tensor& x, std::int64_t axis, std::int64_t length, std::int64_t capacity) {
  auto sizes = x.sizes().vec();
  sizes[static_cast<std::size_t>(axis)] = capacity;
  auto larger = x.new_empty(sizes);
  if (length > 0) larger.narrow(axis, 0, length).copy_(x.narrow(axis, 0, length));
  return larger;
}

// A window's state needs so many places: those that the next query sees, and those that a rollback may go back to.
std::int64_t places_of(std::int64_t window) { return window + KeyValueState::kRollbackRoom; }

}  // namespace

// Keys that no later query and no rollback can need go, once they are half of what is stored, and so does their memory.
void KeyValueState::forget() {
  const std::int64_t needed = places_of(window_);
  if (window_ == 0 || stored() < 2 * needed) return;
  const std::int64_t gone = stored() - needed;
  const auto last = [&](const at::Tensor& x, std::int64_t axis) {
    return with_capacity(x.narrow(axis, gone, needed), axis, needed, 2 * needed);
  };
  k_ = last(k_, 2);
  v_ = last(v_, 2);
  if (valid_.defined()) valid_ = last(valid_, 1);
  first_ += gone;
}

void KeyValueState::reserve(const KeysValues& like) {
  const std::int64_t old = k_.defined() ? k_.size(2) : 0, length = stored() + like.k.size(2);
  if (old >= length) return;
  const std::int64_t asked = window_ > 0 ? std::min(shape_.capacity, 2 * places_of(window_)) : shape_.capacity;
  std::int64_t capacity = std::max(old, std::max<std::int64_t>(asked, 1));
  while (capacity < length) capacity *= 2;
  k_ = with_capacity(k_.defined() ? k_ : like.k, 2, stored(), capacity);
  v_ = with_capacity(v_.defined() ? v_ : like.v, 2, stored(), capacity);
  if (valid_.defined()) valid_ = with_capacity(valid_, 1, stored(), capacity);
}

void KeyValueState::append_valid(const KeysValues& added) {
  if (!added.key_valid.defined() && !valid_.defined()) return;
  if (!valid_.defined()) valid_ = torch::ones({k_.size(0), k_.size(2)}, added.key_valid.options());
  auto places = valid_.narrow(1, stored(), added.k.size(2));
  if (added.key_valid.defined()) places.copy_(added.key_valid);
  else places.fill_(true);
}

KeysValues KeyValueState::take(const KeysValues& added) {
  const auto count = added.k.size(2);
  forget();
  reserve(added);
  k_.narrow(2, stored(), count).copy_(added.k);
  v_.narrow(2, stored(), count).copy_(added.v);
  append_valid(added);
  length_ += count;
  return {k_.narrow(2, 0, stored()), v_.narrow(2, 0, stored()),
          valid_.defined() ? valid_.narrow(1, 0, stored()) : at::Tensor()};
}

void KeyValueState::reorder(const at::Tensor& hypothesis_rows) {
  if (!k_.defined()) return;
  k_ = kernels::gather_rows(k_, hypothesis_rows, {2, stored()});
  v_ = kernels::gather_rows(v_, hypothesis_rows, {2, stored()});
  if (valid_.defined()) valid_ = kernels::gather_rows(valid_, hypothesis_rows, {1, stored()});
}

void KeyValueState::rollback(const Mark& mark) {
  TORCH_CHECK(
      mark.length <= length_ && mark.length - first_ >= std::min(mark.length, std::max<std::int64_t>(window_ - 1, 0)),
      "[attention] expected a rollback of at most ", kRollbackRoom, " tokens of a window, got one from ", length_,
      " to ", mark.length);
  length_ = mark.length;
}

std::int64_t KeyValueState::bytes() const { return bytes_of(k_) + bytes_of(v_) + bytes_of(valid_); }

HiddenMemory::Seen HiddenMemory::take(const at::Tensor& x, const at::Tensor& key_valid) {
  Seen seen{x, key_valid};
  if (hidden_.defined()) {
    const auto all_real = [](const at::Tensor& h) {
      return torch::ones({h.size(0), h.size(1)}, torch::TensorOptions(torch::kBool).device(h.device()));
    };
    seen.x = torch::cat({hidden_.to(x.scalar_type()), x}, 1);
    if (valid_.defined() || key_valid.defined())
      seen.key_valid =
          torch::cat({valid_.defined() ? valid_ : all_real(hidden_), key_valid.defined() ? key_valid : all_real(x)}, 1);
  }
  const std::int64_t kept = std::min(memory_length_, seen.x.size(1)), first = seen.x.size(1) - kept;
  hidden_ = seen.x.detach().narrow(1, first, kept).clone();
  valid_ = seen.key_valid.defined() ? seen.key_valid.narrow(1, first, kept).clone() : at::Tensor();
  length_ += x.size(1);
  return seen;
}

void HiddenMemory::reorder(const at::Tensor& hypothesis_rows) {
  if (hidden_.defined()) hidden_ = hidden_.index_select(0, hypothesis_rows);
  if (valid_.defined()) valid_ = valid_.index_select(0, hypothesis_rows);
}

void HiddenMemory::rollback(const Mark& mark) {
  length_ = mark.length;
  hidden_ = mark.saved[0];
  valid_ = mark.saved[1];
}

std::int64_t HiddenMemory::bytes() const { return bytes_of(hidden_) + bytes_of(valid_); }

KeysValues CrossState::take(const KeysValues& added) {
  if (rows() == 0) all_ = added;
  return all_;
}

void CrossState::keep(const at::Tensor& sentence_rows) {
  if (rows() == 0) return;
  for (at::Tensor* x : {&all_.k, &all_.v}) *x = kernels::gather_rows(x->contiguous(), sentence_rows, {2, x->size(2)});
  if (all_.key_valid.defined()) all_.key_valid = all_.key_valid.index_select(0, sentence_rows);
}

std::int64_t CrossState::bytes() const { return bytes_of(all_.k) + bytes_of(all_.v) + bytes_of(all_.key_valid); }

}  // namespace attend
