// LibTorch's generator starts from a random seed in C++; here every test case starts from one, in whatever order they
// run.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // Catch2 2 shows its listeners then alone
#include "tests/support/test.h"

namespace {

#if __has_include(<catch2/catch_all.hpp>)
using Listener = Catch::EventListenerBase;
#else
using Listener = Catch::TestEventListenerBase;
#endif

constexpr std::uint64_t kSeed = 1;

class Seeding final : public Listener {
 public:
  using Listener::Listener;
  void testCaseStarting(const Catch::TestCaseInfo&) override { at::manual_seed(kSeed); }
};
CATCH_REGISTER_LISTENER(Seeding)

}  // namespace

TEST_CASE("seed: a test case draws the same numbers in every run") {
  CHECK(at::detail::getDefaultCPUGenerator().current_seed() == kSeed);
}
