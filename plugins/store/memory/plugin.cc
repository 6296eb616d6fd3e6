#include <stave/plugin.h>
#include <stave/store/service.h>

#include "settings.capnp.h"

namespace stave::memory {

static Task<schema::Store::Client> start(Context& context) {
  auto settings = context.settings<schema::MemoryStoreSettings>();
  auto service =
      std::make_shared<StoreService>(context.timer(), StoreState(), kj::Own<StoreJournal>(),
                                     StoreOptions{settings.getRetainRevisions()});
  context.onStop([service]() { return service->stop(); });
  co_return service->client();
}

}  // namespace stave::memory

STAVE_PLUGIN(stave::schema::Store, "store", "memory", "1.0",
             "Keeps state in memory: gone with the process", "", stave::schema::MemoryStoreSettings,
             stave::memory::start);
