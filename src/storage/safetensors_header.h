// What the reader and the writer of safetensors share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/storage/safetensors.h"

namespace attend {

// The text as a JSON string, quoted and escaped.
std::string json_text(std::string_view text);

// Why a tensor of this name cannot be; nullopt: it can.
std::optional<std::string_view> fault_of_tensor_name(std::string_view name);

// Bytes that a tensor takes, multiplied with overflow checked; ModelError names `where` and the tensor.
std::uint64_t tensor_bytes(DType dtype, const std::vector<std::int64_t>& shape, std::string_view where,
                           std::string_view name);

// The JSON object, not yet checked against the buffer. In the order of the text.
SafetensorsHeader parse_safetensors_json(std::string_view json, std::string_view where);

}  // namespace attend
