// The JSON header through nlohmann's SAX interface: the DOM would keep the last of two equal keys, turn 2^64
// into a double and -1 into 2^64 - 1, each of them silently.
#include "safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

constexpr std::string_view kMetadataKey = "__metadata__";

std::optional<DType> dtype_named(std::string_view name) {
  for (const auto& info : kDTypes)
    if (info.name == name) return info.dtype;
  return std::nullopt;
}

std::string printable(std::string_view text) { return json_text(text.substr(0, 80)); }

// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"key": "text"}}
// depth_ 1 is inside the outer object, 2 inside a tensor or the metadata, 3 inside an array of numbers.
class HeaderHandler {
 public:
  HeaderHandler(SafetensorsHeader& header, std::string_view where) : header_(header), where_(where) {}

  bool null() { return refuse("null"); }
  bool boolean(bool) { return refuse("true or false"); }
  bool number_integer(std::int64_t value) { return refuse(concat("the negative number ", value)); }
  bool number_float(double, const std::string& text) {
    return refuse(concat("the number ", text.substr(0, 80)));
  }
  bool binary(std::vector<std::uint8_t>&) { return refuse("binary data"); }

  bool number_unsigned(std::uint64_t value) {
    if (depth_ != 3) return refuse(concat("the number ", value));
    if (numbers_.size() == kMaxRank) return refuse(concat("more than ", kMaxRank, " numbers"));
    numbers_.push_back(value);
    return true;
  }

  bool string(std::string& value) {
    if (depth_ == 2 && in_metadata_) {
      if (header_.metadata.size() == kMaxMetadata) return refuse(concat("more than ", kMaxMetadata, " keys"));
      header_.metadata[key_] = value;
      return true;
    }
    if (depth_ != 2 || key_ != "dtype") return refuse(concat("the text ", printable(value)));
    const auto dtype = dtype_named(value);
    if (!dtype) return refuse(concat("the unknown dtype ", printable(value)));
    entry_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) {
    if (depth_ > 1) return refuse("an object");
    if (++depth_ == 2) fields_.clear();
    return true;
  }

  bool key(std::string& key) {
    if (depth_ == 1) {
      start_tensor(key);
      return true;
    }
    if (!fields_.insert(key).second) return refuse(concat("the key ", printable(key), " twice"));
    if (!in_metadata_ && key != "dtype" && key != "shape" && key != "data_offsets")
      return refuse(concat("the unknown key ", printable(key)));
    key_ = key;
    return true;
  }

  bool end_object() {
    const bool ends_tensor = depth_ == 2 && !in_metadata_;
    if (ends_tensor && fields_.size() != 3) return refuse(concat(fields_.size(), " of them"));
    if (ends_tensor) header_.entries.push_back(std::move(entry_));
    --depth_;
    return true;
  }

  bool start_array(std::size_t) {
    if (depth_ != 2 || in_metadata_ || key_ == "dtype") return refuse("an array");
    depth_ = 3;
    numbers_.clear();
    return true;
  }

  bool end_array() {
    depth_ = 2;
    if (key_ == "shape") {
      set_shape();
    } else {
      if (numbers_.size() != 2) return refuse(concat(numbers_.size(), " data_offsets"));
      entry_.begin = numbers_[0];
      entry_.end = numbers_[1];
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) {
    throw ModelError("[", where_, "] expected a JSON header, got a fault at its byte ", position, " (",
                     error.what(), "); the file is damaged or not safetensors, fetch it again");
  }

 private:
  void start_tensor(const std::string& name) {
    if (const auto fault = fault_of_tensor_name(name))
      throw ModelError("[", where_, "] expected a plain tensor name, got ", printable(name), ": ", *fault);
    if (!names_.insert(name).second)
      throw ModelError("[", where_, "] expected each name once, got ", printable(name),
                       " twice; write the file again");
    if (header_.entries.size() == kMaxTensors)
      throw ModelError("[", where_, "] expected at most ", kMaxTensors, " tensors, got more");
    in_metadata_ = name == kMetadataKey;
    entry_ = TensorEntry{};
    entry_.name = name;
  }

  void set_shape() {
    for (const auto size : numbers_) {
      if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        refuse(concat("the dimension ", size));
      entry_.shape.push_back(static_cast<std::int64_t>(size));
    }
  }

  bool refuse(const std::string& got) const {
    if (depth_ < 2)
      throw ModelError("[", where_, "] expected an object of tensors as header, got ", got,
                       "; the file is damaged or not safetensors");
    throw ModelError("[", where_, "] ", in_metadata_ ? "" : "tensor ", printable(entry_.name), ": expected ",
                     in_metadata_ ? "a map of text to text" : "dtype, shape and data_offsets", ", got ", got,
                     "; the file is damaged or not safetensors");
  }

  SafetensorsHeader& header_;
  std::string_view where_;
  int depth_ = 0;
  bool in_metadata_ = false;
  TensorEntry entry_;
  std::string key_;
  std::vector<std::uint64_t> numbers_;
  std::unordered_set<std::string> names_, fields_;
};

}  // namespace

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string_view> fault_of_tensor_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxTensorName) return "it is longer than 512 bytes";
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "it holds a control character";
  if (!is_valid_utf8(name)) return "it is not valid UTF-8";
  return std::nullopt;
}

std::uint64_t tensor_bytes(DType dtype, const std::vector<std::int64_t>& shape, std::string_view where,
                           std::string_view name) {
  std::uint64_t bits = info_of(dtype).bits;
  bool overflow = false;
  for (const auto size : shape)
    overflow |= size < 0 || __builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits);
  if (overflow)
    throw ModelError("[", where, "] tensor ", printable(name),
                     ": expected a size that can exist, got an overflow");
  if (bits % 8 != 0)
    throw ModelError("[", where, "] tensor ", printable(name), ": expected whole bytes, got ", bits,
                     " bits of ", info_of(dtype).name);
  return bits / 8;
}

SafetensorsHeader parse_safetensors_json(std::string_view json, std::string_view where) {
  SafetensorsHeader header;
  HeaderHandler handler(header, where);
  nlohmann::json::sax_parse(json.begin(), json.end(), &handler);
  return header;
}

}  // namespace attend
