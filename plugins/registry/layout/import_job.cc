#include "import_job.h"

#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

#include <atomic>
#include <set>

namespace stave::layout {

namespace {

/// On a worker thread: the layer's file into the ingest's, hashed on the way.
void copyLayer(FileSet& files, const std::string& name, const image::Descriptor& layer, int target,
               const std::atomic<bool>& cancelled) {
  image::Hasher hasher(image::parseDigest(layer.digest, "layer").algorithm);
  uint64_t position = 0;
  files.read(name, [&](const char* data, size_t size) {
    if (cancelled) fail(ErrorCode::CANCELLED, "the caller gave up");
    os::writeAllAt(target, data, size, position);
    hasher.update(data, size);
    position += size;
  });
  os::truncate(target, position);
  std::string computed = hasher.finish();
  if (computed != layer.digest || position != layer.size) {
    fail(ErrorCode::INVALID, files.place() + ": layer " + name + " has digest " + computed +
                                 " and " + std::to_string(position) + " bytes, its manifest says " +
                                 layer.digest + " and " + std::to_string(layer.size));
  }
}

std::string shortName(const std::string& digest) {
  return digest.substr(digest.find(':') + 1, 12);
}

}  // namespace

ImportJob::ImportJob(Context& context, schema::Content::Client content, LayoutReference reference,
                     kj::Own<image::ProgressReporter> reporter)
    : context_(context),
      content_(kj::mv(content)),
      reference_(std::move(reference)),
      reporter_(kj::mv(reporter)) {}

ImportJob::~ImportJob() noexcept(false) {
  *cancelled_ = true;
}

Task<> ImportJob::resolve(image::Platform platform) {
  struct Result {
    std::shared_ptr<ImageSource> source;
    std::shared_ptr<FoundImage> found;
  };
  auto job = [reference = reference_, platform]() {
    Result result{openSource(reference), nullptr};
    result.found = std::make_shared<FoundImage>(result.source->find(reference.name, platform));
    return result;
  };
  auto result = co_await context_.workers().run(job);
  source_ = std::move(result.source);
  found_ = std::move(result.found);
  auto hold = co_await image::holdImage(content_, image::digestsOf(image()), owner());
  hold_ = kj::mv(hold);
  co_await image::storeDocuments(content_, image().documents, owner());
}

Task<> ImportJob::beginLayers() {
  std::set<std::string> seen;
  for (const image::Descriptor& layer : image().parsed.layers) {
    if (!seen.insert(layer.digest).second) continue;
    Layer& begun = layers_.emplace_back(Layer{layer});
    co_await begin(begun);
  }
}

/// One after the other: they all come from one file.
Task<> ImportJob::finishLayers() {
  for (Layer& layer : layers_) co_await finish(layer);
  co_await reporter_->drain();
}

Task<> ImportJob::begin(Layer& layer) {
  auto request = content_.ingestRequest();
  request.setDigest(layer.descriptor.digest.c_str());
  request.setSize(layer.descriptor.size);
  request.setOwner(owner().c_str());
  auto reply = co_await request.send();
  auto state = reply.getUnion();
  layer.busy = nullptr;
  if (state.isWriter()) layer.ingest = state.getWriter();
  if (state.isBusy()) layer.busy = state.getBusy();
  uint64_t size = layer.descriptor.size;
  bool exists = state.isExists();
  reporter_->report(
      {shortName(layer.descriptor.digest), exists ? "exists" : "waiting", exists ? size : 0, size});
}

Task<> ImportJob::finish(Layer& layer) {
  for (;;) {
    KJ_IF_MAYBE (ingest, layer.ingest) {
      co_await write(layer.descriptor, *ingest);
      layer.ingest = nullptr;
      uint64_t size = layer.descriptor.size;
      reporter_->report({shortName(layer.descriptor.digest), "done", size, size});
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

Task<> ImportJob::write(image::Descriptor layer, schema::Ingest::Client ingest) {
  auto begun = co_await ingest.fileRequest().send();
  auto taken = co_await takeFd(begun.getFile(), "the ingest of a layer");
  auto file = std::make_shared<os::Fd>(kj::mv(taken));
  reporter_->report({shortName(layer.digest), "downloading", 0, layer.size});
  auto job = [source = source_, name = found_->layerFiles.at(layer.digest), layer, file,
              cancelled = cancelled_]() {
    copyLayer(source->files(), name, layer, *file, *cancelled);
  };
  co_await context_.workers().run(job);
  auto commit = ingest.commitRequest();
  commit.setDigest(layer.digest.c_str());
  commit.setSize(layer.size);
  commit.setVerified(true);
  co_await commit.send().ignoreResult();
}

}  // namespace stave::layout
