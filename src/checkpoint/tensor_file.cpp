#include "attend/checkpoint/tensor_file.h"

#include <torch/types.h>

#include <cstring>

#include "attend/core/error.h"
#include "attend/storage/safetensors.h"

namespace attend {
namespace {

struct TypePair {
  DType stored;
  at::ScalarType tensor;
};
constexpr TypePair kTypes[] = {
    {DType::f32, at::kFloat}, {DType::bf16, at::kBFloat16}, {DType::f64, at::kDouble}, {DType::f16, at::kHalf},
    {DType::i64, at::kLong},  {DType::i32, at::kInt},       {DType::i16, at::kShort},  {DType::i8, at::kChar},
    {DType::u8, at::kByte},   {DType::boolean, at::kBool}};

DType stored_type(at::ScalarType type, const std::string& name) {
  for (const auto& pair : kTypes)
    if (pair.tensor == type) return pair.stored;
  throw ModelError("[checkpoint] tensor ", name, ": expected a storable element type, got ", c10::toString(type));
}

at::ScalarType tensor_type(const TensorEntry& entry, const std::filesystem::path& path) {
  for (const auto& pair : kTypes)
    if (pair.stored == entry.dtype) return pair.tensor;
  throw ModelError("[", path.string(), "] tensor ", entry.name, ": element type ", info_of(entry.dtype).name,
                   " is not supported");
}

// A weight that is no number would spread over everything that is computed, without a word.
void require_finite(const at::Tensor& tensor, const std::string& name, const std::filesystem::path& path) {
  if (!tensor.is_floating_point() || tensor.numel() == 0) return;
  const auto finite = tensor.isfinite().reshape({-1});
  if (finite.all().item<bool>()) return;
  const auto at = finite.logical_not().nonzero()[0].item<std::int64_t>();
  throw ModelError("[", path.string(), "] tensor ", name, ": expected numbers, got ",
                   tensor.reshape({-1})[at].item<double>(), " at element ", at, "; take another checkpoint");
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  std::vector<at::Tensor> alive;
  std::vector<TensorBytes> entries;
  for (const auto& [name, tensor] : tensors) {
    const auto& held = alive.emplace_back(tensor.detach().cpu().contiguous());
    entries.push_back(
        {name, stored_type(held.scalar_type(), name), held.sizes().vec(), held.data_ptr(), held.nbytes()});
  }
  write_safetensors(path, std::move(entries), {{"format", "pt"}});
}

NamedTensors load_tensors(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  NamedTensors tensors;
  for (const auto& entry : file.entries()) {
    auto tensor = torch::empty(entry.shape, torch::TensorOptions(tensor_type(entry, path)));
    const auto bytes = file.bytes(entry);
    if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    require_finite(tensor, entry.name, path);
    tensors.emplace(entry.name, std::move(tensor));
  }
  return tensors;
}

std::uint64_t bytes_of(const NamedTensors& tensors) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.nbytes();
  return bytes;
}

}  // namespace attend
