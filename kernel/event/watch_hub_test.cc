#include "kernel/event/watch_hub.h"

#include <random>

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

/// What a watcher was told, and the state that follows from it.
struct Seen {
  std::map<std::string, std::string> state;
  std::vector<std::pair<std::string, uint64_t>> events;  // name and revision
  uint64_t revision = 0;
  unsigned batches = 0;
  bool inOrder = true;
  bool resumed = false;  // goes on where another watch was, which may not have been told of all
  bool lost = false;
  bool overlapped = false;
};

class Sink final : public schema::WatchSink::Server {
 public:
  using Delay = std::function<kj::Promise<void>()>;
  Sink(Seen& seen, Delay delay) : seen_(seen), delay_(std::move(delay)) {}

  kj::Promise<void> events(EventsContext context) override {
    if (busy_) seen_.overlapped = true;
    busy_ = true;
    auto params = context.getParams();
    for (auto event : params.getEvents()) take(event);
    if (params.getRevision() < seen_.revision) seen_.inOrder = false;
    seen_.revision = params.getRevision();
    ++seen_.batches;
    return delay_().then([this] { busy_ = false; });
  }
  kj::Promise<void> lost(LostContext) override {
    seen_.lost = true;
    return kj::READY_NOW;
  }

 private:
  void take(schema::WatchEvent::Reader event) {
    auto metadata = event.getObject().getMetadata();
    if (metadata.getRevision() <= seen_.revision && seen_.revision != 0) seen_.inOrder = false;
    std::string name = metadata.getName().cStr();
    seen_.events.emplace_back(name, metadata.getRevision());
    if (event.getType() == schema::WatchEvent::Type::REMOVED) {
      bool told = seen_.state.erase(name) > 0;
      if (!told && !seen_.resumed) seen_.inOrder = false;
    } else {
      seen_.state[name] =
          event.getObject().getSpec().getAs<schema::NamespaceSpec>().getDescription().cStr();
    }
  }

  Seen& seen_;
  Delay delay_;
  bool busy_ = false;
};

struct Watching {
  Watching(
      TestKernel& kernel, Seen& seen, uint64_t from,
      Sink::Delay delay = [] { return kj::Promise<void>(kj::READY_NOW); },
      std::function<void(schema::Query::Builder)> fill = {}) {
    auto request = kernel.client().watchRequest();
    request.initQuery().setKind("Namespace");
    if (fill) fill(request.getQuery());
    request.setFrom(from);
    request.setSink(kj::heap<Sink>(seen, std::move(delay)));
    handle = request.send().wait(kernel.io.waitScope).getWatch();
  }
  kj::Maybe<schema::Handle::Client> handle;
};

TEST(WatchHub, BeginsWithThePresentStateAlsoIfThereIsNone) {
  TestKernel kernel;
  Seen empty;
  Watching first(kernel, empty, 0);
  kernel.until([&] { return empty.batches == 1; });
  for (int i = 0; i < 20; ++i) kernel.commit(Op::CREATE, "Namespace", "n" + std::to_string(i));
  Seen seen;
  Watching second(kernel, seen, 0);
  kernel.until([&] { return seen.state.size() == 20 && seen.revision == 20; });
  EXPECT_EQ(seen.batches, 3u);  // eight at a time
  EXPECT_TRUE(seen.inOrder);
}

TEST(WatchHub, TellsEachChangeSinceARevisionOnce) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  for (int i = 0; i < 5; ++i) {
    kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description(std::to_string(i)));
  }
  Seen seen;
  Watching watching(kernel, seen, 2);
  kernel.until([&] { return seen.revision == 6; });
  kernel.commit(Op::DELETE, "Namespace", "a");
  kernel.until([&] { return seen.revision == 7; });
  std::vector<uint64_t> revisions;
  for (auto& event : seen.events) revisions.push_back(event.second);
  EXPECT_EQ(revisions, (std::vector<uint64_t>{3, 4, 5, 6, 7}));
}

