#include <errno.h>
#include <stave/error.h>
#include <stave/os/machine.h>
#include <sys/utsname.h>

namespace stave::os {

std::string machineName() {
  struct utsname name;
  if (::uname(&name) != 0) {
    int number = errno;
    failErrno("uname()", number);
  }
  return name.machine;
}

}  // namespace stave::os
