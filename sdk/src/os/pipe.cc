#include "stave/os/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "stave/error.h"

namespace stave::os {

Pipe makePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) failErrno("making a pipe", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace stave::os
