#include <poll.h>
#include <stave/error.h>
#include <stave/os/descriptor_reader.h>
#include <unistd.h>

#include <cerrno>

namespace stave::os {

namespace {

constexpr size_t chunkBytes = 32 * 1024;

}  // namespace

DescriptorReader::DescriptorReader(kj::UnixEventPort& port, int fd) : fd_(fd) {
  // epoll refuses what never blocks: files, /dev/null.
  kj::runCatchingExceptions([&]() {
    observer_ = kj::heap<kj::UnixEventPort::FdObserver>(
        port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ);
  });
}

bool DescriptorReader::wouldBlock() const {
  pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 0) == 0;
}

std::string DescriptorReader::readNow() const {
  std::string bytes(chunkBytes, '\0');
  for (;;) {
    auto count = ::read(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EIO) count = 0;  // the terminal went away
    if (count < 0) failErrno("reading descriptor " + std::to_string(fd_), errno);
    bytes.resize(count);
    return bytes;
  }
}

// The observer tells changes only, so it is asked after a look found nothing to read.
kj::Promise<std::string> DescriptorReader::read() {
  KJ_IF_MAYBE (observer, observer_) {
    if (wouldBlock()) {
      return (*observer)->whenBecomesReadable().then([this]() { return read(); });
    }
  }
  return readNow();
}

}  // namespace stave::os
