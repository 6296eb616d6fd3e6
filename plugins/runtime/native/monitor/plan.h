#pragma once

#include <stddef.h>

#include "plan_format.h"

namespace stave::monitor {

namespace plan = native::plan;

/// A plan in memory.
class Plan {
 public:
  /// Waits for the plan on the socket and maps it. Returns -errno, or -EINVAL if it is no plan of
  /// this version, or -EPIPE if none will come.
  long receive(int socket);
  void close();

  const plan::Header& header() const { return *reinterpret_cast<const plan::Header*>(base_); }
  bool has(plan::HeaderFlag flag) const { return (header().flags & flag) != 0; }
  const plan::Step& step(uint32_t number) const {
    return reinterpret_cast<const plan::Step*>(base_ + header().stepsOffset)[number];
  }
  const char* text(plan::Text text) const { return base_ + text.offset; }

  /// The descriptor behind a slot of the header or a step, -1 for none.
  int descriptor(int slot) const { return slot < 0 ? -1 : descriptors_[slot]; }
  void setDescriptor(int slot, int fd) { descriptors_[slot] = fd; }

  /// Closes the descriptors that came with the plan, but for those in `kept`.
  void closeDescriptors(const int* kept, int count);

 private:
  long map(int fd);

  const char* base_ = nullptr;
  int descriptors_[plan::maximumSlots] = {};  ///< of the slots
  int given_ = 0;                             ///< how many came with the plan
};

/// Fills `list` with pointers to `count` texts that follow one another, and a null at the end.
void pointersTo(const char* texts, uint32_t count, const char** list);

/// Memory for an array of pointers, from the kernel; null if there is none.
const char** allocatePointers(size_t count);

}  // namespace stave::monitor
