// Choices of the whole config: what is trained, and in which number format. Each choice has a table with one row per
// value.
#pragma once

#include "attend/core/enum_table.h"

namespace attend {

enum class TaskType { translation, language_model };
inline constexpr EnumEntry<TaskType> kTaskTypes[] = {
    {TaskType::translation, "translation", "an encoder-decoder that turns source lines into target lines"},
    {TaskType::language_model, "language_model", "a decoder that predicts the next token of a text"}};
ATTEND_ENUM_TABLE(TaskType, kTaskTypes)

enum class Precision { automatic, fp32, bf16 };
inline constexpr EnumEntry<Precision> kPrecisions[] = {
    {Precision::automatic, "auto",
     "bf16 on CUDA and on CPUs that multiply bf16 natively (AMX, AVX512-BF16), else fp32"},
    {Precision::fp32, "fp32", "everything in single precision"},
    {Precision::bf16, "bf16", "bfloat16 weights and activations, fp32 masters, gradients, norms, softmax and loss"}};
ATTEND_ENUM_TABLE(Precision, kPrecisions)

}  // namespace attend
