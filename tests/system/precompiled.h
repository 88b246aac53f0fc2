// What most system tests include; compiled once.
#include <nlohmann/json.hpp>

#include "attend/core/json.h"
#include "tests/system/tiny.h"
