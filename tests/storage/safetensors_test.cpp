#include "attend/storage/safetensors.h"

#include <cstdlib>
#include <cstring>
#include <random>

#include "attend/core/error.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;
using Catch::Contains;

namespace {

std::string file_of(const std::string& json, std::size_t buffer_bytes = 0) {
  std::string file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<char>(std::uint64_t{json.size()} >> (8 * i)));
  return file + json + std::string(buffer_bytes, '\0');
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()},
                           "x.safetensors");
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

template <class T>
std::vector<T> values_in(const SafetensorsFile& file, const char* name) {
  const auto* entry = file.find(name);
  REQUIRE(entry != nullptr);
  std::vector<T> values(entry->bytes() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), file.bytes(*entry).data(), entry->bytes());
  return values;
}

template <class T>
TensorBytes bytes_of(std::string name, DType dtype, std::vector<std::int64_t> shape,
                     const std::vector<T>& values) {
  return {std::move(name), dtype, std::move(shape), values.data(), values.size() * sizeof(T)};
}

// The tensors of scripts/goldens/safetensors_file.py.
struct PythonTensors {
  std::vector<float> weight{-0.5F, -0.25F, 0, 0.25F, 0.5F, 0.75F}, scalar{2.5F}, empty;
  std::vector<std::uint16_t> half{0xbf80, 0xbf00, 0, 0x3f00, 0x3f80, 0x3fc0};  // -1 -0.5 0 0.5 1 1.5
  std::vector<std::int64_t> ids{-1, 999, 1999};
  std::vector<std::uint8_t> mask{1, 0, 1}, quoted{7};

  std::vector<TensorBytes> list() const {
    return {bytes_of("weight", DType::f32, {2, 3}, weight),
            bytes_of("half", DType::bf16, {3, 2}, half),
            bytes_of("ids", DType::i64, {3}, ids),
            bytes_of("scalar", DType::f32, {}, scalar),
            bytes_of("empty", DType::f32, {0, 4}, empty),
            bytes_of("mask", DType::boolean, {3}, mask),
            bytes_of("name \"quoted\" \xc3\xa4", DType::u8, {1}, quoted)};
  }
};

std::string small_file() {
  const Scratch scratch;
  write_safetensors(scratch / "a", PythonTensors().list(), {{"format", "pt"}});
  return slurp(scratch / "a");
}

}  // namespace

TEST_CASE("safetensors: a file written by the Python package reads equal, and ours has the same bytes") {
  const char* source = std::getenv("ATTEND_SOURCE");
  if (source == nullptr) {
    WARN("ATTEND_SOURCE is not set; skipped");
    return;
  }
  const auto path = fs::path(source) / "tests/golden/python.safetensors";
  const SafetensorsFile file(path);
  const PythonTensors expected;
  CHECK(file.entries().size() == 7);
  CHECK(file.metadata() == TensorMetadata{{"format", "pt"}});
  CHECK(values_in<float>(file, "weight") == expected.weight);
  CHECK(values_in<std::uint16_t>(file, "half") == expected.half);
  CHECK(values_in<std::int64_t>(file, "ids") == expected.ids);
  CHECK(values_in<float>(file, "scalar") == expected.scalar);
  CHECK(values_in<float>(file, "empty").empty());
  CHECK(values_in<std::uint8_t>(file, "mask") == expected.mask);
  CHECK(file.find("weight")->shape == std::vector<std::int64_t>{2, 3});
  CHECK(file.find("scalar")->shape.empty());
  CHECK(file.find("empty")->shape == std::vector<std::int64_t>{0, 4});
  CHECK(file.find("none") == nullptr);
  CHECK(small_file() == slurp(path));
}

