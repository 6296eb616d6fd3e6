#pragma once

#include <stddef.h>

#include "plan_format.h"

namespace stave::monitor {

namespace plan = native::plan;

/// A plan in memory.
class Plan {
 public:
  /// Maps the plan behind the descriptor. Returns -errno, or -EINVAL if it is no plan of this
  /// version.
  long open(int fd);
  void close();

  const plan::Header& header() const { return *reinterpret_cast<const plan::Header*>(base_); }
  bool has(plan::HeaderFlag flag) const { return (header().flags & flag) != 0; }
  const plan::Step& step(uint32_t number) const {
    return reinterpret_cast<const plan::Step*>(base_ + header().stepsOffset)[number];
  }
  const char* text(plan::Text text) const { return base_ + text.offset; }

  /// The descriptor behind a slot of the header or a step, -1 for none.
  int descriptor(int slot) const {
    return slot < 0 ? -1 : slot < limit() ? plan::firstSlotFd + slot : made_[slot];
  }
  void setDescriptor(int slot, int fd) { made_[slot] = fd; }

  /// Closes the descriptors that came with the plan, but for those in `kept`.
  void closeDescriptors(const int* kept, int count);

 private:
  int limit() const { return static_cast<int>(header().slotCount); }

  const char* base_ = nullptr;
  int made_[plan::maximumSlots] = {};
};

/// Fills `list` with pointers to `count` texts that follow one another, and a null at the end.
void pointersTo(const char* texts, uint32_t count, const char** list);

/// Memory for an array of pointers, from the kernel; null if there is none.
const char** allocatePointers(size_t count);

}  // namespace stave::monitor
