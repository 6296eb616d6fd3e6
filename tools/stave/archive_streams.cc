#include "archive_streams.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/descriptor_reader.h>
#include <stave/os/file.h>
#include <unistd.h>

#include "flags.h"
#include "output.h"

namespace stave::cli {

namespace {

class DescriptorSink final : public schema::ByteStream::Server {
 public:
  DescriptorSink(kj::AutoCloseFd fd, bool& ended) : fd_(kj::mv(fd)), ended_(ended) {}

  kj::Promise<void> write(WriteContext context) override {
    auto bytes = context.getParams().getBytes();
    os::writeAll(fd_.get(), bytes.begin(), bytes.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> end(EndContext) override {
    fd_ = nullptr;
    ended_ = true;
    return kj::READY_NOW;
  }

 private:
  kj::AutoCloseFd fd_;
  bool& ended_;
};

bool isStandard(const std::string& file) {
  return file.empty() || file == "-";
}

}  // namespace

schema::ByteStream::Client newDescriptorSink(kj::AutoCloseFd fd, bool& ended) {
  return kj::heap<DescriptorSink>(kj::mv(fd), ended);
}

Task<> sendDescriptor(kj::UnixEventPort& port, int fd, schema::ByteStream::Client sink) {
  os::DescriptorReader reader(port, fd);
  for (;;) {
    auto bytes = co_await reader.read();
    if (bytes.empty()) break;
    auto request = sink.writeRequest();
    request.setBytes(kj::arrayPtr(reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()));
    co_await request.send();
  }
  co_await sink.endRequest().send().ignoreResult();
}

void receiveArchive(Session& session, const std::string& file,
                    kj::Function<kj::Promise<void>(schema::ByteStream::Client)> start) {
  bool standard = isStandard(file);
  if (standard && outputIsTerminal()) {
    throw UsageError("an archive is not for a terminal: use --output FILE, or redirect");
  }
  auto part = file + ".part";
  auto target =
      standard ? os::duplicate(STDOUT_FILENO) : os::open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  bool ended = false;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 session.wait(start(newDescriptorSink(kj::mv(target), ended)));
                 if (!ended)
                   fail(ErrorCode::UNAVAILABLE, "the archive ended before it was complete");
               })) {
    if (!standard) os::removeFile(part);
    kj::throwFatalException(kj::mv(*exception));
  }
  if (!standard) os::rename(part, file);
}

void sendArchive(Session& session, const std::string& file, schema::ByteStream::Client sink) {
  kj::AutoCloseFd opened;
  if (!isStandard(file)) opened = os::open(file, O_RDONLY);
  int fd = isStandard(file) ? STDIN_FILENO : opened.get();
  session.wait(sendDescriptor(session.io().unixEventPort, fd, kj::mv(sink)));
}

}  // namespace stave::cli
