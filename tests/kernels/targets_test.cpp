// The loops are compiled for several CPUs, of which the other tests meet the best one that runs here.
#include "tests/support/process.h"
#include "tests/support/test.h"

using namespace attend::test;

TEST_CASE("targets: the loops for lesser CPUs pass the same tests") {
  const std::string capability = GENERATE("default", "avx2");
  ProcessOptions options;
  options.environment["ATEN_CPU_CAPABILITY"] = capability;
  const auto result = run_process(
      "/proc/self/exe",
      {"attention:*,cross-entropy:*,dropout*,activate:*,embed:*,draws:*,norms:*,norm:*,optimizers:*,top-k:*"}, options);
  INFO(capability << "\n" << result.out);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "All tests passed"));
}
