#pragma once

#include <kj/io.h>
#include <stave/net/sandbox.h>
#include <stave/os/netns.h>

namespace stave::net {

/// For tests: while it exists the calling thread is in a network namespace of its own.
class PrivateNetwork {
 public:
  PrivateNetwork() : before_(os::currentNetworkNamespace()), own_(makeSandbox()) {
    os::enterNetworkNamespace(own_.get());
  }
  ~PrivateNetwork() noexcept { os::enterNetworkNamespace(before_.get()); }
  KJ_DISALLOW_COPY(PrivateNetwork);

  int descriptor() const { return own_.get(); }

 private:
  kj::AutoCloseFd before_;
  kj::AutoCloseFd own_;
};

}  // namespace stave::net
