#include "hold_server.h"

#include "state_fixture.h"

namespace stave::local {
namespace {

struct Holding : StateTest {
  ~Holding() noexcept override {}

  kj::Own<ContentState> state = open();
  std::string a = image::digestOf("a"), b = image::digestOf("b");

  kj::Own<HoldServer> hold(bool persistent) {
    return kj::heap<HoldServer>(kj::addRef(*state), HoldEntry{"image", {a}, persistent});
  }
  kj::Promise<void> save(HoldServer& server) { return server.save(); }
  kj::Promise<void> add(schema::Hold::Client client, const std::string& digest) {
    auto request = client.addRequest();
    request.initDigests(1).set(0, digest.c_str());
    return request.send().ignoreResult();
  }
};

TEST_F(Holding, ATransientOneEndsWithItsServer) {
  auto server = hold(false);
  wait(save(*server));
  EXPECT_TRUE(state->holds().isHeld(a));
  EXPECT_FALSE(open()->holds().isHeld(a)) << "it is not on disk";
  server = nullptr;
  EXPECT_FALSE(state->holds().isHeld(a));
}

TEST_F(Holding, APersistentOneOutlivesItsServerAndTheInstance) {
  auto server = hold(true);
  wait(save(*server));
  server = nullptr;
  EXPECT_TRUE(state->holds().isHeld(a));
  EXPECT_TRUE(open()->holds().isHeld(a));
}

TEST_F(Holding, WhatIsAddedIsAsPersistentAsTheHold) {
  auto server = hold(true);
  wait(save(*server));
  wait(add(kj::mv(server), b));
  EXPECT_TRUE(state->holds().isHeld(b));
  EXPECT_TRUE(open()->holds().isHeld(b));
}

TEST_F(Holding, NothingIsAddedToOneThatWasReplaced) {
  auto old = hold(true);
  wait(save(*old));
  auto replacement = hold(true);
  EXPECT_EQ(testing::codeOfFailure(loop, add(kj::mv(old), b)), ErrorCode::NOT_FOUND);
  EXPECT_FALSE(state->holds().isHeld(b));
}

TEST_F(Holding, WhatIsNoDigestIsRefused) {
  EXPECT_EQ(testing::codeOfFailure(loop, add(hold(false), "sha256:short")), ErrorCode::INVALID);
}

TEST_F(Holding, OneThatCannotBeWrittenNeverWas) {
  os::removeTree(directory / "holds");
  os::replaceFile(directory / "holds", "in the way");
  auto server = hold(true);
  EXPECT_TRUE(testing::failureOf(loop, save(*server)) != nullptr);
  EXPECT_FALSE(state->holds().isHeld(a));
}

}  // namespace
}  // namespace stave::local
