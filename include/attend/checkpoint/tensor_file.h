// Saves named tensors as safetensors and loads them again. Files hold contiguous CPU tensors in their own dtype.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace attend {

using NamedTensors = std::map<std::string, at::Tensor>;

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors);
// Throws ModelError for a broken file, for an element type that LibTorch does not have, and for NaN or infinite values.
NamedTensors load_tensors(const std::filesystem::path& path);
std::uint64_t bytes_of(const NamedTensors& tensors);

}  // namespace attend
