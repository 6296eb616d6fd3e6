#include <stave/testing/temp_directory.h>

#include <kj/debug.h>
#include <stave/os/file.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace stave::testing {

namespace {

std::string freshName(const std::string& label) {
  static std::atomic<unsigned> count{0};
  const char* base = std::getenv("TMPDIR");
  return std::string(base == nullptr ? "/tmp" : base) + "/stave-" + label + "-" +
         std::to_string(::getpid()) + "-" + std::to_string(count++);
}

}  // namespace

TempDirectory::TempDirectory(const std::string& label) : path_(freshName(label)) {
  os::removeTree(path_);  // of an earlier process with our number
  os::makeDirectories(path_, 0700);
}

TempDirectory::~TempDirectory() noexcept {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { os::removeTree(path_); })) {
    KJ_LOG(WARNING, "a test's directory stays behind", path_.c_str(), *exception);
  }
}

}  // namespace stave::testing
