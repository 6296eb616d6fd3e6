#pragma once

#include <kj/async-unix.h>

#include <string>

namespace stave::os {

/// Reads a descriptor that is shared with other processes, as standard input is, without blocking
/// the loop and without setting O_NONBLOCK, which the others would see. Works on terminals, pipes
/// and sockets, and on files, which never block.
class DescriptorReader {
 public:
  DescriptorReader(kj::UnixEventPort& port, int fd) : port_(port), fd_(fd) {}

  /// The next bytes; empty at the end. One call at a time.
  kj::Promise<std::string> read();

 private:
  bool wouldBlock() const;
  std::string readNow() const;

  kj::UnixEventPort& port_;
  int fd_;
  kj::Own<kj::UnixEventPort::FdObserver> observer_;
};

}  // namespace stave::os
