// The one way into Catch2. LibTorch and Catch2 both define CHECK, so LibTorch's headers come first and theirs goes.
// Tests of floors without LibTorch include this file too; they then see Catch2 alone.
#pragma once

#ifdef CHECK
#undef CHECK
#endif
#include <catch2/catch.hpp>
