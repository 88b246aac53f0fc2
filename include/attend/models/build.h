// Makes the model of a config.
#pragma once

#include "attend/models/encoder_decoder.h"
#include "attend/models/language_model.h"

namespace attend {

// Returns a new model of the architecture that the resolved config names.
std::shared_ptr<Model> build_model(const Config& config, const Vocabularies& vocabularies);

}  // namespace attend
