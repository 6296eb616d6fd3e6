#pragma once

#include <stave/os/file.h>

namespace stave::os {

struct Pipe {
  Fd read;
  Fd write;
};

/// pipe2(2); closed on exec.
Pipe makePipe();

}  // namespace stave::os
