#include <gtest/gtest.h>
#include <stave/client.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/testing/fake_objects.h>
#include <stave/testing/wait.h>

namespace stave {
namespace {

struct ObjectWatch : ::testing::Test {
  ~ObjectWatch() noexcept override {}

  Loop loop;
  testing::FakeObjects objects;
  std::vector<std::string> seen;  // "+name" and "-name"

  void create(const std::string& name, const std::string& space = "") {
    objects.create<schema::PodSpec>({"Pod", name, space}, [](auto) {});
  }
  kj::Promise<void> watch(Selection selection, uint64_t from) {
    auto note = [this](schema::WatchEvent::Reader event) {
      bool put = event.getType() == schema::WatchEvent::Type::PUT;
      seen.push_back((put ? "+" : "-") +
                     std::string(event.getObject().getMetadata().getName().cStr()));
    };
    return watchObjects(objects.client(), kj::mv(selection), from, kj::mv(note))
        .eagerlyEvaluate(nullptr);
  }
  void untilSeen(std::vector<std::string> wanted) {
    testing::waitUntil(
        loop, [&]() { return seen == wanted; }, "the events");
  }
  std::vector<std::string> listed(Selection selection) {
    kj::Promise<std::vector<ObjectCopy>> listing = listObjects(objects.client(), selection);
    std::vector<std::string> names;
    for (auto& object : testing::wait(loop, kj::mv(listing))) names.push_back(object.name());
    return names;
  }
};

TEST_F(ObjectWatch, ListsWhatIsSelected) {
  create("a");
  create("b");
  create("a", "other");
  EXPECT_EQ(listed({"Pod"}).size(), 3u);
  EXPECT_EQ(listed({"Pod", "b"}), std::vector<std::string>{"b"});
  EXPECT_EQ(listed({"Pod", "a"}).size(), 2u) << "no namespace selects all of them";
  EXPECT_EQ(listed({"Pod", "", "other"}), std::vector<std::string>{"a"});
  EXPECT_TRUE(listed({"Pod", "c"}).empty());
}

TEST_F(ObjectWatch, GetsOneOrSaysThatThereIsNone) {
  create("a", "other");
  auto get = [&](const char* space) -> kj::Promise<ObjectCopy> {
    return getObject(objects.client(), "Pod", space, "a");
  };
  EXPECT_EQ(testing::wait(loop, get("other")).name(), "a");
  EXPECT_EQ(testing::codeOfFailure(loop, get("default")), ErrorCode::NOT_FOUND);
}

TEST_F(ObjectWatch, TellsWhatChangesAfterItsRevision) {
  create("before");
  auto watching = watch({"Pod"}, objects.revision());
  create("after");
  objects.remove({"Pod", "before"});
  untilSeen({"+after", "-before"});
}

TEST_F(ObjectWatch, EndsWhenItIsDropped) {
  auto watching = watch({"Pod"}, objects.revision());
  create("a");
  untilSeen({"+a"});
  watching = nullptr;
  create("b");
  testing::runFor(loop, 50 * kj::MILLISECONDS);
  EXPECT_EQ(seen, std::vector<std::string>{"+a"});
}

TEST_F(ObjectWatch, FailsWhenItIsLost) {
  auto watching = watch({"Pod"}, objects.revision());
  create("a");
  untilSeen({"+a"});
  objects.compact();
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(watching)), ErrorCode::TOO_OLD);
}

TEST_F(ObjectWatch, FailsWithWhatTheCallbackThrows) {
  auto watching = watchObjects(objects.client(), {"Pod"}, objects.revision(),
                               [](auto) { fail(ErrorCode::CONFLICT, "the callback refuses"); });
  create("a");
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(watching)), ErrorCode::CONFLICT);
}

TEST_F(ObjectWatch, WaitsForTheOneThatIsMeant) {
  auto isRemoval = [](schema::WatchEvent::Reader event) {
    return event.getType() == schema::WatchEvent::Type::REMOVED;
  };
  create("a");
  auto waiting = waitForObject(objects.client(), {"Pod", "a"}, objects.revision(), isRemoval)
                     .eagerlyEvaluate(nullptr);
  create("b");
  objects.remove({"Pod", "b"});
  testing::runFor(loop, 50 * kj::MILLISECONDS);
  EXPECT_FALSE(waiting.poll(loop.io().waitScope)) << "another one went";
  objects.remove({"Pod", "a"});
  testing::wait(loop, kj::mv(waiting));
}

}  // namespace
}  // namespace stave
