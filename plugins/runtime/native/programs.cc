#include "programs.h"

#include <stave/error.h>
#include <stave/os/file.h>

namespace stave::native {

std::string findProgram(const std::string& configured, const std::string& name) {
  if (!configured.empty()) {
    if (os::exists(configured)) return configured;
    fail(ErrorCode::NOT_FOUND, "there is no program " + configured);
  }
  std::string self = os::selfPath();
  std::string directory = self.substr(0, self.rfind('/'));
  std::string looked;
  for (const char* place : {"/", "/../libexec/stave/", "/../bin/"}) {
    std::string path = directory + place + name;
    if (os::exists(path)) return path;
    looked += (looked.empty() ? "" : ", ") + path;
  }
  fail(ErrorCode::NOT_FOUND, "the program " + name + " is missing; looked for " + looked);
}

}  // namespace stave::native
