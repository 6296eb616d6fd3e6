#pragma once

#include <termios.h>

#include <cstdint>

/// Terminals.
namespace stave::os {

struct TerminalSize {
  uint16_t width = 0;
  uint16_t height = 0;
};

bool isTerminal(int fd);

/// Zeros if it is no terminal or does not know.
TerminalSize terminalSize(int fd);

/// While it lives every key arrives as it is typed and nothing is echoed. Fails if it is no
/// terminal.
class RawMode {
 public:
  explicit RawMode(int fd);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  int fd_;
  termios before_;
};

}  // namespace stave::os
