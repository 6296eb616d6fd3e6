#pragma once

#include <stave/plugin.h>
#include <stave/schema/volume.capnp.h>

#include <map>
#include <string>

#include "volume_store.h"

namespace stave::local {

/// The service of the local volume driver.
class LocalVolumes final : public schema::VolumeDriver::Server {
 public:
  explicit LocalVolumes(Context& context);

  kj::Promise<void> create(CreateContext context) override;
  kj::Promise<void> remove(RemoveContext context) override;
  kj::Promise<void> mount(MountContext context) override;
  kj::Promise<void> list(ListContext context) override;
  kj::Promise<void> path(PathContext context) override;
  kj::Promise<void> usage(UsageContext context) override;

 private:
  struct Entry {
    Volume volume;
    MountPlan plan;
    kj::AutoCloseFd kept;  ///< of a file system: later mounts show the same one
  };

  Entry& find(const std::string& name);
  os::Fd treeOf(Entry& entry, bool readOnly);
  bool isEmpty(Entry& entry, int tree);

  Context& context_;
  VolumeStore store_;
  std::map<std::string, Entry> entries_;
};

}  // namespace stave::local
