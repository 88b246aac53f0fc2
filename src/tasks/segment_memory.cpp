#include "attend/tasks/segment_memory.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

std::string layer_name(std::int64_t layer) { return concat("layers.", layer); }

}  // namespace

DecoderState SegmentMemory::begin(const LanguageModel& model, std::int64_t rows) const {
  auto state = model.make_state({rows});
  if (hidden_.empty()) return state;
  for (std::size_t i = 0; i < hidden_.size(); ++i)
    state.layers[i]->rollback({hidden_[i].size(1), {hidden_[i].narrow(0, done_, rows), {}}});
  return state;
}

void SegmentMemory::end(const DecoderState& state) {
  next_.resize(state.layers.size());
  // What is no number would live on in every segment to come.
  for (std::size_t i = 0; i < next_.size(); ++i)
    next_[i].push_back(torch::nan_to_num(state.layers[i]->mark().saved.at(0), 0.0, 0.0, 0.0));
  done_ += next_.front().back().size(0);
  if (done_ < shape_.rows) return;
  hidden_.clear();
  for (const auto& parts : next_) hidden_.push_back(parts.size() == 1 ? parts.front() : torch::cat(parts));
  next_.clear();
  done_ = 0;
}

void SegmentMemory::save(StateDict& state) const {
  for (std::size_t i = 0; i < hidden_.size(); ++i) state.tensors[layer_name(static_cast<std::int64_t>(i))] = hidden_[i];
}

void SegmentMemory::load(const StateDict& state) {
  forget();
  std::vector<at::Tensor> loaded;
  for (std::int64_t i = 0; i < shape_.layers; ++i) {
    const auto found = state.tensors.find(layer_name(i));
    if (found == state.tensors.end())
      throw ModelError("[memory.safetensors] expected ", layer_name(i), ", got none; take an earlier checkpoint");
    const auto& x = found->second;
    const bool same =
        i == 0 || (x.sizes() == loaded.front().sizes() && x.scalar_type() == loaded.front().scalar_type());
    if (x.dim() != 3 || !x.is_floating_point() || x.size(1) < 1 || x.size(1) > shape_.length ||
        x.size(2) != shape_.d_model || !same)
      throw ModelError("[memory.safetensors] expected ", layer_name(i), " of shape [", shape_.rows, ", 1 to ",
                       shape_.length, ", ", shape_.d_model, "] like the other layers, got ", x.sizes());
    loaded.push_back(x.to(shape_.device));
  }
  if (loaded.front().size(0) == shape_.rows) {
    hidden_ = std::move(loaded);
    return;
  }
  log_warning("the memory is of ", loaded.front().size(0), " rows, a batch has ", shape_.rows,
              " now: the rows begin without a memory");
}

}  // namespace attend
