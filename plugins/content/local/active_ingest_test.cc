#include "active_ingest.h"

#include "state_fixture.h"

namespace stave::local {
namespace {

struct Ingesting : StateTest {
  ~Ingesting() noexcept override {}

  kj::Own<ContentState> state = open();
  std::string content = "hello", digest = image::digestOf(content);

  kj::Own<ActiveIngest> begin(const std::string& wanted, uint64_t size = 0) {
    auto ingest = kj::heap<ActiveIngest>(kj::addRef(*state), wanted, size, "test");
    kj::Promise<void> opening = ingest->open();
    wait(kj::mv(opening));
    return ingest;
  }
  void write(ActiveIngest& ingest, const std::string& bytes) {
    kj::Promise<kj::AutoCloseFd> taking = takeFd(ingest.fileCapability(), "file");
    auto file = wait(kj::mv(taking));
    os::writeAllAt(file.get(), bytes.data(), bytes.size(), ingest.offset());
  }
  kj::Promise<void> commit(ActiveIngest& ingest, const std::string& given, uint64_t size,
                           bool verified = false) {
    return ingest.commit(given, size, verified);
  }
  std::string refusal(kj::Promise<void> work) {
    KJ_IF_MAYBE (exception, testing::failureOf(loop, kj::mv(work))) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  }
  bool complete(schema::Waiter::Client waiter) {
    return testing::wait(loop, waiter.waitRequest().send()).getComplete();
  }
};

TEST_F(Ingesting, WhatIsCommittedIsABlobAndTheOthersHearOfIt) {
  auto ingest = begin(digest, content.size());
  auto waiter = ingest->newWaiter();
  write(*ingest, content);
  EXPECT_FALSE(state->find(digest));
  wait(commit(*ingest, "", content.size()));
  EXPECT_EQ(state->find(digest)->size, content.size());
  EXPECT_TRUE(complete(waiter));
  EXPECT_FALSE(state->isActive(ingest->key()));
  EXPECT_TRUE(state->ingests()->scan().empty());
}

TEST_F(Ingesting, WrongBytesAreDiscardedWithTheReason) {
  auto ingest = begin(digest, content.size());
  auto waiter = ingest->newWaiter();
  write(*ingest, "jello");
  auto text = refusal(commit(*ingest, "", content.size()));
  EXPECT_NE(text.find("has digest " + image::digestOf("jello")), std::string::npos) << text;
  EXPECT_FALSE(complete(waiter));
  EXPECT_FALSE(state->find(digest));
  EXPECT_TRUE(state->ingests()->scan().empty());
}

TEST_F(Ingesting, TheSizeIsCheckedAlsoOfWhatWasVerified) {
  auto ingest = begin(digest, content.size());
  write(*ingest, "hell");
  auto text = refusal(commit(*ingest, "", content.size(), true));
  EXPECT_NE(text.find("has 4 bytes, not 5"), std::string::npos) << text;
  EXPECT_FALSE(state->find(digest));
}

TEST_F(Ingesting, TheDigestMayComeWithTheCommit) {
  auto ingest = begin("");
  write(*ingest, content);
  EXPECT_NE(refusal(commit(*ingest, "", content.size())).find("digest: must be given"),
            std::string::npos);
  wait(commit(*ingest, digest, content.size()));
  EXPECT_TRUE(state->find(digest));
}

TEST_F(Ingesting, OneBegunForAnotherBlobIsRefused) {
  auto ingest = begin(image::digestOf("other"));
  write(*ingest, content);
  auto text = refusal(commit(*ingest, digest, content.size()));
  EXPECT_NE(text.find("was begun as"), std::string::npos) << text;
  EXPECT_FALSE(state->find(digest));
}

TEST_F(Ingesting, WhatAWriterLeavesTheNextGoesOnWith) {
  auto first = begin(digest, content.size());
  auto waiter = first->newWaiter();
  write(*first, "hel");
  first = nullptr;
  EXPECT_FALSE(complete(waiter)) << "somebody else may write now";
  auto second = begin(digest, content.size());
  EXPECT_EQ(second->offset(), 3u);
  write(*second, "lo");
  wait(commit(*second, "", content.size()));
  EXPECT_TRUE(state->find(digest));
}

TEST_F(Ingesting, WhatIsAbandonedIsGone) {
  auto ingest = begin(digest, content.size());
  write(*ingest, "hel");
  kj::Promise<void> abandoning = ingest->abandon();
  wait(kj::mv(abandoning));
  EXPECT_TRUE(state->ingests()->scan().empty());
  EXPECT_EQ(testing::codeOfFailure(loop, commit(*ingest, "", 3)), ErrorCode::NOT_FOUND);
  EXPECT_THROW(ingest->fileCapability(), kj::Exception);
}

TEST_F(Ingesting, WhatCannotFitIsRefusedBeforeItIsFetched) {
  auto ingest = kj::heap<ActiveIngest>(kj::addRef(*state), digest, 1ull << 60, "test");
  kj::Promise<void> opening = ingest->open();
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(opening)), ErrorCode::EXHAUSTED);
}

TEST_F(Ingesting, AFinishedWaiterAnswersAtOnce) {
  EXPECT_TRUE(complete(finishedWaiter(true)));
  EXPECT_FALSE(complete(finishedWaiter(false)));
}

}  // namespace
}  // namespace stave::local
