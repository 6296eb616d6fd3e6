#include <stave/plugin.h>

#include "runtime.h"

namespace stave::native {

static Task<schema::Runtime::Client> start(Context& context) {
  auto runtime = kj::heap<NativeRuntime>(context);
  co_await runtime->recover();
  co_return schema::Runtime::Client(kj::mv(runtime));
}

}  // namespace stave::native

STAVE_PLUGIN(stave::schema::Runtime, "runtime", "native", "1.0",
             "Containers from the kernel's own means, each under a tiny monitor of its own", "",
             stave::schema::NativeRuntimeSettings, stave::native::start);
