#pragma once

#include <capnp/message.h>
#include <stave/os/file.h>

#include <memory>
#include <string>
#include <vector>

#include "plan_format.h"
#include "settings.capnp.h"

namespace stave::native {

/// The files of one container below the plug-in's run directory: what is known of it, its status,
/// the monitor's control socket, and small files that the container sees.
class RunDirectory {
 public:
  explicit RunDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  /// Makes it and writes down the cgroup, so that whatever comes of it can be cleared away. Fails
  /// [already-exists].
  void begin(const std::string& cgroup) const;

  /// The status file in its full size; open for the monitor to write.
  os::Fd makeStatus() const;
  os::Fd openStatus() const;

  /// From now on the container exists, whatever happens to this process.
  void commit(schema::ContainerRecord::Reader record) const;

  bool committed() const;
  std::string cgroup() const;  ///< of one that was not committed
  std::shared_ptr<capnp::MessageBuilder> readRecord() const;
  void remove() const;

 private:
  std::string path_;
};

/// What the monitor has written last. Fails [internal] if it is no status.
plan::Status readStatus(int file);

/// For a container whose monitor was killed.
void writeStatus(int file, const plan::Status& status);

}  // namespace stave::native