TEST(WatchHub, RefusesWhatIsNotRetained) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  for (int i = 0; i < 100; ++i) {
    kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description(std::to_string(i)));
  }
  Seen seen;
  EXPECT_TRUE(kernel.errorOf([&] { Watching(kernel, seen, 3); }).starts_with("too-old"));
  EXPECT_TRUE(kernel.errorOf([&] { Watching(kernel, seen, 1'000); }).starts_with("too-old"));
  EXPECT_EQ(kernel.errorOf([&] { Watching(kernel, seen, 60); }), "");
}

TEST(WatchHub, WhatNoLongerMatchesIsRemoved) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a", kernel.description("hot"));
  Seen seen;
  Watching watching(
      kernel, seen, 0, [] { return kj::Promise<void>(kj::READY_NOW); },
      [](schema::Query::Builder query) {
        auto requirement = query.initFields(1)[0];
        requirement.setKey("spec.description");
        requirement.initValues(1).set(0, "hot");
      });
  kernel.until([&] { return seen.state.contains("a"); });
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("cold"));
  kernel.until([&] { return seen.state.empty(); });
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("cold and wet"));
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("hot"));
  kernel.until([&] { return seen.state.contains("a"); });
  EXPECT_EQ(seen.events.size(), 3u);
}

TEST(WatchHub, DroppingTheHandleOrABrokenSinkEndsTheWatch) {
  TestKernel kernel;
  Seen seen;
  {
    Watching watching(kernel, seen, 0);
    EXPECT_EQ(kernel.store->hub().watchers(), 1u);
  }
  kernel.until([&] { return kernel.store->hub().watchers() == 0; });
  Watching broken(kernel, seen, 0, [] { return kj::Promise<void>(KJ_EXCEPTION(FAILED, "no")); });
  kernel.until([&] { return kernel.store->hub().watchers() == 0; });
}

TEST(WatchHub, ASlowWatcherGetsTheNewestStateAndStopsNobody) {
  TestKernel kernel;
  Seen seen;
  auto gate = kj::newPromiseAndFulfiller<void>();
  auto opened = gate.promise.fork();
  Watching watching(kernel, seen, 0, [&] { return opened.addBranch(); });
  kernel.until([&] { return seen.batches == 1; });
  for (int i = 0; i < 300; ++i) {
    kernel.commit(Op::CREATE, "Namespace", "passing");
    kernel.commit(Op::DELETE, "Namespace", "passing");
    kernel.commit(Op::APPLY, "Namespace", "stays", kernel.description(std::to_string(i)));
  }
  gate.fulfiller->fulfill();
  kernel.until([&] { return seen.revision == kernel.store->revision(); });
  EXPECT_EQ(seen.events.size(), 1u);
  EXPECT_EQ(seen.state.at("stays"), "299");
}

TEST(WatchHub, IsLostWhenTheStoreGoesBackInTime) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::CREATE, "Namespace", "b");
  Seen seen;
  Watching watching(kernel, seen, 0);
  kernel.until([&] { return seen.state.size() == 2; });
  kernel.fake.loseEverything();
  kernel.until([&] { return seen.lost; });
  EXPECT_TRUE(kernel.store->cache().all().empty());
}

/// Random changes, slow and fast watchers that come and go: what each was told must add up to the
/// state, in order and never from two calls at once.
TEST(WatchHub, RandomWatchersConverge) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    TestKernel kernel;
    std::map<std::string, std::string> model;
    std::vector<std::unique_ptr<Seen>> seen;
    std::vector<std::unique_ptr<Watching>> watching;
    for (int step = 0; step < 200; ++step) {
      std::string name = "n" + std::to_string(random() % 12);
      if (random() % 3 == 0 && model.contains(name)) {
        kernel.commit(Op::DELETE, "Namespace", name);
        model.erase(name);
      } else {
        model[name] = std::to_string(step);
        kernel.commit(Op::APPLY, "Namespace", name, kernel.description(model[name]));
      }
      if (random() % 25 == 0) kernel.fake.crash();
      if (random() % 20 == 0) {
        seen.push_back(std::make_unique<Seen>());
        uint64_t from = 0;
        if (seen.size() > 1 && random() % 2 == 0) {
          *seen.back() = *seen[seen.size() - 2];  // goes on where another one is
          from = seen.back()->revision;
          if (from < kernel.store->hub().history().floor()) from = 0;
          if (from == 0) *seen.back() = Seen();
          seen.back()->resumed = from != 0;
        }
        auto& timer = kernel.io.provider->getTimer();
        unsigned delay = random() % 4;
        watching.push_back(std::make_unique<Watching>(kernel, *seen.back(), from, [&timer, delay] {
          return delay == 0 ? kj::Promise<void>(kj::READY_NOW)
                            : timer.afterDelay(delay * kj::MILLISECONDS);
        }));
      }
    }
    uint64_t last = kernel.store->revision();
    for (auto& one : seen) {
      kernel.until([&] { return one->revision == last; });
      EXPECT_EQ(one->state, model);
      EXPECT_TRUE(one->inOrder);
      EXPECT_FALSE(one->overlapped);
    }
  }
}

}  // namespace
}  // namespace stave::testing
