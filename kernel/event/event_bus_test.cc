#include "kernel/event/event_bus.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/error.h>

namespace stave::testing {
namespace {

struct Heard {
  std::vector<std::string> topics;
  uint64_t lost = 0;
};

class Sink final : public schema::EventSink::Server {
 public:
  Sink(Heard& heard, kj::ForkedPromise<void>& gate) : heard_(heard), gate_(gate) {}
  kj::Promise<void> event(EventContext context) override {
    for (auto event : context.getParams().getEvents()) {
      heard_.topics.push_back(event.getTopic().cStr());
      heard_.lost += event.getLost();
      source = event.getSource().cStr();
    }
    return gate_.addBranch();
  }
  std::string source;

 private:
  Heard& heard_;
  kj::ForkedPromise<void>& gate_;
};

struct Bus {
  void publish(schema::EventBus::Client client, const char* topic) {
    auto request = client.publishRequest();
    request.setTopic(topic);
    request.send().wait(io.waitScope);
  }
  schema::Handle::Client subscribe(const char* prefix, Heard& heard) {
    auto request = bus.clientFor({"user/test"}).subscribeRequest();
    request.setPrefix(prefix);
    request.setSink(kj::heap<Sink>(heard, opened));
    return request.send().wait(io.waitScope).getSubscription();
  }
  void turn() { io.provider->getTimer().afterDelay(2 * kj::MILLISECONDS).wait(io.waitScope); }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::PromiseFulfillerPair<void> gate = kj::newPromiseAndFulfiller<void>();
  kj::ForkedPromise<void> opened = gate.promise.fork();
  EventBus bus;
};

TEST(EventBus, TellsTopicsByPrefix) {
  Bus test;
  test.gate.fulfiller->fulfill();
  Heard images, all;
  auto one = test.subscribe("image/", images);
  auto two = test.subscribe("", all);
  auto client = test.bus.clientFor({"plugin/oci"});
  test.publish(client, "image/debian/progress");
  test.publish(client, "plugin/oci/state");
  test.turn();
  EXPECT_EQ(images.topics, (std::vector<std::string>{"image/debian/progress"}));
  EXPECT_EQ(all.topics.size(), 2u);
}

TEST(EventBus, CountsWhatASlowSubscriberLoses) {
  Bus test;
  Heard heard;
  auto subscription = test.subscribe("", heard);
  auto client = test.bus.clientFor({"plugin/oci"});
  test.publish(client, "first");
  test.turn();
  for (int i = 0; i < 1'500; ++i) test.publish(client, std::to_string(i).c_str());
  test.gate.fulfiller->fulfill();
  test.turn();
  EXPECT_EQ(heard.topics.size(), 1'025u);
  EXPECT_EQ(heard.lost, 476u);
  EXPECT_EQ(heard.topics[1], "476");
  EXPECT_EQ(heard.topics.back(), "1499");
}

TEST(EventBus, DroppingTheHandleEndsTheSubscription) {
  Bus test;
  Heard heard;
  { auto subscription = test.subscribe("", heard); }
  test.turn();
  EXPECT_EQ(test.bus.subscribers(), 0u);
}

TEST(EventBus, DeniesWithTheMissingGrant) {
  Bus test;
  auto client = test.bus.clientFor({"plugin/x", false, false, "no grant \"events\""});
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&] { test.publish(client, "a"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::DENIED);
    EXPECT_EQ(textOf(*exception), "plugin/x may not publish events: no grant \"events\"");
  } else {
    FAIL();
  }
}

}  // namespace
}  // namespace stave::testing