TEST_CASE("safetensors: every dtype goes out and comes back") {
  const Scratch scratch;
  const std::vector<std::uint8_t> bytes{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                        12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
  std::vector<TensorBytes> tensors;
  for (const auto& info : kDTypes) {
    CHECK(info_of(info.dtype).name == info.name);
    const auto count = static_cast<std::int64_t>(bytes.size() * 8 / info.bits);
    tensors.push_back(bytes_of(std::string(info.name), info.dtype, {1, count}, bytes));
  }
  write_safetensors(scratch / "a", tensors);
  const SafetensorsFile file(scratch / "a");
  CHECK(file.entries().size() == 22);
  for (const auto& info : kDTypes) {
    const auto* entry = file.find(info.name);
    REQUIRE(entry != nullptr);
    CHECK(entry->dtype == info.dtype);
    CHECK(values_in<std::uint8_t>(file, std::string(info.name).c_str()) == bytes);
  }
  CHECK(fs::file_size(scratch / "a") % 8 == 0);
  write_safetensors(scratch / "none", {});
  CHECK(SafetensorsFile(scratch / "none").entries().empty());
}

TEST_CASE("safetensors: the reader allows what the format allows") {
  CHECK(parse(file_of("{}")).entries.empty());
  CHECK(parse(file_of("{}    ")).buffer_at == 14);
  CHECK(parse(file_of("\t\n {}")).entries.empty());
  CHECK(parse(file_of("{\"__metadata__\":{}}")).metadata.empty());
  CHECK(parse(file_of("{" + tensor("a", "F4", "[2]", "[0,1]") + "}", 1)).entries.size() == 1);
  // Foreign files may be unaligned, list tensors in any order and put empty ones anywhere.
  const auto header =
      parse(file_of("{" + tensor("b", "F32", "[1]", "[1,5]") + "," + tensor("a", "U8", "[1]", "[0,1]") + "," +
                        tensor("c", "F64", "[0]", "[1,1]") + "}",
                    5));
  REQUIRE(header.entries.size() == 3);
  CHECK(header.entries[0].name == "a");
  CHECK(header.entries[2].name == "b");
}

TEST_CASE("safetensors: every broken rule is refused with what is wrong") {
  struct Case {
    std::string file, message;
  };
  const std::string huge = "18446744073709551614", half = "9223372036854775807";
  const std::vector<Case> cases = {
      {"", "at least 8 bytes"},
      {std::string(7, '\0'), "at least 8 bytes"},
      {std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10), "at most 100000000 bytes"},
      {std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10), "at most 100000000 bytes"},
      {std::string("\x03\0\0\0\0\0\0\0{}", 10), "got a file of 10"},
      {file_of("\xff"), "UTF-8"},
      {file_of(""), "JSON"},
      {file_of("{"), "JSON"},
      {file_of("{}x"), "JSON"},
      {file_of("[]"), "object of tensors"},
      {file_of("3"), "object of tensors"},
      {file_of("{\"a\":3}"), "the number 3"},
      {file_of("{\"a\":[]}"), "an array"},
      {file_of("{\"a\":{\"dtype\":{}}}"), "an object"},
      {file_of("{\"a\":{}}"), "dtype, shape and data_offsets"},
      {file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}"), "dtype, shape and data_offsets"},
      {file_of("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), "twice"},
      {file_of("{\"a\":{\"colour\":\"U8\"}}"), "unknown key"},
      {file_of("{\"a\":{\"dtype\":null}}"), "null"},
      {file_of("{\"a\":{\"shape\":[true]}}"), "true"},
      {file_of("{\"a\":{\"shape\":[[1]]}}"), "an array"},
      {file_of("{\"a\":{\"shape\":[\"1\"]}}"), "text"},
      {file_of("{" + tensor("a", "U9", "[]", "[0,1]") + "}", 1), "unknown dtype"},
      {file_of("{" + tensor("a", "U8", "[-1]", "[0,1]") + "}", 1), "negative"},
      {file_of("{" + tensor("a", "U8", "[1.0]", "[0,1]") + "}", 1), "1.0"},
      {file_of("{" + tensor("a", "U8", "[18446744073709551616]", "[0,1]") + "}", 1), "18446744073709551616"},
      {file_of("{" + tensor("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1), "more than 8"},
      {file_of("{" + tensor("a", "U8", "[1]", "[0]") + "}", 1), "data_offsets"},
      {file_of("{" + tensor("a", "U8", "[1]", "[0,1,2]") + "}", 1), "data_offsets"},
      {file_of("{" + tensor("a", "U8", "[1]", "[1,2]") + "}", 2), "data_offsets from 0"},  // a hole
      {file_of("{" + tensor("a", "U8", "[1]", "[1,0]") + "}", 1), "data_offsets"},
      {file_of("{" + tensor("a", "F32", "[2]", "[0,4]") + "}", 4), "expected 8 bytes"},
      {file_of("{" + tensor("a", "F4", "[3]", "[0,2]") + "}", 2), "12 bits"},
      {file_of("{" + tensor("a", "U8", "[2," + half + "]", "[0,8]") + "}", 8), "overflow"},
      {file_of("{" + tensor("a", "F32", "[2," + half + "]", "[0,8]") + "}", 8), "overflow"},
      {file_of("{" + tensor("a", "U8", "[2," + huge + "]", "[0,8]") + "}", 8), "dimension"},
      {file_of("{" + tensor("a", "U8", "[1]", "[0,1]") + "}", 2), "foreign tail"},
      {file_of("{" + tensor("a", "U8", "[1]", "[0,1]") + "}", 0), "cut short"},
      {file_of("{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("a", "U8", "[1]", "[1,2]") + "}", 2),
       "twice"},
      {file_of("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[1,3]") + "}", 3),
       "\"b\""},
      {file_of("{" + tensor("a\\u0000b", "U8", "[1]", "[0,1]") + "}", 1), "control character"},
      {file_of("{" + tensor("", "U8", "[1]", "[0,1]") + "}", 1), "empty"},
      {file_of("{" + tensor(std::string(513, 'a'), "U8", "[1]", "[0,1]") + "}", 1), "512"},
      {file_of("{\"__metadata__\":{\"a\":1}}"), "text to text"},
      {file_of("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"), "twice"},
      {file_of("{\"__metadata__\":{\"a\":{}}}"), "text to text"},
  };
  for (const auto& [file, message] : cases) {
    INFO(file.substr(std::min<std::size_t>(8, file.size()), 120));
    CHECK_THROWS_AS(parse(file), ModelError);
    CHECK_THROWS_WITH(parse(file), Contains(message) && Contains("x.safetensors"));
  }
}

TEST_CASE("safetensors: attacks by size are refused without taking the memory") {
  CHECK_THROWS_AS(parse(file_of(std::string(2'000'000, '['))), ModelError);
  CHECK_THROWS_AS(parse(file_of("{\"a\":" + std::string(2'000'000, '['))), ModelError);
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) many += tensor(std::to_string(i), "F32", "[200,200]", "[0,160000]") + ",";
  many.back() = '}';
  CHECK_THROWS_WITH(parse(file_of(many, 160'000)), Contains("data_offsets from 160000"));
  many = "{";
  for (int i = 0; i <= 1'000'000; ++i) many += tensor(std::to_string(i), "U8", "[0]", "[0,0]") + ",";
  many.back() = '}';
  CHECK_THROWS_WITH(parse(file_of(many)), Contains("at most 1000000 tensors"));
}

TEST_CASE("safetensors: cut at any length, or one byte longer, a file is refused") {
  const auto file = small_file();
  for (std::size_t length = 0; length < file.size(); ++length) {
    INFO(length);
    CHECK_THROWS_AS(parse(file.substr(0, length)), ModelError);
  }
  CHECK_THROWS_AS(parse(file + '\0'), ModelError);
  CHECK_NOTHROW(parse(file));
}

TEST_CASE("safetensors: ten thousand mutations are refused or stay within the file") {
  const auto file = small_file();
  std::mt19937_64 random(1);
  for (int round = 0; round < 10'000; ++round) {
    auto mutant = file;
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const auto at = random() % mutant.size();
      if (random() % 4 == 0)
        mutant.erase(at, 1 + random() % 8);
      else if (random() % 3 == 0)
        mutant.insert(at, 1, mutant[random() % mutant.size()]);
      else
        mutant[at] = static_cast<char>(random());
    }
    try {
      const auto header = parse(mutant);
      for (const auto& entry : header.entries) REQUIRE(header.buffer_at + entry.end <= mutant.size());
    } catch (const ModelError&) {
    }
  }
  SUCCEED();
}

TEST_CASE("safetensors: the writer refuses what no reader would take, and leaves nothing behind") {
  const Scratch scratch;
  const std::vector<float> values(4);
  const auto refused = [&](std::vector<TensorBytes> tensors, const TensorMetadata& metadata = {}) {
    CHECK_THROWS_AS(write_safetensors(scratch / "a", std::move(tensors), metadata), ModelError);
    CHECK(fs::is_empty(scratch.path()));
  };
  refused({bytes_of("a", DType::f32, {5}, values)});
  refused({bytes_of("a", DType::f32, {-4}, values)});
  refused({bytes_of("a", DType::f32, {1, 1, 1, 1, 1, 1, 1, 1, 4}, values)});
  refused({bytes_of("a\n", DType::f32, {4}, values)});
  refused({bytes_of("\xff", DType::f32, {4}, values)});
  refused({bytes_of("__metadata__", DType::f32, {4}, values)});
  refused({bytes_of("a", DType::f32, {4}, values), bytes_of("b", DType::f32, {4}, values),
           bytes_of("a", DType::i32, {4}, values)});
  refused({}, {{"key", "\xff"}});
  CHECK_THROWS_AS(write_safetensors(scratch / "none" / "a", {}), WriteError);
  CHECK_THROWS_AS(SafetensorsFile(scratch / "none"), ModelError);
}

TEST_CASE("safetensors: more keys of metadata than anybody needs are refused") {
  const auto with_keys = [](std::uint64_t count) {
    std::string header = "{\"__metadata__\":{";
    for (std::uint64_t i = 0; i < count; ++i) header += concat("\"", i, "\":\"\",");
    header.back() = '}';
    return file_of(header + "}");
  };
  CHECK(parse(with_keys(1000)).metadata.size() == 1000);
  CHECK_THROWS_WITH(parse(with_keys(kMaxMetadata + 1)), Catch::Contains("more than 100000 keys"));
}
