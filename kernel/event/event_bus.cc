#include "kernel/event/event_bus.h"

#include <capnp/message.h>
#include <stave/capability.h>
#include <stave/error.h>

#include <chrono>

#include "kernel/object/object_key.h"

namespace stave {

namespace {

constexpr size_t maximumWaiting = 1'024;
constexpr size_t maximumBatch = 128;
constexpr size_t maximumTopic = 1'024;
constexpr size_t maximumWords = 131'072;  // 1 MiB: an event is small

/// One event, shared by all who still have to be told of it.
using Event = std::shared_ptr<capnp::MallocMessageBuilder>;

schema::BusEvent::Reader read(const Event& event) {
  return event->getRoot<schema::BusEvent>().asReader();
}

}  // namespace

class EventBus::Subscriber {
 public:
  Subscriber(EventBus& bus, std::string prefix, schema::EventSink::Client sink)
      : bus_(&bus), prefix_(std::move(prefix)), sink_(kj::mv(sink)), wake_(newWake()) {
    bus.subscribers_.insert(this);
    telling_ = tell().promise().eagerlyEvaluate([this](kj::Exception&&) {
      // Whoever listened there is gone.
      detach();
    });
  }
  ~Subscriber() noexcept { detach(); }

  void offer(std::string_view topic, const Event& event) {
    if (!topic.starts_with(prefix_)) return;
    if (waiting_.size() == maximumWaiting) dropOldest();
    waiting_.push_back({event, 0});
    wake_.fulfiller->fulfill();
  }

  void forgetBus() { bus_ = nullptr; }

 private:
  struct Waiting {
    Event event;
    uint64_t lost;  // events before this one that were dropped
  };

  static kj::PromiseFulfillerPair<void> newWake() { return kj::newPromiseAndFulfiller<void>(); }

  void detach() {
    if (bus_ != nullptr) bus_->subscribers_.erase(this);
    bus_ = nullptr;
  }

  void dropOldest() {
    uint64_t lost = waiting_.front().lost + 1;
    waiting_.pop_front();
    waiting_.front().lost += lost;
  }

  Task<> tell() {
    for (;;) {
      if (waiting_.empty()) {
        co_await kj::mv(wake_.promise);
        wake_ = newWake();
      } else {
        co_await sendBatch();
      }
    }
  }

  kj::Promise<void> sendBatch() {
    auto request = sink_.eventRequest();
    size_t count = kj::min(waiting_.size(), maximumBatch);
    auto events = request.initEvents(count);
    for (unsigned i = 0; i < count; ++i) {
      events.setWithCaveats(i, read(waiting_.front().event));
      events[i].setLost(waiting_.front().lost);
      waiting_.pop_front();
    }
    return request.send().ignoreResult();
  }

  EventBus* bus_;  // null: this subscription has ended
  std::string prefix_;
  schema::EventSink::Client sink_;
  std::deque<Waiting> waiting_;
  kj::PromiseFulfillerPair<void> wake_;
  kj::Promise<void> telling_ = nullptr;
};

/// The bus as one caller sees it.
class EventBus::Server final : public schema::EventBus::Server {
 public:
  Server(EventBus& bus, Caller caller) : bus_(bus), caller_(std::move(caller)) {}

  kj::Promise<void> publish(PublishContext context) override {
    if (!caller_.mayPublish) deny("publish events");
    auto params = context.getParams();
    bus_.publish(caller_.actor, view(params.getTopic()), params.getAttributes());
    return kj::READY_NOW;
  }

  kj::Promise<void> subscribe(SubscribeContext context) override {
    if (!caller_.maySubscribe) deny("subscribe to events");
    auto params = context.getParams();
    auto handle = bus_.subscribe(std::string(view(params.getPrefix())), params.getSink());
    context.getResults().setSubscription(kj::mv(handle));
    return kj::READY_NOW;
  }

 private:
  [[noreturn]] void deny(const std::string& what) const {
    fail(ErrorCode::DENIED, caller_.actor + " may not " + what +
                                (caller_.missingGrantHint.empty() ? "" : ": ") +
                                caller_.missingGrantHint);
  }

  EventBus& bus_;
  Caller caller_;
};

EventBus::~EventBus() noexcept {
  for (Subscriber* subscriber : subscribers_) subscriber->forgetBus();
}

schema::EventBus::Client EventBus::clientFor(Caller caller) {
  return kj::heap<Server>(*this, std::move(caller));
}

void EventBus::publish(const std::string& source, std::string_view topic,
                       capnp::List<schema::KeyValue>::Reader attributes) {
  if (topic.empty() || topic.size() > maximumTopic) {
    fail(ErrorCode::INVALID, "a topic of an event has 1 to 1024 bytes");
  }
  if (attributes.size() > maximumTopic) {
    fail(ErrorCode::INVALID, "event " + std::string(topic) + " has more than 1024 attributes");
  }
  auto event = std::make_shared<capnp::MallocMessageBuilder>();
  auto root = event->initRoot<schema::BusEvent>();
  root.setTopic(std::string(topic).c_str());
  root.setTime(std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count());
  root.setSource(source.c_str());
  root.setAttributes(attributes);
  if (event->sizeInWords() > maximumWords) {
    fail(ErrorCode::INVALID, "event " + std::string(topic) + " is larger than 1 MiB");
  }
  for (Subscriber* subscriber : subscribers_) subscriber->offer(topic, event);
}

schema::Handle::Client EventBus::subscribe(std::string prefix, schema::EventSink::Client sink) {
  return keepWhileHeld(kj::heap<Subscriber>(*this, std::move(prefix), kj::mv(sink)));
}

}  // namespace stave
