// Counts what LibTorch's CPU allocator holds, from the construction of this object to its destruction. It serves
// measurements, one at a time.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace attend {

class CountingAllocator final : public c10::Allocator {
 public:
  CountingAllocator() : inner_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 100); }
  ~CountingAllocator() override { c10::SetCPUAllocator(inner_, 100); }
  CountingAllocator(const CountingAllocator&) = delete;
  CountingAllocator& operator=(const CountingAllocator&) = delete;

  // Returns the most bytes that were held at one time, counting only what was allocated since construction.
  std::int64_t peak() const { return *peak_; }
  std::int64_t largest() const { return largest_; }  // bytes of the largest single allocation

  c10::DataPtr allocate(std::size_t bytes) override {
    auto held = inner_->allocate(bytes);
    const auto size = static_cast<std::int64_t>(bytes);
    *peak_ = std::max<std::int64_t>(*peak_, *now_ += size);
    largest_ = std::max<std::int64_t>(largest_, size);
    void* data = held.get();
    auto* block = new Block{std::move(held), size, now_};
    return {data, block, &release, c10::Device(c10::kCPU)};
  }
  void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }

 private:
  using Counter = std::shared_ptr<std::atomic<std::int64_t>>;  // tensors may outlive the allocator
  struct Block {
    c10::DataPtr held;
    std::int64_t bytes;
    Counter now;
  };
  static void release(void* context) {
    auto* block = static_cast<Block*>(context);
    *block->now -= block->bytes;
    delete block;
  }

  c10::Allocator* inner_;
  std::atomic<std::int64_t> largest_ = 0;
  Counter now_ = std::make_shared<std::atomic<std::int64_t>>(0), peak_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

}  // namespace attend
