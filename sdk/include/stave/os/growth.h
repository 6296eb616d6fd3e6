#pragma once

#include <stave/os/file.h>

#include <cstdint>

namespace stave::os {

/// Tells when another process writes to an open file.
class GrowthWatch {
 public:
  explicit GrowthWatch(int fd);

  /// Returns after a write to the file or after `limit`, whichever comes first. A write between the
  /// construction and the call counts. False: the limit passed and nothing was written. Where the
  /// system has no watch left, it only waits, and shorter, and cannot tell. An anonymous file
  /// (memfd_create) gives no notice.
  bool wait(uint32_t limitMilliseconds);

 private:
  Fd inotify_;
};

}  // namespace stave::os
