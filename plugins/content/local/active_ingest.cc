#include "active_ingest.h"

#include <stave/os/positioned_io.h>

namespace stave::local {

namespace {

class WaiterServer final : public schema::Waiter::Server {
 public:
  explicit WaiterServer(kj::Promise<bool> promise) : promise_(promise.fork()) {}

  kj::Promise<void> wait(WaitContext context) override {
    context.allowCancellation();
    return promise_.addBranch().then(
        [context](bool complete) mutable { context.getResults().setComplete(complete); });
  }

 private:
  kj::ForkedPromise<bool> promise_;
};

struct Verdict {
  bool good = true;
  std::string defect;
};

/// Runs on a worker thread.
Verdict verify(int file, const std::string& digest, uint64_t size, bool verified) {
  uint64_t actual = os::fileSize(file);
  if (actual != size) {
    return {false, "has " + std::to_string(actual) + " bytes, not " + std::to_string(size)};
  }
  if (verified) return {};
  image::Hasher hasher(image::parseDigest(digest, "blob").algorithm);
  image::hashFile(hasher, file, 0, size);
  std::string computed = hasher.finish();
  if (computed != digest) return {false, "has digest " + computed};
  return {};
}

}  // namespace

schema::Waiter::Client finishedWaiter(bool complete) {
  return kj::heap<WaiterServer>(kj::Promise<bool>(complete));
}

ActiveIngest::ActiveIngest(kj::Own<ContentState> state, std::string digest, uint64_t size,
                           std::string owner)
    : state_(kj::mv(state)),
      key_(IngestDirectory::keyOf(digest)),
      digest_(std::move(digest)),
      size_(size),
      owner_(std::move(owner)),
      onEnd_(kj::Promise<bool>(false).fork()) {
  auto pair = kj::newPromiseAndFulfiller<bool>();
  ended_ = kj::mv(pair.fulfiller);
  onEnd_ = pair.promise.fork();
  state_->activate(key_, *this);
}

ActiveIngest::~ActiveIngest() noexcept(false) {
  if (!finished_) finish(false);
}

void ActiveIngest::finish(bool complete) {
  finished_ = true;
  file_ = nullptr;
  state_->deactivate(key_);
  ended_->fulfill(kj::mv(complete));
}

Task<> ActiveIngest::open() {
  auto job = [ingests = state_->ingests(), key = key_, digest = digest_, size = size_]() {
    auto opened = std::make_shared<OpenedIngest>(ingests->open(key, digest, size));
    uint64_t missing = size > opened->offset ? size - opened->offset : 0;
    uint64_t available = os::availableBytes(ingests->dataPath(key));
    if (missing > available) {
      fail(ErrorCode::EXHAUSTED, "blob " + digest + " needs " + std::to_string(missing) +
                                     " bytes more, but the file system has only " +
                                     std::to_string(available) + " left");
    }
    return opened;
  };
  auto opened = co_await state_->context().workers().run(job);
  offset_ = opened->offset;
  file_ = std::make_shared<os::Fd>(kj::mv(opened->file));
}

schema::Fd::Client ActiveIngest::fileCapability() const {
  requireUnfinished();
  return makeFd(os::duplicate(*file_));
}

schema::Waiter::Client ActiveIngest::newWaiter() {
  return kj::heap<WaiterServer>(onEnd_.addBranch());
}

void ActiveIngest::requireUnfinished() const {
  if (finished_) {
    fail(ErrorCode::NOT_FOUND, "ingest of " + (digest_.empty() ? owner_ : digest_) +
                                   " is finished: it was committed or discarded");
  }
}

std::string ActiveIngest::expectedDigest(const std::string& given) const {
  if (given.empty() && digest_.empty()) {
    fail(ErrorCode::INVALID, "commit for " + owner_ + ": digest: must be given, ingest() had none");
  }
  if (!given.empty()) image::parseDigest(given, "commit for " + owner_);
  return given.empty() ? digest_ : given;
}

Task<> ActiveIngest::commit(std::string given, uint64_t size, bool verified) {
  requireUnfinished();
  std::string digest = expectedDigest(given);
  auto job = [file = file_, digest, size, verified]() {
    return verify(*file, digest, size, verified);
  };
  auto verdict = co_await state_->context().workers().run(job);
  requireUnfinished();
  bool another = !digest_.empty() && digest != digest_;
  if (another || !verdict.good) {
    co_await abandon();
    fail(ErrorCode::INVALID, "blob " + digest + " for " + owner_ + " " +
                                 (another ? "was begun as " + digest_ : verdict.defect) +
                                 "; its bytes are discarded");
  }
  co_await publish(digest, size, verified);
}

Task<> ActiveIngest::publish(std::string digest, uint64_t size, bool verified) {
  auto job = [file = file_, blobs = state_->blobs(), ingests = state_->ingests(), key = key_,
              parsed = image::parseDigest(digest, "blob")]() {
    os::syncData(*file);
    blobs->adopt(ingests->dataPath(key), parsed);
    ingests->remove(key);
    return *blobs->find(parsed);
  };
  auto blob = co_await state_->context().workers().run(job);
  state_->remember(digest, blob);
  finish(true);
  state_->noticeGrowth();
}

Task<> ActiveIngest::abandon() {
  requireUnfinished();
  auto job = [ingests = state_->ingests(), key = key_]() { ingests->remove(key); };
  co_await state_->context().workers().run(job);
  if (!finished_) finish(false);
}

}  // namespace stave::local
