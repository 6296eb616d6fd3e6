#include "stave/plugin.h"

#include "copy_driver.h"
#include "stave/layer/storage_service.h"

namespace stave::copy {

kj::Promise<schema::Storage::Client> start(Context& context) {
  return layer::newStorageService(context, kj::heap<CopyDriver>());
}

}  // namespace stave::copy

STAVE_PLUGIN(stave::schema::Storage, "storage", "copy", "0.1",
             "Each layer and snapshot a full copy, on any file system", "", stave::NoSettings,
             stave::copy::start);
