#include "attend/training/progress_line.h"

#include <cmath>
#include <limits>

#include "tests/support/test.h"

using namespace attend;

TEST_CASE("progress: a perplexity is readable however bad it is, and the same in updates and validations") {
  CHECK(perplexity_text(0) == "1.00");
  CHECK(perplexity_text(std::log(123.456)) == "123.46");
  CHECK(perplexity_text(50) == "5.2e+21");             // e^50 = 5.18e21
  CHECK(perplexity_text(788) == "1.7e+342");           // 788 / ln 10 = 342.224
  CHECK(perplexity_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(validation_line({"validation", {{"nll", 788.0}, {"perplexity", std::numeric_limits<double>::infinity()}}}) ==
        "validation nll 788.0000  perplexity 1.7e+342");
}
