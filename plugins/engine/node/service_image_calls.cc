// The part of the RPC surface that is about images and about what occupies the disk.

#include <stave/error.h>

#include "housekeeping.h"
#include "image_maker.h"
#include "plain_file.h"
#include "service_images.h"
#include "service_server.h"
#include "temporary_stream.h"
#include "text.h"

namespace stave::node {

namespace {

/// What a load or an import gives, once its stream has been taken.
class LoadOutcome final : public schema::LoadResult::Server {
 public:
  explicit LoadOutcome(kj::Promise<LoadedImages> loaded) : loaded_(loaded.fork()) {}

  kj::Promise<void> images(ImagesContext context) override {
    context.allowCancellation();
    return loaded_.addBranch().then([context](LoadedImages loaded) mutable {
      setTexts(loaded.names, [&](auto n) { return context.getResults().initNames(n); });
      setTexts(loaded.ids, [&](auto n) { return context.getResults().initIds(n); });
    });
  }

 private:
  kj::ForkedPromise<LoadedImages> loaded_;
};

using Fulfiller = std::shared_ptr<kj::Own<kj::PromiseFulfiller<LoadedImages>>>;

/// Fills both results of a call that takes a stream.
template <typename Results, typename Work>
void takeStream(Results results, const std::string& directory, Work work) {
  auto pair = kj::newPromiseAndFulfiller<LoadedImages>();
  auto fulfiller =
      std::make_shared<kj::Own<kj::PromiseFulfiller<LoadedImages>>>(kj::mv(pair.fulfiller));
  auto complete = [fulfiller, work](std::string file) mutable -> kj::Promise<void> {
    kj::Promise<LoadedImages> working = work(file);
    return working.then(
        [fulfiller](LoadedImages loaded) { (*fulfiller)->fulfill(kj::mv(loaded)); });
  };
  auto failed = [fulfiller](const kj::Exception& why) { (*fulfiller)->reject(kj::cp(why)); };
  results.setSink(intoFile(directory, complete, failed));
  results.setResult(kj::heap<LoadOutcome>(kj::mv(pair.promise)));
}

Task<LoadedImages> import(Engine& engine, std::string file, ImageRecipe recipe) {
  auto inflating = engine.environment().workers.run([file]() { inflateInPlace(file); });
  co_await kj::mv(inflating);
  auto made = co_await makeImage(engine, file, recipe);
  LoadedImages loaded;
  loaded.names.push_back(made.name);
  loaded.ids.push_back(made.configDigest);
  co_return std::move(loaded);
}

}  // namespace

kj::Promise<void> Service::push(PushContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto digest = co_await pushImage(*engine_, context.getParams());
    context.getResults().setDigest(digest.c_str());
  });
}

kj::Promise<void> Service::saveImages(SaveImagesContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    bool docker = params.getFormat() == schema::ArchiveFormat::DOCKER;
    co_await node::saveImages(*engine_, texts(params.getImages()), docker, params.getSink());
  });
}

kj::Promise<void> Service::loadImages(LoadImagesContext context) {
  takeStream(context.getResults(), streamPath(),
             [this](std::string file) { return loadArchive(*engine_, file, nullptr); });
  return kj::READY_NOW;
}

kj::Promise<void> Service::importImage(ImportImageContext context) {
  auto params = context.getParams();
  ImageRecipe recipe{.reference = text(params.getReference()),
                     .comment = text(params.getMessage()),
                     .createdBy = "import",
                     .changes = texts(params.getChanges())};
  takeStream(context.getResults(), streamPath(),
             [this, recipe](std::string file) { return import(*engine_, file, recipe); });
  return kj::READY_NOW;
}

kj::Promise<void> Service::history(HistoryContext context) {
  fillHistory(*engine_, text(context.getParams().getImage()), context.getResults());
  return kj::READY_NOW;
}

kj::Promise<void> Service::diskUsage(DiskUsageContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    co_await fillDiskUsage(*engine_, context.getResults().initUsage());
  });
}

kj::Promise<void> Service::prune(PruneContext context) {
  return async([this, context]() mutable -> Task<> {
    auto pruned = co_await node::prune(*engine_, context.getParams().getWhat());
    setTexts(pruned.removed, [&](auto n) { return context.getResults().initRemoved(n); });
    context.getResults().setBytes(pruned.bytes);
  });
}

}  // namespace stave::node
