#include "stave/capability.h"

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave {

namespace {

class FdServer final : public schema::Fd::Server {
 public:
  FdServer(kj::AutoCloseFd fd, std::shared_ptr<const void> kept)
      : kept_(std::move(kept)), fd_(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return fd_.get(); }

 private:
  std::shared_ptr<const void> kept_;  // goes after the descriptor
  kj::AutoCloseFd fd_;
};

class HandleServer final : public schema::Handle::Server {
 public:
  explicit HandleServer(kj::Function<void()> onDrop) : onDrop_(kj::mv(onDrop)) {}
  ~HandleServer() noexcept(false) { onDrop_(); }

 private:
  kj::Function<void()> onDrop_;
};

}  // namespace

schema::Fd::Client makeFd(kj::AutoCloseFd fd) {
  return makeFd(kj::mv(fd), nullptr);
}

schema::Fd::Client makeFd(kj::AutoCloseFd fd, std::shared_ptr<const void> kept) {
  return kj::heap<FdServer>(kj::mv(fd), std::move(kept));
}

Task<kj::AutoCloseFd> takeFd(schema::Fd::Client capability, kj::StringPtr what) {
  auto name = kj::str(what);
  auto found = co_await capability.getFd();
  KJ_IF_MAYBE (fd, found) {
    co_return os::duplicate(*fd);
  }
  fail(ErrorCode::UNAVAILABLE,
       kj::str("no descriptor came with ", name, ": descriptors cross Unix sockets only").cStr());
}

schema::Handle::Client makeHandle(kj::Function<void()> onDrop) {
  return kj::heap<HandleServer>(kj::mv(onDrop));
}

}  // namespace stave
