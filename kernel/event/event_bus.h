#pragma once

#include <stave/schema/kernel.capnp.h>
#include <stave/task.h>

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace stave {

/// For what happens but is not an object. Events are told to whoever listens now, and forgotten.
class EventBus {
 public:
  /// Who publishes or listens, and whether it may.
  struct Caller {
    std::string actor;  ///< "plugin/oci": the source of its events
    bool mayPublish = true;
    bool maySubscribe = true;
    std::string missingGrantHint;  ///< completes the error [denied]
  };

  EventBus() = default;
  ~EventBus() noexcept;
  KJ_DISALLOW_COPY(EventBus);

  schema::EventBus::Client clientFor(Caller caller);

  /// For the kernel's own events. Fails [invalid] if the topic cannot be one.
  void publish(const std::string& source, std::string_view topic,
               capnp::List<schema::KeyValue>::Reader attributes);
  schema::Handle::Client subscribe(std::string prefix, schema::EventSink::Client sink);

  size_t subscribers() const { return subscribers_.size(); }

 private:
  class Server;
  class Subscriber;

  std::set<Subscriber*> subscribers_;
};

}  // namespace stave
