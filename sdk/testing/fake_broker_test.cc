#include <stave/testing/fake_broker.h>

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/null_services.h>
#include <stave/testing/wait.h>

namespace stave::testing {

namespace {

struct FakeBrokerTest : ::testing::Test {
  ~FakeBrokerTest() noexcept override {}

  Loop loop;
  FakeBroker broker;
  schema::Broker::Client client = broker.client("tester");

  kj::Promise<void> service(const char* kind, const char* name = "") {
    auto request = client.serviceRequest();
    request.setKind(kind);
    request.setName(name);
    return request.send().ignoreResult();
  }
};

class EventRecorder final : public schema::EventSink::Server {
 public:
  explicit EventRecorder(std::vector<std::string>& topics) : topics_(topics) {}
  kj::Promise<void> event(EventContext context) override {
    for (auto event : context.getParams().getEvents()) topics_.push_back(event.getTopic().cStr());
    return kj::READY_NOW;
  }

 private:
  std::vector<std::string>& topics_;
};

}  // namespace

TEST_F(FakeBrokerTest, GivesServicesByKindAndNameAndTheFirstByDefault) {
  broker.provide("volume", "first", newNullVolume("/"));
  broker.provide("volume", "second", newNullVolume("/"));
  wait(loop, service("volume"));
  wait(loop, service("volume", "second"));
  EXPECT_EQ(codeOfFailure(loop, service("volume", "third")), ErrorCode::NOT_FOUND);
  auto request = client.namesRequest();
  request.setKind("volume");
  auto names = wait(loop, request.send());
  ASSERT_EQ(names.getNames().size(), 2u);
  EXPECT_STREQ(names.getNames()[0].cStr(), "first");
}

TEST_F(FakeBrokerTest, DeniesWhatTheTestTookAway) {
  broker.provide("volume", "first", newNullVolume("/"));
  for (auto grant : {"volume", "objects", "events"}) broker.deny(grant);
  EXPECT_EQ(codeOfFailure(loop, service("volume")), ErrorCode::DENIED);
  auto objects = client.objectsRequest().send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(objects)), ErrorCode::DENIED);
  auto events = client.eventsRequest().send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(events)), ErrorCode::DENIED);
  auto kernel = client.kernelRequest().send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(kernel)), ErrorCode::DENIED);
}

TEST_F(FakeBrokerTest, EveryPluginHasDirectoriesOfItsOwnThatExist) {
  auto mine = wait(loop, client.pathsRequest().send());
  auto theirs = wait(loop, broker.client("other").pathsRequest().send());
  EXPECT_TRUE(os::exists(mine.getState().cStr()) && os::exists(mine.getRun().cStr()));
  EXPECT_STRNE(mine.getState().cStr(), theirs.getState().cStr());
  EXPECT_EQ(broker.statePath("tester"), mine.getState().cStr());
}

TEST_F(FakeBrokerTest, KeepsTheLog) {
  auto request = client.logRequest();
  request.setLevel(schema::LogLevel::WARNING);
  request.setMessage("it rains");
  auto field = request.initFields(1)[0];
  field.setKey("where");
  field.setValue("here");
  wait(loop, request.send());
  ASSERT_EQ(broker.log().size(), 1u);
  EXPECT_EQ(broker.log()[0].message, "it rains where=here");
  EXPECT_EQ(broker.log()[0].plugin, "tester");
  EXPECT_TRUE(broker.logged("rains"));
  EXPECT_FALSE(broker.logged("snows"));
}

TEST_F(FakeBrokerTest, EventsAreRecordedAndPassedOnToSubscribers) {
  std::vector<std::string> topics;
  auto bus = broker.events().client();
  auto subscribe = bus.subscribeRequest();
  subscribe.setPrefix("image/");
  subscribe.setSink(kj::heap<EventRecorder>(topics));
  kj::Maybe<schema::Handle::Client> handle = wait(loop, subscribe.send()).getSubscription();
  broker.events().publish({"image/a/progress", {{"phase", "done"}}});
  broker.events().publish({"plugin/b", {}});
  waitUntil(
      loop, [&]() { return topics.size() == 1; }, "the event");
  handle = nullptr;
  runFor(loop, 5 * kj::MILLISECONDS);
  broker.events().publish({"image/c", {}});
  runFor(loop, 5 * kj::MILLISECONDS);
  EXPECT_EQ(topics, (std::vector<std::string>{"image/a/progress"}));
  EXPECT_EQ(broker.events().recorded().size(), 3u);
  EXPECT_EQ(broker.events().recorded("image/").at(0)["phase"], "done");
}

}  // namespace stave::testing
