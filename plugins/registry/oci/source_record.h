#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace stave::oci {

/// Remembers which repository of which registry is known to have a blob, so that a push to a sister
/// repository can mount it instead of sending it. A hint: a wrong entry costs one request. Shared
/// by the worker threads, kept in a file over restarts.
class SourceRecord {
 public:
  /// Reads the file; one that cannot be read counts as empty.
  explicit SourceRecord(std::string file);

  void add(const std::string& domain, const std::string& path,
           const std::vector<std::string>& digests);

  /// Other repositories of that registry that have the blob.
  std::vector<std::string> find(const std::string& domain, const std::string& digest,
                                const std::string& exceptPath) const;
  void save() const;

 private:
  void load();
  void insert(const std::string& digest, const std::string& repository);

  std::string file_;
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string>> repositories_;  ///< "domain/path" by digest
  std::deque<std::string> order_;                              ///< digests, the oldest first
};

}  // namespace stave::oci
