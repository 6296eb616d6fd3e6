#include <fcntl.h>
#include <kj/debug.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/null_services.h>
#include <stave/testing/temp_directory.h>

#include <map>
#include <memory>
#include <set>

namespace stave::testing {

namespace {

/// Somebody is writing a blob; `done` tells whether it was completed.
struct Arriving {
  explicit Arriving(kj::PromiseFulfillerPair<bool> pair)
      : fulfiller(kj::mv(pair.fulfiller)), done(pair.promise.fork()) {}

  std::string path;
  uint64_t size = 0;
  kj::Own<kj::PromiseFulfiller<bool>> fulfiller;
  kj::ForkedPromise<bool> done;
};

struct Blobs {
  TempDirectory directory{"content"};
  std::map<std::string, std::string> complete;  // digest and path
  std::map<std::string, std::shared_ptr<Arriving>> arriving;
  std::map<std::string, std::set<std::string>> holds;  // persistent ones
  unsigned files = 0;

  const std::string& pathOf(capnp::Text::Reader digest) {
    auto found = complete.find(digest.cStr());
    if (found == complete.end()) fail(ErrorCode::NOT_FOUND, std::string("blob ") + digest.cStr());
    return found->second;
  }

  uint64_t sizeOf(const std::string& path) {
    struct stat status;
    auto file = os::open(path, O_RDONLY);
    KJ_SYSCALL(::fstat(file, &status));
    return status.st_size;
  }
};

class BlobWaiter final : public schema::Waiter::Server {
 public:
  explicit BlobWaiter(std::shared_ptr<Arriving> arriving) : arriving_(kj::mv(arriving)) {}

  kj::Promise<void> wait(WaitContext context) override {
    context.allowCancellation();
    return arriving_->done.addBranch().then(
        [context](bool complete) mutable { context.getResults().setComplete(complete); });
  }

 private:
  std::shared_ptr<Arriving> arriving_;
};

class BlobWriter final : public schema::Ingest::Server {
 public:
  BlobWriter(std::shared_ptr<Blobs> blobs, std::string digest, std::shared_ptr<Arriving> arriving)
      : blobs_(kj::mv(blobs)), digest_(std::move(digest)), arriving_(kj::mv(arriving)) {}
  ~BlobWriter() noexcept { finish(false); }

  kj::Promise<void> file(FileContext context) override {
    context.getResults().setFile(makeFd(os::open(arriving_->path, O_RDWR)));
    return kj::READY_NOW;
  }

  kj::Promise<void> commit(CommitContext context) override {
    auto params = context.getParams();
    if (params.getSize() != blobs_->sizeOf(arriving_->path)) {
      finish(false);
      fail(ErrorCode::INVALID,
           std::string("blob ") + params.getDigest().cStr() + " has another size");
    }
    blobs_->complete[params.getDigest().cStr()] = arriving_->path;
    finish(true);
    return kj::READY_NOW;
  }

  kj::Promise<void> abandon(AbandonContext) override {
    finish(false);
    return kj::READY_NOW;
  }

 private:
  void finish(bool complete) {
    if (!arriving_->fulfiller->isWaiting()) return;
    arriving_->fulfiller->fulfill(kj::mv(complete));
    if (!digest_.empty()) blobs_->arriving.erase(digest_);
  }

  std::shared_ptr<Blobs> blobs_;
  std::string digest_;
  std::shared_ptr<Arriving> arriving_;
};

class NullHold final : public schema::Hold::Server {
 public:
  kj::Promise<void> add(AddContext) override { return kj::READY_NOW; }
};

class NullContent final : public schema::Content::Server {
 public:
  kj::Promise<void> stat(StatContext context) override {
    context.getResults().setSize(blobs_->sizeOf(blobs_->pathOf(context.getParams().getDigest())));
    return kj::READY_NOW;
  }

