// Choices of the section `training`; optimizers and schedules stand beside their options. Each choice has a table with
// one row per value.
#pragma once

#include "attend/core/enum_table.h"

namespace attend {

enum class DecayTarget { matrices, all };
inline constexpr EnumEntry<DecayTarget> kDecayTargets[] = {
    {DecayTarget::matrices, "matrices", "weight decay on tensors of two or more dimensions"},
    {DecayTarget::all, "all", "weight decay on every parameter"}};
ATTEND_ENUM_TABLE(DecayTarget, kDecayTargets)

enum class ValidateMetric { loss, bleu, chrf };
inline constexpr EnumEntry<ValidateMetric> kValidateMetrics[] = {
    {ValidateMetric::loss, "loss", "negative log-likelihood per target token, without smoothing"},
    {ValidateMetric::bleu, "bleu", "BLEU of translations by beam search"},
    {ValidateMetric::chrf, "chrf", "chrF of translations by beam search"}};
ATTEND_ENUM_TABLE(ValidateMetric, kValidateMetrics)

enum class PeriodUnit { updates, epochs, target_tokens };

}  // namespace attend
