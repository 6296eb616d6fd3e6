#include <stave/layer/storage_service.h>
#include <stave/plugin.h>

#include "btrfs_driver.h"

namespace stave::btrfs {

kj::Promise<schema::Storage::Client> start(Context& context) {
  auto driver = kj::heap<BtrfsDriver>(std::string(context.statePath()));
  return layer::newStorageService(context, kj::mv(driver));
}

}  // namespace stave::btrfs

STAVE_PLUGIN(stave::schema::Storage, "storage", "btrfs", "0.1",
             "Layers and snapshots as Btrfs subvolumes", "", stave::NoSettings,
             stave::btrfs::start);
