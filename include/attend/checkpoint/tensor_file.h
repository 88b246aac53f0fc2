// Tensors by name <-> safetensors. Always stored on the CPU, contiguous, in their own dtype.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace attend {

using NamedTensors = std::map<std::string, at::Tensor>;

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors);
// ModelError for a broken file, an element type that LibTorch does not have, and a value that is no number.
NamedTensors load_tensors(const std::filesystem::path& path);
std::uint64_t bytes_of(const NamedTensors& tensors);

}  // namespace attend
