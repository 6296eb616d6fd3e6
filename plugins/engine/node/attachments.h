#pragma once

#include <stave/schema/runtime.capnp.h>

#include <list>
#include <memory>

namespace stave::node {

/// Those who attached to a container before it runs. Their streams open just before it starts, so
/// that they miss nothing.
class Attachments {
 public:
  /// A process that stands for the container's next run.
  schema::Process::Client waitForStart();

  /// Done when somebody has attached.
  kj::Promise<void> whenAttached();

  bool empty() const { return waiting_.empty(); }

  /// The container is about to start. If it turns out that it was not `created`, whoever waits goes
  /// on waiting. Done when nobody waits for an answer of this container; never fails.
  kj::Promise<void> open(schema::Container::Client container, kj::Promise<void> created);

  /// It will not start now.
  void reject(const kj::Exception& why);

 private:
  struct Pending;

  std::list<std::weak_ptr<Pending>> waiting_;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> onAttached_;
};

/// A process that runs, with its streams open already.
kj::Promise<schema::Process::Client> attachNow(schema::Container::Client container);

}  // namespace stave::node
