#include <fcntl.h>

#include "service.h"
#include "stave/layer/digest.h"
#include "stave/os/pipe.h"
#include "tree_usage.h"

namespace stave::layer {

namespace {

constexpr size_t diffChunk = 256 << 10;

struct DiffResult {
  std::string digest;
  uint64_t bytes;
};

schema::FileChange::Kind kindOf(Change::Kind kind) {
  switch (kind) {
    case Change::added:
      return schema::FileChange::Kind::ADDED;
    case Change::deleted:
      return schema::FileChange::Kind::DELETED;
    default:
      return schema::FileChange::Kind::MODIFIED;
  }
}

/// Collects small pieces, so that the pipe sees few and large writes.
class BufferedOutput {
 public:
  explicit BufferedOutput(int fd) : fd_(fd) {}

  void write(std::string_view bytes) {
    buffer_.append(bytes);
    if (buffer_.size() >= diffChunk) flush();
  }
  void flush() {
    sum_.add(buffer_);
    os::writeAll(fd_, buffer_.data(), buffer_.size());
    total_ += buffer_.size();
    buffer_.clear();
  }
  DiffResult finish() {
    flush();
    return {sum_.finish(), total_};
  }

 private:
  int fd_;
  std::string buffer_;
  Sha256 sum_;
  uint64_t total_ = 0;
};

DiffResult writeDiffTo(Driver& driver, const StorageService::Found& found, int fd) {
  BufferedOutput output(fd);
  TarWriter writer([&](std::string_view bytes) { output.write(bytes); });
  auto changes = driver.changes(found.place, found.below);
  writeDiff(os::open(found.place.content(), O_PATH | O_DIRECTORY), changes, writer);
  writer.finish();
  return output.finish();
}

class RootFsServer final : public schema::RootFs::Server {
 public:
  RootFsServer(StorageService& service, Subject subject)
      : service_(service), kept_(service.self()), subject_(std::move(subject)) {}

  kj::Promise<void> mount(MountContext context) override;
  kj::Promise<void> changes(ChangesContext context) override;
  kj::Promise<void> diff(DiffContext context) override;
  kj::Promise<void> usage(UsageContext context) override;

 private:
  StorageService::Found find() { return service_.find(subject_); }
  Task<> pump(schema::ByteStream::Client sink, os::Fd source);

  StorageService& service_;
  schema::Storage::Client kept_;
  Subject subject_;
};

kj::Promise<void> RootFsServer::mount(MountContext context) {
  return async([this, context]() mutable -> Task<> {
    auto found = find();
    auto readOnly = context.getParams().getReadOnly();
    bool snapshot = subject_.snapshot;
    auto* driver = &service_.driver();
    auto chain = snapshot ? Chain() : service_.chainOf(subject_.name);
    auto job = service_.quickJobs().run([=]() {
      if (!snapshot) return driver->mountChain(chain);
      return driver->mountSnapshot(found.place, found.below, found.mappings, readOnly);
    });
    auto tree = co_await kj::mv(job);
    context.getResults().setTree(makeFd(kj::mv(tree)));
  });
}

kj::Promise<void> RootFsServer::changes(ChangesContext context) {
  return async([this, context]() mutable -> Task<> {
    auto found = find();
    auto* driver = &service_.driver();
    auto job = service_.longJobs().run([=]() { return driver->changes(found.place, found.below); });
    auto changes = co_await kj::mv(job);
    auto list = context.getResults().initChanges(changes.size());
    for (size_t i = 0; i < changes.size(); i++) {
      list[i].setPath(("/" + changes[i].path).c_str());
      list[i].setKind(kindOf(changes[i].kind));
    }
  });
}

/// Passes on what comes out of a pipe, as fast as the receiver takes it.
Task<> RootFsServer::pump(schema::ByteStream::Client sink, os::Fd source) {
  auto stream = service_.context().fds().wrapInputFd(source.release(),
                                                     kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
  auto buffer = kj::heapArray<kj::byte>(diffChunk);
  while (true) {
    auto count = co_await stream->tryRead(buffer.begin(), 1, buffer.size());
    if (count == 0) co_return;
    auto request = sink.writeRequest();
    request.setBytes(buffer.slice(0, count));
    co_await request.send();
  }
}

kj::Promise<void> RootFsServer::diff(DiffContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto found = find();
    auto sink = context.getParams().getSink();
    auto pipe = os::makePipe();
    auto* driver = &service_.driver();
    auto output = std::make_shared<os::Fd>(kj::mv(pipe.write));
    auto job = service_.longJobs().run([=]() mutable {
      // Closed when the job ends, however it ends: that is how the other side sees the end.
      auto closing = kj::mv(*output);
      return writeDiffTo(*driver, found, closing);
    });
    output = nullptr;
    co_await pump(sink, kj::mv(pipe.read));
    auto result = co_await kj::mv(job);
    auto end = sink.endRequest();
    co_await end.send();
    context.getResults().setDiffId(result.digest.c_str());
    context.getResults().setBytes(result.bytes);
  });
}

kj::Promise<void> RootFsServer::usage(UsageContext context) {
  return async([this, context]() mutable -> Task<> {
    auto path = find().place.content();
    auto job = service_.longJobs().run([path]() { return usageOfPath(path); });
    auto usage = co_await kj::mv(job);
    context.getResults().setBytes(usage.bytes);
    context.getResults().setInodes(usage.inodes);
  });
}

}  // namespace

schema::RootFs::Client newRootFs(StorageService& service, Subject subject) {
  return kj::heap<RootFsServer>(service, std::move(subject));
}

schema::Storage::Client newStorageService(Context& context, kj::Own<Driver> driver) {
  return kj::heap<StorageService>(context, kj::mv(driver));
}

}  // namespace stave::layer
