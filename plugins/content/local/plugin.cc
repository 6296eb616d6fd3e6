#include <stave/plugin.h>
#include <stave/schema/content.capnp.h>

#include "content_server.h"

namespace stave::local {

namespace {

Task<schema::Content::Client> start(Context& context) {
  auto state =
      kj::refcounted<ContentState>(context, context.settings<schema::LocalContentSettings>());
  state->startBackground();
  co_return schema::Content::Client(kj::heap<ContentServer>(kj::mv(state)));
}

}  // namespace

STAVE_PLUGIN(schema::Content, "content", "local", "1.0", "Blobs in a directory of this machine", "",
             schema::LocalContentSettings, start);

}  // namespace stave::local
