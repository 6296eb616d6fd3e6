#pragma once

#include <stave/schema/kernel.capnp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stave::testing {

struct RecordedEvent {
  std::string topic;
  std::vector<std::pair<std::string, std::string>> attributes;

  /// The attribute's value; empty if there is none of that name.
  std::string operator[](std::string_view name) const;
};

/// An event bus that writes down what is published and passes it on to subscribers.
class FakeEvents {
 public:
  FakeEvents();

  schema::EventBus::Client client();
  const std::vector<RecordedEvent>& recorded() const;

  /// Those whose topic begins with `prefix`.
  std::vector<RecordedEvent> recorded(std::string_view prefix) const;

  /// As a plug-in elsewhere would.
  void publish(RecordedEvent event);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace stave::testing
