#include "puller.h"

#include <set>

#include "resolve_job.h"

namespace stave::oci {

namespace {

constexpr auto reportInterval = 200 * kj::MILLISECONDS;

/// A descriptor that lives as long as any job that uses it.
using SharedFile = std::shared_ptr<os::Fd>;

/// On a worker thread: from wherever the layer can be had.
void downloadLayer(const std::shared_ptr<Services>& services, const image::Reference& reference,
                   const Caller& caller, Download& download, const image::Descriptor& layer) {
  auto fromRegistry = [&](Repository& repository) { download.from(repository); };
  if (!image::isForeignLayer(layer.mediaType)) {
    onFirstEndpoint(services, reference, caller, fromRegistry);
    return;
  }
  if (layer.urls.empty()) {
    fail(ErrorCode::UNSUPPORTED, "layer " + layer.digest + " of " + reference.text() +
                                     " is not distributed by registries, and its manifest names no "
                                     "other place to get it");
  }
  Repository repository(services, services->hosts().upstreamOf(reference.domain), reference.path,
                        "pull", {{}, caller.cancellation});
  for (size_t i = 0; i + 1 < layer.urls.size(); ++i) {
    try {
      return download.from(repository, layer.urls[i]);
    } catch (const kj::Exception&) {
      caller.cancellation->check();  // the next one may have it
    }
  }
  download.from(repository, layer.urls.back());
}

}  // namespace

std::string shortName(const std::string& digest) {
  size_t colon = digest.find(':');
  return digest.substr(colon == std::string::npos ? 0 : colon + 1, 12);
}

kj::Promise<void> joinOrFail(kj::Array<kj::Promise<void>> promises) {
  auto failure = kj::newPromiseAndFulfiller<void>();
  auto fulfiller = std::make_shared<kj::Own<kj::PromiseFulfiller<void>>>(kj::mv(failure.fulfiller));
  kj::Vector<kj::Promise<void>> watched;
  for (auto& promise : promises) {
    watched.add(promise.catch_([fulfiller](kj::Exception&& exception) {
      (*fulfiller)->reject(kj::cp(exception));
      kj::throwFatalException(kj::mv(exception));
    }));
  }
  return kj::joinPromises(watched.releaseAsArray()).exclusiveJoin(kj::mv(failure.promise));
}

Puller::Puller(Workplace& workplace, image::Reference reference, Caller caller,
               kj::Own<image::ProgressReporter> reporter)
    : workplace_(workplace),
      reference_(std::move(reference)),
      caller_(std::move(caller)),
      cancelOnExit_(caller_.cancellation),
      reporter_(kj::mv(reporter)) {}

Task<> Puller::resolve(image::Platform platform) {
  auto job = [services = workplace_.services, reference = reference_, platform,
              caller = caller_]() {
    return std::make_shared<image::Resolved>(
        resolveReference(services, reference, platform, caller));
  };
  image_ = co_await workplace_.control.run(job);
  auto hold = co_await image::holdImage(workplace_.content, image::digestsOf(*image_), owner());
  hold_ = kj::mv(hold);
  co_await image::storeDocuments(workplace_.content, image_->documents, owner());
}

Task<> Puller::beginLayers() {
  std::set<std::string> seen;
  for (const image::Descriptor& layer : image_->parsed.layers) {
    if (!seen.insert(layer.digest).second) continue;
    Layer& begun = layers_.emplace_back(Layer{layer});
    co_await begin(begun);
  }
}

Task<> Puller::finishLayers() {
  kj::Vector<kj::Promise<void>> running;
  for (Layer& layer : layers_) running.add(finish(layer));
  co_await joinOrFail(running.releaseAsArray());
  workplace_.sources->add(reference_.domain, reference_.path, image::digestsOf(*image_));
  auto save = [sources = workplace_.sources]() { sources->save(); };
  co_await workplace_.control.run(save);
  co_await reporter_->drain();
}

void Puller::report(const image::Descriptor& layer, const char* phase, uint64_t current) {
  reporter_->report({shortName(layer.digest), phase, current, layer.size});
}

Task<> Puller::begin(Layer& layer) {
  const image::Descriptor& descriptor = layer.descriptor;
  auto request = workplace_.content.ingestRequest();
  request.setDigest(descriptor.digest.c_str());
  request.setSize(descriptor.size);
  request.setOwner(owner().c_str());
  auto reply = co_await request.send();
  auto state = reply.getUnion();
  layer.busy = nullptr;
  if (state.isWriter()) layer.ingest = state.getWriter();
  if (state.isBusy()) layer.busy = state.getBusy();
  if (state.isExists() && state.getExists() != descriptor.size) {
    fail(ErrorCode::INVALID, "layer " + descriptor.digest + " of " + reference_.text() + " has " +
                                 std::to_string(state.getExists()) + " bytes, its manifest says " +
                                 std::to_string(descriptor.size));
  }
  report(descriptor, state.isExists() ? "exists" : "waiting",
         state.isExists() ? descriptor.size : 0);
}

Task<> Puller::finish(Layer& layer) {
  for (;;) {
    KJ_IF_MAYBE (ingest, layer.ingest) {
      co_await write(layer.descriptor, *ingest);
      layer.ingest = nullptr;
      report(layer.descriptor, "done", layer.descriptor.size);
      co_return;
    }
    KJ_IF_MAYBE (waiter, layer.busy) {
      co_await waiter->waitRequest().send().ignoreResult();
      co_await begin(layer);
      continue;
    }
    co_return;
  }
}

/// Copies the counter into reports until it is dropped.
Task<> Puller::watch(std::string item, uint64_t total, SharedCounter counter) {
  for (;;) {
    co_await workplace_.context.timer().afterDelay(reportInterval);
    reporter_->report({item, "downloading", counter->load(), total});
  }
}

Task<> Puller::write(image::Descriptor layer, schema::Ingest::Client ingest) {
  auto begun = co_await ingest.fileRequest().send();
  auto taken = co_await takeFd(begun.getFile(), "the ingest of a layer");
  auto file = std::make_shared<os::Fd>(kj::mv(taken));
  auto counter = std::make_shared<std::atomic<uint64_t>>(begun.getOffset());
  auto watcher =
      watch(shortName(layer.digest), layer.size, counter).promise().eagerlyEvaluate(nullptr);
  auto job = [services = workplace_.services, reference = reference_, caller = caller_, layer, file,
              counter]() {
    Download download(layer, *file, *counter, counter);
    downloadLayer(services, reference, caller, download, layer);
  };
  co_await workplace_.transfers.run(job);
  watcher = nullptr;
  report(layer, "verifying", layer.size);
  auto commit = ingest.commitRequest();
  commit.setDigest(layer.digest.c_str());
  commit.setSize(layer.size);
  commit.setVerified(true);
  co_await commit.send().ignoreResult();
}

}  // namespace stave::oci
