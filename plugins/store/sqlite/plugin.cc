#include <stave/plugin.h>

#include "journal.h"
#include "settings.capnp.h"

namespace stave::sqlite {

/// An absolute path, or a name in the plug-in's own directory.
static std::string placeOf(Context& context, std::string file) {
  return file[0] == '/' ? file : std::string(context.statePath()) + "/" + file;
}

/// Not in the coroutine: g++ 12 destroys the captures of a lambda inside a co_await expression
/// twice.
static kj::Promise<Journal::Opened> open(Context& context, Journal::Options options) {
  return context.workers().run([options]() { return Journal::open(options); });
}

static Task<schema::Store::Client> start(Context& context) {
  auto settings = context.settings<schema::SqliteStoreSettings>();
  Journal::Options options{placeOf(context, settings.getFile().cStr()),
                           settings.getCheckpointBytes()};
  auto opening = open(context, kj::mv(options));
  auto opened = co_await kj::mv(opening);
  auto service = std::make_shared<StoreService>(context.timer(), std::move(opened.state),
                                                kj::mv(opened.journal),
                                                StoreOptions{settings.getRetainRevisions()});
  context.onStop([service]() { return service->stop(); });
  co_return service->client();
}

}  // namespace stave::sqlite

STAVE_PLUGIN(stave::schema::Store, "store", "sqlite", "1.0",
             "Keeps state in one SQLite file: the default on one machine", "",
             stave::schema::SqliteStoreSettings, stave::sqlite::start);
