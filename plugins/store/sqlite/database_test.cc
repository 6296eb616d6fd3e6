#include "database.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

namespace stave::sqlite {

namespace {

template <typename Function>
kj::Exception errorOf(Function&& function) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(function)) return kj::mv(*exception);
  return makeError(ErrorCode::INTERNAL, "it succeeded");
}

}  // namespace

TEST(Database, KeepsEmptyBytesApartFromNull) {
  testing::TempDirectory directory;
  Database database(directory / "x.db");
  database.execute("CREATE TABLE t (value BLOB)");
  Statement insert(database, "INSERT INTO t VALUES (?)");
  insert.bindBytes(1, std::string_view()).run();
  insert.bindNull(1).run();
  insert.bindBytes(1, std::string_view("\0x", 2)).run();
  Statement rows(database, "SELECT value FROM t ORDER BY rowid");
  ASSERT_TRUE(rows.step());
  EXPECT_FALSE(rows.isNull(0));
  EXPECT_EQ(rows.bytes(0), "");
  ASSERT_TRUE(rows.step());
  EXPECT_TRUE(rows.isNull(0));
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.bytes(0), std::string_view("\0x", 2));
}

TEST(Database, NumbersAreUnsignedSixtyFourBits) {
  testing::TempDirectory directory;
  Database database(directory / "x.db");
  database.execute("CREATE TABLE t (value INTEGER)");
  Statement(database, "INSERT INTO t VALUES (?)").bind(1, UINT64_MAX).run();
  EXPECT_EQ(database.queryNumber("SELECT value FROM t"), UINT64_MAX);
}

TEST(Database, AFileThatIsNoDatabaseIsNamedInTheError) {
  testing::TempDirectory directory;
  os::replaceFile(directory / "x.db", std::string(8192, 'x'));
  Database database(directory / "x.db");
  auto error = errorOf([&]() { database.execute("SELECT * FROM sqlite_master"); });
  EXPECT_EQ(codeOf(error), ErrorCode::INVALID);
  EXPECT_NE(textOf(error).find("x.db"), std::string::npos) << textOf(error);
  EXPECT_NE(textOf(error).find("restore"), std::string::npos) << textOf(error);
}

TEST(Database, AFolderThatDoesNotExistIsNotFound) {
  auto error = errorOf([]() { Database database("/nonexistent/folder/x.db"); });
  EXPECT_EQ(codeOf(error), ErrorCode::NOT_FOUND) << textOf(error);
}

TEST(Database, AWrongStatementIsADefectAndSaysWhich) {
  testing::TempDirectory directory;
  Database database(directory / "x.db");
  auto error = errorOf([&]() { database.execute("SELECT x FROM nowhere"); });
  EXPECT_EQ(codeOf(error), ErrorCode::INTERNAL);
  EXPECT_NE(textOf(error).find("nowhere"), std::string::npos) << textOf(error);
}

}  // namespace stave::sqlite
