#include "stave/plugin.h"

#include "local_volumes.h"

namespace stave::local {

kj::Promise<schema::VolumeDriver::Client> start(Context& context) {
  schema::VolumeDriver::Client service = kj::heap<LocalVolumes>(context);
  return service;
}

}  // namespace stave::local

STAVE_PLUGIN(stave::schema::VolumeDriver, "volume", "local", "0.1",
             "Volumes in directories of this machine, or what mount(8) could mount", "",
             stave::NoSettings, stave::local::start);
