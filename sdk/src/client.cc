#include <stave/client.h>
#include <stave/error.h>
#include <stave/os/local_socket.h>

namespace stave {

namespace {

[[noreturn]] void explainRefusal(const std::string& path, const kj::Exception& exception) {
  auto code = codeOf(exception);
  if (code == ErrorCode::DENIED) {
    fail(ErrorCode::DENIED, "may not connect to " + path +
                                ": run as root or as a member of the group that owns the socket");
  }
  if (code == ErrorCode::INVALID) throw exception;
  fail(ErrorCode::UNAVAILABLE, "the daemon does not answer at " + path +
                                   ": is staved running? Start it with `systemctl start stave` or "
                                   "`staved`, or name another socket with --host or STAVE_HOST");
}

}  // namespace

kj::AutoCloseFd connectToKernel(std::string_view endpoint) {
  constexpr std::string_view scheme = "unix://";
  bool named = endpoint.substr(0, scheme.size()) == scheme;
  if (!named && endpoint.find("://") != std::string_view::npos) {
    fail(ErrorCode::UNSUPPORTED, "cannot connect to \"" + std::string(endpoint) +
                                     "\": want unix:///PATH or tls://HOST:PORT");
  }
  std::string path(named ? endpoint.substr(scheme.size()) : endpoint);
  kj::AutoCloseFd socket;
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { socket = os::connectLocalSocket(path); })) {
    explainRefusal(path, *exception);
  }
  return socket;
}

Client::Client(schema::Kernel::Client given)
    : kernel(kj::mv(given)),
      objects(kernel.objectsRequest().send().getObjects()),
      events(kernel.eventsRequest().send().getBus()) {}

capnp::Capability::Client Client::anyService(std::string_view kind, std::string_view name) {
  auto request = kernel.serviceRequest();
  request.setKind(capnp::Text::Reader(std::string(kind).c_str()));
  request.setName(capnp::Text::Reader(std::string(name).c_str()));
  return request.send().getService();
}

}  // namespace stave
