#include <stave/plugin.h>

#include "registry_server.h"

namespace stave::oci {

namespace {

Task<schema::Registry::Client> start(Context& context) {
  auto settings = context.settings<schema::OciRegistrySettings>();
  co_return schema::Registry::Client(kj::heap<RegistryServer>(context, settings));
}

}  // namespace

STAVE_PLUGIN(schema::Registry, "registry", "oci", "1.0",
             "Images from and to registries of the OCI distribution specification", "content",
             schema::OciRegistrySettings, start);

}  // namespace stave::oci
