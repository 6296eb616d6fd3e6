#pragma once

#include <stave/os/file.h>

#include <chrono>
#include <string>
#include <vector>

namespace stave::local {

/// An ingest as it lies on disk.
struct IngestFile {
  std::string key;
  std::string digest;   ///< empty: not known yet
  uint64_t bytes = 0;   ///< written so far
  int64_t touched = 0;  ///< Unix time, nanoseconds
};

struct OpenedIngest {
  os::Fd file;  ///< read-write, locked
  uint64_t offset = 0;
};

/// Blobs that are not complete: ROOT/ingests/KEY/data, and in `info` what they are to become.
///
/// The writer's descriptor carries a lock that lives as long as any duplicate of it in any process.
/// A new writer that finds the lock taken (the old one outlived this plug-in, or its call) gets a
/// file of its own, so that two never write into one.
class IngestDirectory {
 public:
  /// `patience`: how long a new writer waits for the lock of an old one.
  explicit IngestDirectory(std::string root,
                           std::chrono::milliseconds patience = std::chrono::seconds(2));

  /// The same digest always has the same key; each unknown one gets another.
  static std::string keyOf(const std::string& digest);

  OpenedIngest open(const std::string& key, const std::string& digest, uint64_t size) const;
  os::Fd openToRead(const std::string& key) const;
  std::string dataPath(const std::string& key) const;
  void remove(const std::string& key) const;

  /// Takes one that nobody writes out of sight, into `trash`: one rename. false: it is being
  /// written.
  bool discard(const std::string& key, const std::string& trash) const;

  std::vector<IngestFile> scan() const;

  /// Removes what can never be resumed: ingests without a digest whose writer is gone.
  void removeOrphans() const;

 private:
  std::string pathOf(const std::string& key) const { return root_ + "/" + key; }
  IngestFile describe(const std::string& key) const;
  bool isLocked(const std::string& key) const;
  bool waitForLock(int file) const;

  std::string root_;
  std::chrono::milliseconds patience_;
};

}  // namespace stave::local
