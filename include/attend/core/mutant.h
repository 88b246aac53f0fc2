// Known bugs of other people's attention code, injected to show that our laws catch them (scripts/mutation_run). A build
// without ATTEND_MUTANTS has none of this: every question is answered with a constant no.
#pragma once

#include <string_view>

namespace attend {

// Each names a mistake somebody made; the comment beside its use says where it is put.
inline constexpr std::string_view kMutants[] = {
    "window_one_too_wide",        // W keys besides self
    "causal_from_the_top_left",   // a cached step sees the first keys
    "segments_ignored",           // packed documents leak
    "heads_repeated_as_blocks",   // repeat for repeat_interleave of grouped heads
    "softcap_after_the_mask",     // hidden keys come back at -cap
    "empty_row_not_guarded",      // 0 / 0 where nothing is seen
    "dropout_differs_in_backward",
    "bias_without_the_cache",     // distances from the first key, however many are cached
    "alibi_signed",               // m j, wrong where later keys are seen
    "alibi_one_head_late",        // slope 1 for the first head
    "keys_not_turned",            // rope forgets one side
    "turned_from_zero",           // rope of a cached step begins at 0
    "yarn_ramp_inverted",
    "shaw_sign",                  // i - j for j - i
    "xl_shift_off_by_one",
    "values_masked_keys_not",     // linear attention's normaliser counts padding
    "sums_of_the_future",         // a chunk's sums hold the chunk itself
    "sums_not_reordered",         // beams keep each other's past
    "keys_not_reordered",
    "ring_too_short",             // a window forgets a key too early
    "positions_count_padding",
    "beam_without_log_sum_exp",   // logits compared as if they were log-probabilities
    "accumulation_not_scaled",    // each part divided by its own count
};

#ifdef ATTEND_MUTANTS
// True where the environment's ATTEND_MUTANT is this one.
bool mutated(std::string_view name);
#else
consteval bool mutated(std::string_view name) {
  for (const auto known : kMutants)
    if (known == name) return false;
  throw "a mutant that kMutants does not list";
}
#endif

}  // namespace attend
