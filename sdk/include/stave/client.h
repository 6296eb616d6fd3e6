#pragma once

#include <capnp/message.h>
#include <kj/function.h>
#include <stave/connection.h>
#include <stave/schema/engine.capnp.h>
#include <stave/schema/kernel.capnp.h>
#include <stave/schema/object.capnp.h>
#include <stave/task.h>

#include <string>
#include <string_view>
#include <vector>

/// What a client of the kernel needs: a connection, and objects that outlive the message they came
/// in.
namespace stave {

/// Connects to "unix:///run/stave/stave.sock" or a bare path. Fails [unavailable] when nothing
/// listens there, saying how to start the daemon, [denied], [invalid].
kj::AutoCloseFd connectToKernel(std::string_view endpoint);

/// A kernel, and what it gives, without waiting for it: calls on the members are pipelined.
class Client {
 public:
  explicit Client(schema::Kernel::Client kernel);

  template <typename Interface>
  typename Interface::Client service(std::string_view kind, std::string_view name = "") {
    return anyService(kind, name).castAs<Interface>();
  }
  capnp::Capability::Client anyService(std::string_view kind, std::string_view name);
  schema::Engine::Client engine() { return service<schema::Engine>("engine"); }

  schema::Kernel::Client kernel;
  schema::Objects::Client objects;
  schema::EventBus::Client events;
};

/// A copy of one object.
class ObjectCopy {
 public:
  ObjectCopy();
  explicit ObjectCopy(schema::Object::Reader object);

  schema::Object::Builder builder() { return root_; }
  schema::Object::Reader reader() const { return root_.asReader(); }
  schema::Metadata::Reader metadata() const { return reader().getMetadata(); }
  std::string name() const { return metadata().getName(); }
  std::string uid() const { return metadata().getUid(); }

  template <typename Spec>
  typename Spec::Reader spec() const {
    return reader().getSpec().getAs<Spec>();
  }
  template <typename Status>
  typename Status::Reader status() const {
    return reader().getStatus().getAs<Status>();
  }
  /// The spec to change in place before `update`.
  template <typename Spec>
  typename Spec::Builder specBuilder() {
    return builder().getSpec().getAs<Spec>();
  }

 private:
  kj::Own<capnp::MallocMessageBuilder> message_;
  schema::Object::Builder root_;
};

/// One transaction, built step by step.
class Transaction {
 public:
  Transaction(schema::Objects::Client objects, std::string_view reason);

  void add(schema::Change::Op operation, const ObjectCopy& object);
  bool empty() const { return steps_.empty(); }

  /// The new states, in the order of the steps.
  Task<std::vector<ObjectCopy>> commit();
  uint64_t revision() const { return revision_; }  ///< once committed

 private:
  struct Step {
    schema::Change::Op operation;
    ObjectCopy object;
  };
  schema::Objects::Client objects_;
  std::string reason_;
  std::vector<Step> steps_;
  uint64_t revision_ = 0;
};

/// A query for objects of a kind, in all namespaces, with this name if it is not empty.
struct Selection {
  std::string kind;
  std::string name;
  std::string nameSpace;
};

Task<std::vector<ObjectCopy>> listObjects(schema::Objects::Client objects, Selection selection);

/// Fails [not-found].
Task<ObjectCopy> getObject(schema::Objects::Client objects, std::string kind, std::string nameSpace,
                           std::string name);

/// Told of every event of a watch; throws out of the watch when it ends by itself.
using WatchCallback = kj::Function<void(schema::WatchEvent::Reader)>;

/// Never done: fails when the watch is lost. Dropping it ends the watch.
kj::Promise<void> watchObjects(schema::Objects::Client objects, Selection selection, uint64_t from,
                               WatchCallback callback);

/// Waits until the callback answers true for an event about the selection. `from` as for
/// Objects.watch.
kj::Promise<void> waitForObject(schema::Objects::Client objects, Selection selection, uint64_t from,
                                kj::Function<bool(schema::WatchEvent::Reader)> isIt);

}  // namespace stave
