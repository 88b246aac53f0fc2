// attend doctor: what this installation is made of, what this machine can do, and whether the essentials work.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/temporary_directory.h"
#include "attend/core/version.h"
#include "attend/tensor/cpu.h"

namespace attend {
namespace {

void row(std::string_view name, std::string_view value) {
  std::cout << name << std::string(name.size() < 16 ? 16 - name.size() : 1, ' ') << value << '\n';
}

// The shared library that a symbol comes from; empty where nobody has it.
std::string library_of(const char* symbol) {
  const void* address = ::dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  if (address == nullptr || ::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "";
  return std::filesystem::path(info.dli_fname).filename().string();
}

// LibTorch and SentencePiece both export this flag; were LibTorch's to win, SentencePiece would read past its end.
bool sentencepiece_owns_its_flags() {
  const std::string owner = library_of("FLAGS_minloglevel");
  return owner.empty() || owner.starts_with("libsentencepiece");
}

// A constructor of the processor: its mangled name is the ABI we are linked with.
std::string sentencepiece_library() {
  const std::string library = library_of("_ZN13sentencepiece22SentencePieceProcessorC1Ev");
  return library.empty() ? "not linked" : library;
}

void describe() {
  const bool cuda = at::hasCUDA();
  const bool bf16 = cuda || cpu_multiplies_bf16();
  row("attend", kVersion);
  row("LibTorch", TORCH_VERSION);
  row("SentencePiece", sentencepiece_library());
  row("compiler", concat("g++ ", __VERSION__));
  row("CPU", cpu_description());
  row("threads", concat(at::get_num_threads(), " of ", ::sysconf(_SC_NPROCESSORS_ONLN)));
  row("CUDA", cuda ? "visible" : "not visible");
  row("device: auto", cuda ? "cuda" : "cpu");
  row("precision: auto", bf16 ? "bf16" : "fp32 (this CPU has no bf16 products)");
}

bool multiplies() {
  const at::Tensor left = at::arange(256 * 256, at::kDouble).remainder(7).view({256, 256}) - 3;
  const at::Tensor exact = left.mm(left.t());
  return left.to(at::kFloat).mm(left.to(at::kFloat).t()).to(at::kDouble).equal(exact);
}

bool takes_softmax() {
  const at::Tensor rows = at::softmax(at::linspace(-40, 40, 512).view({8, 64}), -1).sum(-1);
  return rows.sub(1).abs().max().item<float>() < 1e-5f;
}

bool writes_files() {
  const TemporaryDirectory directory("doctor");
  write_file_atomically(directory.path() / "file", "attend");
  return read_file(directory.path() / "file", 64) == "attend";
}

bool check(std::string_view name, bool (*passes)()) {
  bool passed = false;
  std::string reason;
  try {
    passed = passes();
  } catch (const std::exception& error) {
    reason = concat(": ", error.what());
  }
  row(name, (passed ? "ok" : "FAILED") + reason);
  return passed;
}

void run_doctor() {
  describe();
  bool healthy = check("flags", sentencepiece_owns_its_flags);
  healthy = check("matrix product", multiplies) && healthy;
  healthy = check("softmax", takes_softmax) && healthy;
  healthy = check("files", writes_files) && healthy;
  if (!healthy)
    throw Error(ExitCode::internal, "[doctor] a check failed; build again with scripts/setup and scripts/build");
}

}  // namespace

void add_doctor_verb(CLI::App& app) {
  app.add_subcommand("doctor", "versions, what this machine can do, and a short self-test")->callback(run_doctor);
}

}  // namespace attend
