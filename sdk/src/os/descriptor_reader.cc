#include <poll.h>
#include <stave/error.h>
#include <stave/os/descriptor_reader.h>
#include <unistd.h>

#include <cerrno>

namespace stave::os {

namespace {

constexpr size_t chunkBytes = 32 * 1024;

}  // namespace

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

// Only what has once made us wait is observed: epoll refuses what never does (files, /dev/null).
kj::Promise<std::string> DescriptorReader::read() {
  if (!wouldBlock()) return readNow();
  if (observer_.get() == nullptr) {
    observer_ = kj::heap<kj::UnixEventPort::FdObserver>(
        port_, fd_, kj::UnixEventPort::FdObserver::OBSERVE_READ);
  }
  return observer_->whenBecomesReadable().then([this]() { return read(); });
}

}  // namespace stave::os
