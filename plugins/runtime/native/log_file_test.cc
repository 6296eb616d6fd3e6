#include "monitor/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>
#include <sys/resource.h>

namespace stave::monitor {
namespace {

struct Log : ::testing::Test {
  ~Log() noexcept override {}

  Log()
      : handle(os::open(directory.path(), O_RDONLY | O_DIRECTORY)),
        log(std::make_unique<LogFile>()) {}

  void open(uint64_t bytes, uint32_t files) { log->open(handle, "log", bytes, files); }
  void append(int stream, const std::string& text) {
    log->append(stream, text.data(), text.size(), 5);
  }
  std::string content(const char* name = "log") { return os::readFile(directory / name); }

  testing::TempDirectory directory;
  os::Fd handle;
  std::unique_ptr<LogFile> log;
};

TEST_F(Log, ALineIsALine) {
  open(1 << 20, 3);
  append(1, "one\ntwo\n");
  append(2, "err\n");
  EXPECT_EQ(content(), "5 stdout F one\n5 stdout F two\n5 stderr F err\n");
}

TEST_F(Log, PartsAreJoinedByStream) {
  open(1 << 20, 3);
  append(1, "be");
  append(2, "other\n");
  append(1, "gun\nres");
  EXPECT_EQ(content(), "5 stderr F other\n5 stdout F begun\n");
  log->finish(6);
  EXPECT_EQ(content(), "5 stderr F other\n5 stdout F begun\n6 stdout P res\n");
}

TEST_F(Log, ALongLineIsCutIntoParts) {
  open(1 << 20, 3);
  append(1, std::string(LogFile::longestLine + 3, 'x') + "\n");
  std::string expected =
      "5 stdout P " + std::string(LogFile::longestLine, 'x') + "\n5 stdout F xxx\n";
  EXPECT_EQ(content(), expected);
}

TEST_F(Log, AnEmptyLineIsKept) {
  open(1 << 20, 3);
  append(1, "\n\n");
  EXPECT_EQ(content(), "5 stdout F \n5 stdout F \n");
}

TEST_F(Log, FilesRotateAndTheOldestGoes) {
  open(40, 3);
  for (int i = 0; i < 8; i++) append(1, "line " + std::to_string(i) + "\n");
  EXPECT_EQ(content(), "5 stdout F line 6\n5 stdout F line 7\n");
  EXPECT_EQ(content("log.1"), "5 stdout F line 4\n5 stdout F line 5\n");
  EXPECT_EQ(content("log.2"), "5 stdout F line 2\n5 stdout F line 3\n");
  EXPECT_FALSE(os::exists(directory / "log.3"));
}

TEST_F(Log, OneFileIsBegunAnew) {
  open(40, 1);
  for (int i = 0; i < 3; i++) append(1, "line " + std::to_string(i) + "\n");
  EXPECT_EQ(content(), "5 stdout F line 2\n");
  EXPECT_FALSE(os::exists(directory / "log.1"));
}

TEST_F(Log, AFileThatWasThereIsContinued) {
  os::replaceFile(directory / "log", "before\n");
  open(1 << 20, 3);
  append(1, "after\n");
  EXPECT_EQ(content(), "before\n5 stdout F after\n");
}

/// A limit of the file's size stands in for a full disk: a write beyond it is cut short, as there.
TEST_F(Log, AFullDiskLosesWholeLines) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{30, before.rlim_max};
  open(1 << 20, 3);
  append(1, "fits\n");
  setrlimit(RLIMIT_FSIZE, &small);
  append(1, "does not fit any more\n");
  setrlimit(RLIMIT_FSIZE, &before);
  append(1, "again\n");
  EXPECT_EQ(content(), "5 stdout F fits\n5 stdout F again\n");
}

TEST_F(Log, WithoutADirectoryNothingIsWritten) {
  log->open(-1, "log", 100, 3);
  append(1, "lost\n");
  log->finish(5);
  log->reopen();
  EXPECT_FALSE(os::exists(directory / "log"));
}

}  // namespace
}  // namespace stave::monitor
