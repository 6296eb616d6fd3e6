#include "session.h"

#include <stave/error.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <unistd.h>

#include "output.h"

namespace stave::cli {

namespace {

constexpr size_t uidDigits = 64;

bool isHexadecimal(const std::string& word) {
  return !word.empty() && word.size() <= uidDigits &&
         word.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool isNotFound(const kj::Exception& exception) {
  return codeOf(exception) == ErrorCode::NOT_FOUND;
}

std::pair<std::string, std::string> splitName(const std::string& word) {
  auto slash = word.find('/');
  if (slash == std::string::npos) return {"", word};
  return {word.substr(0, slash), word.substr(slash + 1)};
}

}  // namespace

Session::Session(Endpoint endpoint) : io_(kj::setupAsyncIo()), endpoint_(std::move(endpoint)) {}

Client& Session::client() {
  if (client_.get() == nullptr) client_ = kj::heap<Client>(connect().castAs<schema::Kernel>());
  return *client_;
}

capnp::Capability::Client Session::connect() {
  if (endpoint_.isTls()) {
    secured_ = wait(connectTls(io_, endpoint_.address, endpoint_.tls));
    return secured_->peer();
  }
  auto socket = connectToKernel(endpoint_.address);
  connection_ = kj::heap<Connection>(io_.unixEventPort, kj::mv(socket), true, nullptr);
  return connection_->peer();
}

std::vector<ObjectCopy> Session::list(std::string kind) {
  return wait(listObjects(client().objects, {std::move(kind), "", ""}));
}

ObjectCopy Session::find(const std::string& kind, const std::string& name) {
  return wait(getObject(client().objects, kind, "", name));
}

ObjectCopy Session::findPod(const std::string& word) {
  if (word.empty()) fail(ErrorCode::INVALID, "the name of a container cannot be empty");
  auto [nameSpace, name] = splitName(word.front() == '/' ? word.substr(1) : word);
  kj::Maybe<ObjectCopy> found;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&, &nameSpace = nameSpace, &name = name]() {
                 found = wait(getObject(client().objects, "Pod", nameSpace, name));
               })) {
    if (!isNotFound(*exception)) kj::throwFatalException(kj::mv(*exception));
  }
  KJ_IF_MAYBE (pod, found) {
    return kj::mv(*pod);
  }
  if (isHexadecimal(word)) {
    for (auto& pod : list("Pod")) {
      if (pod.uid().compare(0, word.size(), word) != 0) continue;
      if (found != nullptr)
        fail(ErrorCode::CONFLICT, "several containers have ids that begin with " + word);
      found = kj::mv(pod);
    }
  }
  KJ_IF_MAYBE (pod, found) {
    return kj::mv(*pod);
  }
  fail(ErrorCode::NOT_FOUND, "no such container: " + word);
}

std::string Session::engineNameOf(const std::string& word) {
  return isHexadecimal(word) ? engineName(findPod(word)) : word;
}

std::string engineName(const ObjectCopy& pod) {
  std::string nameSpace = pod.metadata().getNamespace();
  if (nameSpace.empty() || nameSpace == "default") return pod.name();
  return nameSpace + "/" + pod.name();
}

namespace {

/// Why the driver of a deleted object did not remove what is behind it; empty: nothing is known.
std::string removalFailure(schema::Object::Reader object) {
  auto kind = object.getMetadata().getKind();
  if (kind == "Volume")
    return object.getStatus().getAs<schema::VolumeStatus>().getRemovalFailure().cStr();
  if (kind == "Network")
    return object.getStatus().getAs<schema::NetworkStatus>().getRemovalFailure().cStr();
  return "";
}

}  // namespace

void deleteObject(Session& session, ObjectCopy object, std::string reason) {
  object.builder().getMetadata().setRevision(0);
  Transaction transaction(session.client().objects, reason);
  transaction.add(schema::Change::Op::DELETE, object);
  auto states = session.wait(transaction.commit());
  if (states.at(0).metadata().getFinalizers().size() == 0) return;
  auto failure = removalFailure(states[0].reader());
  auto isOver = [&failure](schema::WatchEvent::Reader event) {
    if (event.getType() == schema::WatchEvent::Type::REMOVED) return true;
    failure = removalFailure(event.getObject());
    return !failure.empty();
  };
  auto metadata = object.metadata();
  Selection selection{metadata.getKind(), object.name(), metadata.getNamespace()};
  if (failure.empty()) {
    session.wait(
        waitForObject(session.client().objects, selection, transaction.revision(), kj::mv(isOver)));
  }
  if (failure.empty()) return;
  fail(ErrorCode::UNAVAILABLE,
       object.name() + " could not be removed yet, and is tried again: " + failure);
}

void complain(std::string_view message) {
  printError("stave: " + std::string(message) + "\n");
}

}  // namespace stave::cli
