#include "pusher.h"

#include <set>

namespace stave::oci {

namespace {

constexpr auto reportInterval = 200 * kj::MILLISECONDS;
constexpr unsigned maxNesting = 4;

Repository repositoryFor(const std::shared_ptr<Services>& services,
                         const image::Reference& reference, const Caller& caller) {
  return Repository(services, services->hosts().upstreamOf(reference.domain), reference.path,
                    "pull,push", caller);
}

}  // namespace

Pusher::Pusher(Workplace& workplace, image::Reference reference, Caller caller,
               kj::Own<image::ProgressReporter> reporter)
    : workplace_(workplace),
      reference_(std::move(reference)),
      caller_(std::move(caller)),
      cancelOnExit_(caller_.cancellation),
      reporter_(kj::mv(reporter)) {}

Task<std::string> Pusher::push(std::string digest) {
  auto root = co_await load(digest);
  if (!reference_.digest.empty() && reference_.digest != digest) {
    fail(ErrorCode::INVALID, "pushing " + digest + " as " + reference_.text() + ": another digest");
  }
  std::string identifier = reference_.tag.empty() ? digest : reference_.tag;
  co_await pushDocument(std::move(root), identifier, 0);
  workplace_.sources->add(reference_.domain, reference_.path, pushed_);
  auto save = [sources = workplace_.sources]() { sources->save(); };
  co_await workplace_.control.run(save);
  co_await reporter_->drain();
  co_return digest;
}

Task<image::Document> Pusher::load(std::string digest) {
  auto bytes = co_await image::loadBlob(workplace_.content, digest);
  co_return image::makeDocument(std::move(bytes), "", digest, "manifest " + digest);
}

Task<> Pusher::pushDocument(image::Document document, std::string identifier, unsigned depth) {
  if (depth > maxNesting) {
    fail(ErrorCode::INVALID,
         "pushing " + reference_.text() + ": indexes are nested more than 4 deep");
  }
  if (image::isIndexType(document.mediaType)) {
    auto index = image::parseIndex(document.bytes, "index " + document.digest);
    for (const image::Descriptor& entry : index.manifests) {
      auto child = co_await load(entry.digest);
      co_await pushDocument(std::move(child), entry.digest, depth + 1);
    }
  } else {
    co_await pushBlobs(document);
  }
  auto job = [services = workplace_.services, reference = reference_, caller = caller_, document,
              identifier]() {
    Repository repository = repositoryFor(services, reference, caller);
    putManifest(repository, document, identifier);
  };
  co_await workplace_.control.run(job);
}

Task<> Pusher::pushBlobs(image::Document document) {
  auto manifest = image::parseManifest(document.bytes, "manifest " + document.digest);
  std::vector<image::Descriptor> blobs = manifest.layers;
  blobs.push_back(manifest.config);
  std::set<std::string> seen;
  kj::Vector<kj::Promise<void>> running;
  for (const image::Descriptor& blob : blobs) {
    bool ours = !image::isForeignLayer(blob.mediaType) && seen.insert(blob.digest).second;
    if (ours) running.add(pushBlob(blob));
  }
  co_await joinOrFail(running.releaseAsArray());
}

/// Copies the counter into reports until it is dropped.
Task<> Pusher::watch(std::string item, uint64_t total, SharedCounter counter) {
  for (;;) {
    co_await workplace_.context.timer().afterDelay(reportInterval);
    reporter_->report({item, "pushing", counter->load(), total});
  }
}

Task<> Pusher::pushBlob(image::Descriptor blob) {
  std::string item = shortName(blob.digest);
  reporter_->report({item, "waiting", 0, blob.size});
  auto request = workplace_.content.openRequest();
  request.setDigest(blob.digest.c_str());
  auto reply = co_await request.send();
  auto taken = co_await takeFd(reply.getBlob(), "a blob to push");
  auto file = std::make_shared<os::Fd>(kj::mv(taken));
  auto counter = std::make_shared<std::atomic<uint64_t>>(0);
  auto watcher = watch(item, blob.size, counter).promise().eagerlyEvaluate(nullptr);
  auto job = [services = workplace_.services, sources = workplace_.sources, reference = reference_,
              caller = caller_, blob, file, counter]() {
    Repository repository = repositoryFor(services, reference, caller);
    Upload upload(blob, *file, counter);
    return upload.to(repository, sources->find(reference.domain, blob.digest, reference.path));
  };
  auto outcome = co_await workplace_.transfers.run(job);
  watcher = nullptr;
  pushed_.push_back(blob.digest);
  const char* phase = outcome == Upload::Outcome::existed ? "exists" : "done";
  reporter_->report({item, phase, blob.size, blob.size,
                     outcome == Upload::Outcome::mounted ? "mounted from another repository" : ""});
}

}  // namespace stave::oci
