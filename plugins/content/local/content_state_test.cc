#include "content_state.h"

#include "active_ingest.h"
#include "state_fixture.h"

namespace stave::local {
namespace {

struct State : StateTest {
  ~State() noexcept override {}

  /// What was written of a blob whose writer is gone.
  void leaveUnfinished(ContentState& state, const std::string& digest) {
    auto opened = state.ingests()->open(IngestDirectory::keyOf(digest), digest, 100);
    os::writeAllAt(opened.file.get(), "part", 4, 0);
  }
};

TEST_F(State, FindsWhatAnotherInstancePutThere) {
  auto state = open();
  auto digest = put(*state, "hello");
  EXPECT_TRUE(state->index().empty());
  ASSERT_TRUE(state->find(digest));
  EXPECT_EQ(state->find(digest)->size, 5u);
  EXPECT_EQ(state->index().size(), 1u);
  EXPECT_FALSE(state->find(image::digestOf("other")));
  EXPECT_EQ(open()->index().size(), 1u) << "the next instance sees it from the beginning";
}

TEST_F(State, CollectsDownToTheLowWaterOnlyWhenAboveTheHigh) {
  settings.setHighWater(25);
  settings.setLowWater(15);
  auto state = open();
  putKnown(*state, std::string(10, 'a'));
  putKnown(*state, std::string(10, 'b'));
  EXPECT_FALSE(state->needsCollection());
  putKnown(*state, std::string(10, 'c'));
  EXPECT_TRUE(state->needsCollection());
  auto removed = state->collectBlobs(false, 0);
  EXPECT_EQ(removed.blobs, 2u);
  EXPECT_EQ(removed.bytes, 20u);
  EXPECT_FALSE(state->needsCollection());
}

TEST_F(State, SparesWhatIsHeldAndWhatIsYoung) {
  auto state = open();
  auto held = putKnown(*state, "held");
  auto free = putKnown(*state, "free");
  state->holds().add({"keep", {held}});
  constexpr int64_t hour = 3'600'000'000'000;
  EXPECT_EQ(state->collectBlobs(true, hour).blobs, 0u);
  EXPECT_EQ(state->collectBlobs(true, 0).blobs, 1u);
  EXPECT_TRUE(state->find(held));
  EXPECT_FALSE(state->find(free));
}

TEST_F(State, AHoldThatCannotBeReadStopsCollection) {
  os::makeDirectories(directory / "holds");
  os::replaceFile(directory / "holds/bad.json", "{");
  settings.setHighWater(1);
  auto state = open();
  auto digest = putKnown(*state, "precious");
  EXPECT_FALSE(state->needsCollection());
  EXPECT_THROW(state->collectBlobs(true, 0), kj::Exception);
  EXPECT_TRUE(state->find(digest));
  EXPECT_EQ(context.logged.size(), 1u);
}

TEST_F(State, UnfinishedOnesAreKeptForResumingUntilTheyExpire) {
  auto digest = image::digestOf("wanted");
  {
    auto state = open();
    leaveUnfinished(*state, digest);
    EXPECT_EQ(state->collectIngests(state->ingests()->scan(), false), 0u);
  }
  settings.setIngestExpiry(0);
  auto state = open();
  EXPECT_EQ(state->collectIngests(state->ingests()->scan(), false), 4u);
  EXPECT_TRUE(state->ingests()->scan().empty());
}

TEST_F(State, CollectingAllSparesUnfinishedOnesThatAreHeldOrWritten) {
  auto held = image::digestOf("held"), written = image::digestOf("written");
  auto state = open();
  leaveUnfinished(*state, held);
  leaveUnfinished(*state, image::digestOf("nobody's"));
  state->holds().add({"keep", {held}});
  ActiveIngest writing(kj::addRef(*state), written, 100, "test");
  kj::Promise<void> opening = writing.open();
  wait(kj::mv(opening));
  EXPECT_EQ(state->collectIngests(state->ingests()->scan(), true), 4u);
  EXPECT_EQ(state->ingests()->scan().size(), 2u);
}

TEST_F(State, TheBackgroundCollectsWhenItGrows) {
  settings.setHighWater(1);
  settings.setGrace(0);
  auto state = open();
  auto digest = putKnown(*state, "more than one byte");
  state->noticeGrowth();
  testing::waitUntil(
      loop, [&]() { return !state->find(digest); }, "the collection");
}

}  // namespace
}  // namespace stave::local
