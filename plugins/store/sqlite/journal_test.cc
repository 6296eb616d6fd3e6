#include "journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/error.h>
#include <stave/os/mount.h>
#include <stave/store/plan.h>
#include <stave/testing/temp_directory.h>
#include <unistd.h>

#include <sched.h>

namespace stave::sqlite {

namespace {

const StoreRange everything{"", std::string(1, '\0')};

struct JournalTest : ::testing::Test {
  ~JournalTest() noexcept override {}

  kj::AsyncIoContext io = kj::setupAsyncIo();
  testing::TempDirectory directory{"sqlite"};
  Journal::Options options{directory / "store.db", 256 << 10};
  std::unique_ptr<StoreService> service;

  void open(uint64_t retainRevisions = 10'000) {
    auto opened = Journal::open(options);
    service = std::make_unique<StoreService>(io.provider->getTimer(), std::move(opened.state),
                                             kj::mv(opened.journal), StoreOptions{retainRevisions});
  }
  void close() {
    service->stop().wait(io.waitScope);
    service = nullptr;
  }

  kj::Promise<void> put(const std::string& key, const std::string& value, bool durable = false) {
    auto request = service->client().txnRequest();
    request.setDurable(durable);
    auto write = request.initWrites(1)[0];
    write.setKey(kj::StringPtr(key.c_str(), key.size()).asBytes());
    write.setPut(kj::StringPtr(value.c_str(), value.size()).asBytes());
    return request.send().ignoreResult();
  }

  ErrorCode codeOfOpening() {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { Journal::open(options); })) {
      return codeOf(*exception);
    }
    return ErrorCode::INTERNAL;  // it opened
  }
};

uint64_t sizeOf(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

}  // namespace

TEST_F(JournalTest, WhatWasWrittenIsFoundAgain) {
  open();
  put("a", "1").wait(io.waitScope);
  put("a", "2", true).wait(io.waitScope);
  close();
  auto opened = Journal::open(options);
  ASSERT_NE(opened.state.index.find("a"), nullptr);
  EXPECT_EQ(*opened.state.index.find("a")->value, "2");
  EXPECT_EQ(opened.state.index.find("a")->version, 2u);
  EXPECT_EQ(opened.state.index.revision(), 3u);
  EXPECT_EQ(*opened.state.index.select(everything, 2, 0).found.at(0).version->value, "1");
}

TEST_F(JournalTest, TheFileStaysBounded) {
  open(100);
  std::string value(200, 'v');
  for (int round = 0; round < 40; ++round) {
    std::vector<kj::Promise<void>> pending;
    for (int i = 0; i < 500; ++i) pending.push_back(put("k" + std::to_string(i % 50), value));
    for (auto& promise : pending) promise.wait(io.waitScope);
  }
  close();
  // 20,000 versions were written and some 150 are retained.
  EXPECT_LT(sizeOf(options.path) + sizeOf(options.path + "-wal"), 1536u << 10);
  EXPECT_LT(Journal::open(options).state.index.compactRevision(), 20'002u);
}

TEST_F(JournalTest, CompactedRowsThatWereLeftAreForgottenNextTime) {
  open();
  for (int i = 0; i < 3'000; ++i) put("k", std::to_string(i)).wait(io.waitScope);
  auto request = service->client().compactRequest();
  request.setRevision(3'001);
  request.send().wait(io.waitScope);
  put("other", "1").wait(io.waitScope);  // takes the first 1,000 along
  service = nullptr;                     // without waiting for the rest
  auto opened = Journal::open(options);
  EXPECT_EQ(opened.state.index.compactRevision(), 3'001u);
  EXPECT_EQ(opened.state.index.select(everything, 3'002, 0).found.size(), 2u);
  EXPECT_LE(opened.state.forgotten.size(), 2'000u);
}

TEST_F(JournalTest, ASecondOpenerIsRefused) {
  open();
  EXPECT_EQ(codeOfOpening(), ErrorCode::CONFLICT);
}

TEST_F(JournalTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  {
    Database other(options.path);
    other.execute("CREATE TABLE theirs (x)");
  }
  EXPECT_EQ(codeOfOpening(), ErrorCode::INVALID);
  Database other(options.path);
  EXPECT_EQ(other.queryNumber("SELECT count(*) FROM sqlite_master"), 1u);
}

TEST_F(JournalTest, AFileOfALaterVersionIsRefused) {
  open();
  close();
  { Database(options.path).execute("PRAGMA user_version = 99"); }
  EXPECT_EQ(codeOfOpening(), ErrorCode::INVALID);
}

TEST_F(JournalTest, ADamagedFileIsRefused) {
  open();
  for (int i = 0; i < 2'000; ++i)
    put("k" + std::to_string(i), std::string(100, 'v')).wait(io.waitScope);
  close();
  auto file = os::open(options.path, O_RDWR);
  std::string noise(3'000, '\x5a');
  for (off_t offset = 4096; offset + 4096 < off_t(sizeOf(options.path)); offset += 8192) {
    ASSERT_EQ(::pwrite(file, noise.data(), noise.size(), offset), ssize_t(noise.size()));
  }
  EXPECT_EQ(codeOfOpening(), ErrorCode::INVALID);
}

TEST_F(JournalTest, AShortenedLogLosesItsEndAndNothingElse) {
  open();
  for (int i = 0; i < 10; ++i) put("k", std::to_string(i), true).wait(io.waitScope);
  auto copy = directory / "copy.db";
  for (auto suffix : {"", "-wal"}) {
    os::replaceFile(copy + suffix, os::readFile(options.path + suffix));
  }
  ASSERT_EQ(::truncate((copy + "-wal").c_str(), sizeOf(copy + "-wal") - 1'000), 0);
  options.path = copy;
  auto opened = Journal::open(options);
  EXPECT_EQ(*opened.state.index.find("k")->value, "8");
}

TEST_F(JournalTest, OnAFullDiskNothingOfTheTransactionIsWrittenAndLaterOnesGoOn) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a mount of its own";
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  os::setMountAttributesAt("/", {.propagation = MS_PRIVATE, .recursive = true});
  os::moveMount(os::FsContext("tmpfs").set("size", "1m").mount(), directory.path());
  open();
  put("small", "1", true).wait(io.waitScope);
  std::string large(4 << 20, 'x');
  auto refused = put("large", large, true);
  auto beside = put("beside", "1", true);  // in one group with it
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { refused.wait(io.waitScope); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::EXHAUSTED) << textOf(*exception);
  } else {
    ADD_FAILURE() << "4 MiB fitted on 1 MiB";
  }
  beside.wait(io.waitScope);
  close();
  auto keys = Journal::open(options).state.index.select(everything, UINT64_MAX, 0).found;
  EXPECT_EQ(keys.size(), 2u);
  os::unmount(directory.path(), MNT_DETACH);
}

}  // namespace stave::sqlite
