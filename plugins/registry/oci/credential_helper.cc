#include "credential_helper.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/pipe.h>
#include <stave/os/process.h>

#include <cstdlib>

namespace stave::oci {

namespace {

constexpr auto patience = 10 * kj::SECONDS;
constexpr uint64_t maxReply = 64 * 1024;

std::string findProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate = rest.substr(0, end) + "/" + name;
    if (end > 0 && os::exists(candidate)) return candidate;
    rest.erase(0, end + 1);
  }
  fail(ErrorCode::NOT_FOUND, "credential helper " + name + ": there is no such program in PATH");
}

/// Ends the process, and reaps it, when nobody waits for it any more.
class Running {
 public:
  explicit Running(os::ChildProcess process) : process_(kj::heap(std::move(process))) {}
  ~Running() noexcept(false) {
    if (ended_) return;
    process_->signal(9);
    auto reaped = process_->wait().ignoreResult();
    reaped.attach(kj::mv(process_)).detach([](kj::Exception&&) {});
  }

  kj::Promise<int> wait() {
    return process_->wait().then([this](int status) {
      ended_ = true;
      return status;
    });
  }

 private:
  kj::Own<os::ChildProcess> process_;
  bool ended_ = false;
};

Task<std::string> readReply(kj::LowLevelAsyncIoProvider& provider, os::Fd end) {
  auto stream = provider.wrapInputFd(kj::mv(end));
  auto text = co_await stream->readAllText(maxReply);
  co_return std::string(text.cStr(), text.size());
}

}  // namespace

Task<std::string> runCredentialHelper(kj::UnixEventPort& port,
                                      kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                                      std::string name, std::string server) {
  if (name.find('/') != std::string::npos) {
    fail(ErrorCode::INVALID, "credential helper \"" + name + "\": is not the name of a program");
  }
  auto input = os::makePipe(), output = os::makePipe();
  os::SpawnOptions options;
  options.arguments = {findProgram("docker-credential-" + name), "get"};
  options.descriptors = {{input.read.get(), 0}, {output.write.get(), 1}, {2, 2}};
  Running running(os::spawn(port, options));
  input.read = nullptr;
  output.write = nullptr;
  os::writeAll(input.write.get(), server.data(), server.size());
  input.write = nullptr;
  auto reading = readReply(provider, kj::mv(output.read)).promise();
  auto reply = co_await timer.timeoutAfter(patience, kj::mv(reading));
  auto status = co_await timer.timeoutAfter(patience, running.wait());
  co_return status == 0 ? reply : std::string();
}

}  // namespace stave::oci
