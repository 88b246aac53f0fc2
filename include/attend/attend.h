// This header includes everything that a program which uses Attend as a library needs first. Attend itself never
// includes it: its own files include exactly what they use.
#pragma once

// These headers belong to the library attend::base, which does without LibTorch.
#include "attend/config/load.h"
#include "attend/config/print.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/version.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"
#include "attend/metrics/ter.h"
#include "attend/storage/run_directory.h"
#include "attend/storage/safetensors.h"
#include "attend/text/parallel_text.h"
#include "attend/text/tokenizer.h"

// These headers belong to the library attend::attend, which needs LibTorch.
#include "attend/checkpoint/model_directory.h"
#include "attend/decoding/ensemble.h"
#include "attend/decoding/generator.h"
#include "attend/decoding/language_scorer.h"
#include "attend/decoding/translator.h"
#include "attend/models/build.h"
#include "attend/tasks/build.h"
#include "attend/tensor/runtime.h"
#include "attend/training/trainer.h"
