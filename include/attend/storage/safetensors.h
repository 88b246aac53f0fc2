// The safetensors container: 8 bytes with the little-endian number N, a JSON header of N bytes, and one buffer with all
// tensors. The reader trusts nothing: every rule of the format and every limit in core/limits.h is checked before a
// byte of a tensor can be reached. Values themselves (NaN, infinity) are not checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attend/core/file.h"
#include "attend/core/limits.h"
#include "attend/core/mapped_file.h"

namespace attend {

// The 22 element types of the format, in its own order, by which writers sort.
enum class DType {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64
};

struct DTypeInfo {
  DType dtype;
  std::string_view name;  // as written in the header
  std::uint64_t bits;     // size of one element
};

inline constexpr DTypeInfo kDTypes[] = {
    {DType::boolean, "BOOL", 8},
    {DType::f4, "F4", 4},
    {DType::f6_e2m3, "F6_E2M3", 6},
    {DType::f6_e3m2, "F6_E3M2", 6},
    {DType::u8, "U8", 8},
    {DType::i8, "I8", 8},
    {DType::f8_e5m2, "F8_E5M2", 8},
    {DType::f8_e4m3, "F8_E4M3", 8},
    {DType::f8_e8m0, "F8_E8M0", 8},
    {DType::f8_e4m3fnuz, "F8_E4M3FNUZ", 8},
    {DType::f8_e5m2fnuz, "F8_E5M2FNUZ", 8},
    {DType::i16, "I16", 16},
    {DType::u16, "U16", 16},
    {DType::f16, "F16", 16},
    {DType::bf16, "BF16", 16},
    {DType::i32, "I32", 32},
    {DType::u32, "U32", 32},
    {DType::f32, "F32", 32},
    {DType::c64, "C64", 64},
    {DType::f64, "F64", 64},
    {DType::i64, "I64", 64},
    {DType::u64, "U64", 64},
};

constexpr const DTypeInfo& info_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

struct TensorEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;   // empty: a scalar; sizes may be 0
  std::uint64_t begin = 0, end = 0;  // byte offsets in the buffer
  std::uint64_t bytes() const { return end - begin; }
};

using TensorMetadata = std::map<std::string, std::string>;

// The content of the header, checked against the size of the file.
struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of their bytes
  TensorMetadata metadata;
  std::uint64_t buffer_at = 0;  // offset of the buffer in the file
};

// Parses the header. `file` has the bytes of the whole file, and `where` names it in messages. Throws ModelError.
SafetensorsHeader parse_safetensors(std::span<const std::uint8_t> file, std::string_view where);

// A file mapped into memory. The bytes of a tensor may be unaligned: memcpy them, never cast the pointer.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const fs::path& path);  // throws ModelError
  const std::vector<TensorEntry>& entries() const { return header_.entries; }
  const TensorMetadata& metadata() const { return header_.metadata; }
  const TensorEntry* find(std::string_view name) const;  // nullptr: there is none
  std::span<const std::byte> bytes(const TensorEntry& entry) const;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  MappedFile file_;
  SafetensorsHeader header_;
  std::unordered_map<std::string_view, std::size_t> index_;  // the names are views into header_.entries
};

// A tensor to be written. `data` is borrowed, contiguous and little-endian.
struct TensorBytes {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
  std::uint64_t bytes = 0;
};

// Writes a temporary file beside `path`, fsyncs it and renames it. Tensors are sorted by dtype, descending (large
// elements come first, and all are aligned), then by name. The header is padded with spaces to a multiple of 8 bytes.
// The bytes equal those of the Python package. Throws ModelError for tensors that no reader would accept, and
// WriteError for faults of the disk.
void write_safetensors(const fs::path& path, std::vector<TensorBytes> tensors,
                       const TensorMetadata& metadata = {});

}  // namespace attend
