#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// Reading and writing files at an offset, and what makes written bytes durable. Every function
/// throws an error (stave/error.h) that names its arguments.
namespace stave::os {

/// pread(2), repeated when interrupted. 0: the end of the file.
size_t readAt(int fd, void* data, size_t size, uint64_t offset);

/// pwrite(2) until everything is written.
void writeAllAt(int fd, const void* data, size_t size, uint64_t offset);

uint64_t fileSize(int fd);

struct FileTimes {
  uint64_t size;
  int64_t modified;  ///< Unix time, nanoseconds
};

/// Of a regular file, without following a link; nothing if there is none.
std::optional<FileTimes> findFile(const std::string& path);
void truncate(int fd, uint64_t size);

void syncData(int fd);                        ///< fdatasync(2)
void syncDirectory(const std::string& path);  ///< a rename in it survives a power failure

/// A lock of the open file description: it lasts until the last duplicate of the descriptor, in any
/// process, is closed. false: another description has it.
bool tryLock(int fd);

}  // namespace stave::os
