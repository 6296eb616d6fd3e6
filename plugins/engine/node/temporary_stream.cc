#include "temporary_stream.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>
#include <stave/os/random.h>

namespace stave::node {

namespace {

constexpr size_t pieceSize = 256 * 1024;

class FileStream final : public schema::ByteStream::Server {
 public:
  FileStream(std::string path, std::function<kj::Promise<void>(std::string path)> complete,
             std::function<void(const kj::Exception&)> failed)
      : path_(std::move(path)),
        file_(os::open(path_, O_WRONLY | O_CREAT | O_EXCL, 0600)),
        complete_(std::move(complete)),
        failed_(std::move(failed)) {}
  ~FileStream() noexcept(false) {
    os::removeFile(path_);
    if (!ended_)
      failed_(makeError(ErrorCode::CANCELLED, "the stream ended before it was complete"));
  }

  kj::Promise<void> write(WriteContext context) override {
    auto bytes = context.getParams().getBytes();
    os::writeAll(file_.get(), bytes.begin(), bytes.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> end(EndContext context) override {
    ended_ = true;
    return async([this]() -> Task<> {
      kj::Maybe<kj::Exception> failure;
      try {
        co_await complete_(path_);
      } catch (const kj::Exception& exception) {
        failure = kj::cp(exception);
      }
      KJ_IF_MAYBE (exception, failure) {
        failed_(*exception);
        kj::throwFatalException(kj::mv(*exception));
      }
    });
  }

 private:
  std::string path_;
  kj::AutoCloseFd file_;
  std::function<kj::Promise<void>(std::string path)> complete_;
  std::function<void(const kj::Exception&)> failed_;
  bool ended_ = false;
};

}  // namespace

std::string temporaryName(const std::string& directory) {
  constexpr size_t randomness = 16;
  auto digest = image::digestOf(os::randomBytes(randomness));
  return directory + "/stream-" + image::parseDigest(digest, "name").hex;
}

schema::ByteStream::Client intoFile(std::string directory,
                                    std::function<kj::Promise<void>(std::string path)> complete,
                                    std::function<void(const kj::Exception&)> failed) {
  os::makeDirectories(directory, 0700);
  return kj::heap<FileStream>(temporaryName(directory), std::move(complete), std::move(failed));
}

Task<> sendFile(std::string path, schema::ByteStream::Client sink) {
  auto file = os::open(path, O_RDONLY);
  uint64_t offset = 0;
  for (;;) {
    auto request = sink.writeRequest();
    std::string buffer(pieceSize, '\0');
    buffer.resize(os::readAt(file.get(), buffer.data(), pieceSize, offset));
    if (buffer.empty()) break;
    offset += buffer.size();
    request.setBytes(kj::StringPtr(buffer.c_str(), buffer.size()).asBytes());
    co_await request.send();
  }
  co_await sink.endRequest().send();
}

}  // namespace stave::node
