#include "attend/attention/mechanism.h"
#include "attend/attention/mechanisms/full.h"

namespace attend {

std::shared_ptr<AttentionMechanism> make_mechanism(const AttentionConfig& config) {
  switch (config.type) {
    case AttentionType::full: return std::make_shared<FullAttention>(config.implementation);
  }
  TORCH_CHECK(false, "unreachable attention type");
}

}  // namespace attend
