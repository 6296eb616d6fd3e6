#include "stave/plugin.h"

#include "overlay_driver.h"
#include "settings.capnp.h"
#include "stave/layer/storage_service.h"

namespace stave::overlay {

kj::Promise<schema::Storage::Client> start(Context& context) {
  bool isVolatile = context.settings<schema::OverlaySettings>().getVolatile();
  auto state = std::string(context.statePath());
  return layer::newStorageService(context, kj::heap<OverlayDriver>(state, isVolatile));
}

}  // namespace stave::overlay

STAVE_PLUGIN(stave::schema::Storage, "storage", "overlay", "0.1",
             "Layers side by side, put together by overlayfs", "", stave::schema::OverlaySettings,
             stave::overlay::start);
