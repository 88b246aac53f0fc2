// The one way into Catch2. LibTorch and Catch2 both define CHECK, so LibTorch's headers come first and theirs goes.
// Tests of floors without LibTorch include this file too; they then see Catch2 alone.
#pragma once

#ifdef CHECK
#undef CHECK
#endif
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
namespace Catch {  // names of Catch2 2
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
inline auto StartsWith(const std::string& text) { return Matchers::StartsWith(text); }
namespace Matchers {
inline auto Contains(const std::string& text) { return ContainsSubstring(text); }
}  // namespace Matchers
}  // namespace Catch
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
