#pragma once

#include <kj/async-io.h>
#include <stave/client.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>

#include <string>
#include <vector>

#include "endpoint.h"

namespace stave::cli {

/// One run of the command: the loop and, from the first use on, the connection to the kernel.
class Session {
 public:
  explicit Session(Endpoint endpoint);

  kj::AsyncIoContext& io() { return io_; }
  Client& client();

  template <typename T>
  T wait(kj::Promise<T> promise) {
    return promise.wait(io_.waitScope);
  }
  template <typename T>
  T wait(Task<T> task) {
    return kj::mv(task).promise().wait(io_.waitScope);
  }

  std::vector<ObjectCopy> list(std::string kind);

  /// The object with this name, of whatever namespace; fails [not-found], [conflict].
  ObjectCopy find(const std::string& kind, const std::string& name);

  /// The pod that "NAME", "NAMESPACE/NAME", an id or the beginning of one means. Fails [not-found],
  /// and [conflict] if it means several.
  ObjectCopy findPod(const std::string& word);

  /// What Engine methods call the container that the word means; asks the kernel only if it must.
  std::string engineNameOf(const std::string& word);

 private:
  capnp::Capability::Client connect();

  kj::AsyncIoContext io_;
  Endpoint endpoint_;
  kj::Own<Connection> connection_;
  kj::Own<TlsConnection> secured_;
  kj::Own<Client> client_;
};

/// As Engine methods want it: "NAME", or "NAMESPACE/NAME" outside of the default namespace.
std::string engineName(const ObjectCopy& pod);

/// Deletes an object and waits until it is gone. Fails if its driver cannot remove it for now.
void deleteObject(Session& session, ObjectCopy object, std::string reason);

/// Says something on standard error: "stave: message".
void complain(std::string_view message);

/// Does something for each word; a failure is reported and does not stop the others. Gives the exit
/// code.
template <typename Function>
int forEach(const std::vector<std::string>& words, Function&& function) {
  int code = 0;
  for (auto& word : words) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { function(word); })) {
      complain(textOf(*exception));
      code = 1;
    }
  }
  return code;
}

}  // namespace stave::cli
