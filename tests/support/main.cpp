#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "attend/core/log.h"

int main(int argc, char** argv) {
  attend::set_log_level(attend::LogLevel::error);
  return Catch::Session().run(argc, argv);
}
