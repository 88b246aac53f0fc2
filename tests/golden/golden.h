// What the golden tests share: a file that a script of scripts/goldens has written, and the numbers that
// script and test both compute from a name (scripts/goldens/formula.py), so that no file has to hold weights.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdlib>

#include "attend/checkpoint/tensor_file.h"
#include "tests/support/test.h"

namespace attend::test {

// tests/golden/NAME.safetensors, read once.
inline const NamedTensors& golden_tensors(const std::string& name) {
  static std::map<std::string, NamedTensors> files;
  const auto known = files.find(name);
  if (known != files.end()) return known->second;
  const char* checkout = std::getenv("ATTEND_SOURCE");
  const std::filesystem::path folder = std::filesystem::path(checkout ? checkout : ".") / "tests/golden";
  return files[name] = load_tensors(folder / (name + ".safetensors"));
}

// 32-bit integers from a name and an index, each turned into a value.
template <class F>
at::Tensor by_formula(const std::string& name, at::IntArrayRef shape, F&& value_of) {
  std::uint32_t start = 2166136261u;
  for (const char c : name) start = (start ^ static_cast<unsigned char>(c)) * 16777619u;
  at::Tensor result = torch::empty(shape, torch::kFloat64);
  double* data = result.data_ptr<double>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) * 0x9E3779B9u + start;
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    data[i] = value_of(x ^ x >> 16);
  }
  return result;
}

// In [-1/4, 1/4), around 1 for the scales of norms (weights whose name speaks of a norm).
inline at::Tensor pattern(const std::string& name, at::IntArrayRef shape) {
  const bool scale = name.ends_with(".weight") && name.find("norm") != std::string::npos;
  return by_formula(name, shape,
                    [&](std::uint32_t x) { return (x >> 16) / 131072.0 + (scale ? 0.75 : -0.25); });
}

inline at::Tensor signs(const std::string& name, std::int64_t number, at::IntArrayRef shape) {
  return by_formula(name + "#" + std::to_string(number), shape,
                    [](std::uint32_t x) { return x >> 31 ? -1.0 : 1.0; });
}

// Every weight of a module becomes the pattern of its name.
inline void fill_by_name(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) item.value().copy_(pattern(item.key(), item.value().sizes()));
}

// The largest difference.
inline double apart(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a.detach().to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

}  // namespace attend::test
