#include <stave/plugin.h>

#include "layout_server.h"

namespace stave::layout {

namespace {

Task<schema::Registry::Client> start(Context& context) {
  co_return schema::Registry::Client(kj::heap<LayoutServer>(context));
}

}  // namespace

STAVE_PLUGIN(schema::Registry, "registry", "layout", "1.0",
             "Images in directories and tar files: OCI layouts and docker archives", "content",
             NoSettings, start);

}  // namespace stave::layout
