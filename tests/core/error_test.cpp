#include "attend/core/error.h"

#include "attend/core/enum_table.h"
#include "tests/support/test.h"

using namespace attend;

namespace {
enum class Fruit { apple, plum };
constexpr EnumEntry<Fruit> kFruits[] = {{Fruit::apple, "apple", "round"}, {Fruit::plum, "plum", "blue"}};
constexpr std::span<const EnumEntry<Fruit>> enum_table(Fruit) { return kFruits; }
}  // namespace

TEST_CASE("error: parts are joined and the class carries the exit code") {
  const DataError error("[", "a.txt", ":", 17, "] expected UTF-8, got byte ", 3);
  CHECK(std::string(error.what()) == "[a.txt:17] expected UTF-8, got byte 3");
  CHECK(error.code() == ExitCode::data);
  CHECK_THROWS_AS(throw WriteError("full"), Error);
  CHECK(static_cast<int>(WriteError("full").code()) == 8);
}

TEST_CASE("enum table: names and values are inverse, unknown names have no value") {
  for (const Fruit fruit : values_of<Fruit>()) CHECK(value_of<Fruit>(name_of(fruit)) == fruit);
  CHECK(names_of<Fruit>() == std::vector<std::string>{"apple", "plum"});
  CHECK_FALSE(value_of<Fruit>("pear"));
  CHECK(name_of(static_cast<Fruit>(7)) == "?");
}
