#define CATCH_CONFIG_RUNNER
#include "tests/support/test.h"

#include "attend/core/log.h"

int main(int argc, char** argv) {
  attend::set_log_level(attend::LogLevel::error);
  return Catch::Session().run(argc, argv);
}