  kj::Promise<void> open(OpenContext context) override {
    auto& path = blobs_->pathOf(context.getParams().getDigest());
    context.getResults().setBlob(makeFd(os::open(path, O_RDONLY)));
    context.getResults().setSize(blobs_->sizeOf(path));
    return kj::READY_NOW;
  }

  kj::Promise<void> ingest(IngestContext context) override {
    std::string digest = context.getParams().getDigest().cStr();
    auto results = context.getResults();
    if (blobs_->complete.count(digest) != 0) {
      results.getUnion().setExists(blobs_->sizeOf(blobs_->complete[digest]));
      return kj::READY_NOW;
    }
    auto found = blobs_->arriving.find(digest);
    if (found != blobs_->arriving.end()) {
      results.getUnion().setBusy(kj::heap<BlobWaiter>(found->second));
      return kj::READY_NOW;
    }
    auto arriving = std::make_shared<Arriving>(kj::newPromiseAndFulfiller<bool>());
    arriving->path = blobs_->directory / std::to_string(blobs_->files++);
    arriving->size = context.getParams().getSize();
    os::open(arriving->path, O_CREAT | O_RDWR);
    if (!digest.empty()) blobs_->arriving[digest] = arriving;
    results.getUnion().setWriter(kj::heap<BlobWriter>(blobs_, digest, arriving));
    return kj::READY_NOW;
  }

  kj::Promise<void> follow(FollowContext context) override {
    std::string digest = context.getParams().getDigest().cStr();
    auto results = context.getResults();
    auto found = blobs_->arriving.find(digest);
    if (found == blobs_->arriving.end()) {
      auto& path = blobs_->pathOf(digest.c_str());
      results.setBlob(makeFd(os::open(path, O_RDONLY)));
      results.setSize(blobs_->sizeOf(path));
      results.setComplete(true);
      return kj::READY_NOW;
    }
    results.setBlob(makeFd(os::open(found->second->path, O_RDONLY)));
    results.setSize(found->second->size);
    results.setDone(kj::heap<BlobWaiter>(found->second));
    return kj::READY_NOW;
  }

  kj::Promise<void> hold(HoldContext context) override {
    auto params = context.getParams();
    if (params.getPersistent()) {
      auto& digests = blobs_->holds[params.getName().cStr()];
      digests.clear();
      for (auto digest : params.getDigests()) digests.insert(digest.cStr());
    }
    context.getResults().setHold(kj::heap<NullHold>());
    return kj::READY_NOW;
  }

  kj::Promise<void> release(ReleaseContext context) override {
    blobs_->holds.erase(context.getParams().getName().cStr());
    return kj::READY_NOW;
  }

  kj::Promise<void> holds(HoldsContext context) override {
    auto list = context.getResults().initHolds(blobs_->holds.size());
    unsigned i = 0;
    for (auto& [name, digests] : blobs_->holds) {
      list[i].setName(name);
      list[i].setPersistent(true);
      auto names = list[i++].initDigests(digests.size());
      unsigned j = 0;
      for (auto& digest : digests) names.set(j++, digest);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> list(ListContext context) override {
    auto list = context.getResults().initBlobs(blobs_->complete.size());
    unsigned i = 0;
    for (auto& [digest, path] : blobs_->complete) {
      list[i].setDigest(digest);
      list[i++].setSize(blobs_->sizeOf(path));
    }
    return kj::READY_NOW;
  }

  /// Keeps everything: nothing says when a blob that is not held must go.
  kj::Promise<void> collect(CollectContext) override { return kj::READY_NOW; }

  kj::Promise<void> usage(UsageContext context) override {
    uint64_t bytes = 0;
    for (auto& [digest, path] : blobs_->complete) bytes += blobs_->sizeOf(path);
    context.getResults().setBlobs(blobs_->complete.size());
    context.getResults().setBytes(bytes);
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<Blobs> blobs_ = std::make_shared<Blobs>();
};

}  // namespace

schema::Content::Client newNullContent() {
  return kj::heap<NullContent>();
}

}  // namespace stave::testing
