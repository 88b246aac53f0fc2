#include "attend/storage/safetensors.h"

#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "safetensors_header.h"

namespace attend {

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::string_view kFileDamaged = "; the file is damaged or not safetensors, fetch or write it again";

// The checks of the header's length, in the order of the reference reader.
std::string_view header_text(std::span<const std::uint8_t> file, std::string_view where) {
  if (file.size() < kLengthBytes)
    throw ModelError("[", where, "] expected at least 8 bytes, got ", file.size(), kFileDamaged);
  std::uint64_t length = 0;
  for (std::uint64_t i = 0; i < kLengthBytes; ++i) length |= std::uint64_t{file[i]} << (8 * i);
  if (length > kMaxHeaderBytes)
    throw ModelError("[", where, "] expected a header of at most ", kMaxHeaderBytes, " bytes, got ", length,
                     kFileDamaged);
  if (length > file.size() - kLengthBytes)
    throw ModelError("[", where, "] expected a header of ", length, " bytes, got a file of ", file.size(),
                     kFileDamaged);
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
  if (const auto at = invalid_utf8_at(text))
    throw ModelError("[", where, "] expected UTF-8 in the header, got another byte at ", *at, kFileDamaged);
  return text;
}

// Neither holes nor overlaps nor a tail: the tensors tile the buffer.
void check_offsets(std::vector<TensorEntry>& entries, std::uint64_t buffer_bytes, std::string_view where) {
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t expected = 0;
  for (const auto& entry : entries) {
    if (entry.begin != expected || entry.end < entry.begin)
      throw ModelError("[", where, "] tensor \"", entry.name, "\": expected data_offsets from ", expected,
                       ", got ", entry.begin, " to ", entry.end, kFileDamaged);
    const auto bytes = tensor_bytes(entry.dtype, entry.shape, where, entry.name);
    if (entry.bytes() != bytes)
      throw ModelError("[", where, "] tensor \"", entry.name, "\": expected ", bytes,
                       " bytes of its shape and dtype ", info_of(entry.dtype).name, ", got ", entry.bytes(),
                       kFileDamaged);
    expected = entry.end;
  }
  if (expected != buffer_bytes)
    throw ModelError("[", where, "] expected ", expected, " bytes of tensors, got ", buffer_bytes,
                     "; the file is cut short or has a foreign tail, fetch or write it again");
}

void check_tensor(const TensorBytes& tensor, std::string_view where) {
  if (const auto fault = fault_of_tensor_name(tensor.name))
    throw ModelError("[", where, "] cannot write a tensor of this name: ", *fault);
  if (tensor.name == "__metadata__")
    throw ModelError("[", where, "] expected a tensor's name, got the reserved \"__metadata__\"");
  if (tensor.shape.size() > kMaxRank)
    throw ModelError("[", where, "] tensor \"", tensor.name, "\": expected at most ", kMaxRank,
                     " dimensions, got ", tensor.shape.size());
  const auto expected = tensor_bytes(tensor.dtype, tensor.shape, where, tensor.name);
  if (expected != tensor.bytes)
    throw ModelError("[", where, "] tensor \"", tensor.name, "\": expected ", expected, " bytes, got ",
                     tensor.bytes);
}

std::string header_json(const std::vector<TensorBytes>& tensors, const TensorMetadata& metadata) {
  std::vector<std::string> members, pairs;
  for (const auto& [key, value] : metadata) pairs.push_back(json_text(key) + ":" + json_text(value));
  if (!pairs.empty()) members.push_back("\"__metadata__\":{" + join(pairs, ",") + "}");
  std::uint64_t at = 0;
  for (const auto& tensor : tensors) {
    std::vector<std::string> sizes;
    for (const auto size : tensor.shape) sizes.push_back(std::to_string(size));
    members.push_back(concat(json_text(tensor.name), ":{\"dtype\":\"", info_of(tensor.dtype).name,
                             "\",\"shape\":[", join(sizes, ","), "],\"data_offsets\":[", at, ",",
                             at + tensor.bytes, "]}"));
    at += tensor.bytes;
  }
  auto text = "{" + join(members, ",") + "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

void write_all(const fs::path& path, const std::string& header, const std::vector<TensorBytes>& tensors) {
  OutputFile file(path, OutputFile::Mode::create);
  std::uint8_t length[kLengthBytes];
  for (std::uint64_t i = 0; i < kLengthBytes; ++i)
    length[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
  file.write(length, kLengthBytes);
  file.write(header);
  for (const auto& tensor : tensors)
    if (tensor.bytes > 0) file.write(tensor.data, tensor.bytes);
  file.close();
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::uint8_t> file, std::string_view where) {
  const auto text = header_text(file, where);
  auto header = parse_safetensors_json(text, where);
  header.buffer_at = kLengthBytes + text.size();
  check_offsets(header.entries, file.size() - header.buffer_at, where);
  return header;
}

SafetensorsFile::SafetensorsFile(const fs::path& path) : path_(path), file_(path) {
  header_ = parse_safetensors({file_.data(), file_.size()}, path.string());
  for (std::size_t i = 0; i < header_.entries.size(); ++i) index_.emplace(header_.entries[i].name, i);
}

const TensorEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &header_.entries[found->second];
}

std::span<const std::byte> SafetensorsFile::bytes(const TensorEntry& entry) const {
  return {reinterpret_cast<const std::byte*>(file_.data() + header_.buffer_at + entry.begin), entry.bytes()};
}

void write_safetensors(const fs::path& path, std::vector<TensorBytes> tensors,
                       const TensorMetadata& metadata) {
  const auto where = path.string();
  std::unordered_set<std::string_view> names;
  for (const auto& tensor : tensors) {
    check_tensor(tensor, where);
    if (!names.insert(tensor.name).second)
      throw ModelError("[", where, "] expected each tensor once, got \"", tensor.name, "\" twice");
  }
  names.clear();  // the views end with the sorting
  for (const auto& [key, value] : metadata)
    if (!is_valid_utf8(key) || !is_valid_utf8(value))
      throw ModelError("[", where, "] expected UTF-8 in the metadata, got another byte");
  std::sort(tensors.begin(), tensors.end(), [](const TensorBytes& a, const TensorBytes& b) {
    return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name;
  });
  const auto header = header_json(tensors, metadata);
  const fs::path temporary = concat(where, ".tmp-", ::getpid());
  try {
    write_all(temporary, header, tensors);
    rename_path(temporary, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

}  // namespace attend
