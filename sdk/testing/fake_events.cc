#include <stave/testing/fake_events.h>

#include <stave/capability.h>
#include <stave/task.h>

#include <chrono>
#include <deque>
#include <list>

namespace stave::testing {

namespace {

/// Sends what waits, one batch at a time, for as long as somebody is subscribed.
struct Subscription {
  std::string prefix;
  schema::EventSink::Client sink;
  std::deque<RecordedEvent> waiting;
  bool sending = false;
};

bool beginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

void fillEvent(schema::BusEvent::Builder builder, const RecordedEvent& event) {
  builder.setTopic(event.topic);
  builder.setTime(std::chrono::system_clock::now().time_since_epoch().count());
  builder.setSource("plugin/test");
  auto attributes = builder.initAttributes(event.attributes.size());
  for (size_t i = 0; i < event.attributes.size(); ++i) {
    attributes[i].setKey(event.attributes[i].first);
    attributes[i].setValue(event.attributes[i].second);
  }
}

}  // namespace

std::string RecordedEvent::operator[](std::string_view name) const {
  for (auto& [key, value] : attributes) {
    if (key == name) return value;
  }
  return {};
}

struct FakeEvents::State : kj::TaskSet::ErrorHandler {
  std::vector<RecordedEvent> recorded;
  std::list<std::shared_ptr<Subscription>> subscriptions;
  kj::TaskSet tasks{*this};

  void publish(RecordedEvent event) {
    for (auto& subscription : subscriptions) {
      if (!beginsWith(event.topic, subscription->prefix)) continue;
      subscription->waiting.push_back(event);
      if (!subscription->sending) tasks.add(send(subscription));
    }
    recorded.push_back(kj::mv(event));
  }

  Task<> send(std::shared_ptr<Subscription> subscription) {
    subscription->sending = true;
    while (!subscription->waiting.empty()) {
      auto batch = kj::mv(subscription->waiting);
      subscription->waiting.clear();
      auto request = subscription->sink.eventRequest();
      auto events = request.initEvents(batch.size());
      for (size_t i = 0; i < batch.size(); ++i) fillEvent(events[i], batch[i]);
      co_await request.send().ignoreResult();
    }
    subscription->sending = false;
  }

  /// A subscriber that went away is not told any more: `sending` stays set.
  void taskFailed(kj::Exception&&) override {}
};

namespace {

class BusServer final : public schema::EventBus::Server {
 public:
  explicit BusServer(std::shared_ptr<FakeEvents::State> state) : state_(kj::mv(state)) {}

  kj::Promise<void> publish(PublishContext context) override {
    RecordedEvent event{context.getParams().getTopic().cStr(), {}};
    for (auto attribute : context.getParams().getAttributes()) {
      event.attributes.emplace_back(attribute.getKey().cStr(), attribute.getValue().cStr());
    }
    state_->publish(kj::mv(event));
    return kj::READY_NOW;
  }

  kj::Promise<void> subscribe(SubscribeContext context) override {
    auto params = context.getParams();
    auto subscription = std::make_shared<Subscription>(
        Subscription{params.getPrefix().cStr(), params.getSink(), {}, false});
    state_->subscriptions.push_back(subscription);
    context.getResults().setSubscription(makeHandle(
        [state = state_, subscription]() { state->subscriptions.remove(subscription); }));
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<FakeEvents::State> state_;
};

}  // namespace

FakeEvents::FakeEvents() : state_(std::make_shared<State>()) {}

schema::EventBus::Client FakeEvents::client() {
  return kj::heap<BusServer>(state_);
}

const std::vector<RecordedEvent>& FakeEvents::recorded() const {
  return state_->recorded;
}

std::vector<RecordedEvent> FakeEvents::recorded(std::string_view prefix) const {
  std::vector<RecordedEvent> found;
  for (auto& event : state_->recorded) {
    if (beginsWith(event.topic, prefix)) found.push_back(event);
  }
  return found;
}

void FakeEvents::publish(RecordedEvent event) {
  state_->publish(kj::mv(event));
}

}  // namespace stave::testing
