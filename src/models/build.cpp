#include "attend/models/build.h"

#include <torch/types.h>

namespace attend {

std::shared_ptr<Model> build_model(const Config& config, const Vocabularies& vocabularies) {
  switch (config.model.architecture) {
    case Architecture::encoder_decoder: return build_encoder_decoder(config, vocabularies);
    case Architecture::decoder: return build_language_model(config, vocabularies);
  }
  TORCH_CHECK(false, "unreachable architecture");
}

}  // namespace attend
