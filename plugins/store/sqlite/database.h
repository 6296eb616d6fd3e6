#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The little of SQLite's C interface that this plug-in needs, with errors of the platform.
namespace stave::sqlite {

class Database;

/// A prepared statement; one use at a time.
class Statement {
 public:
  Statement(Database& database, const char* sql);

  /// Parameters count from 1. Bytes must stay alive until the statement has run.
  Statement& bind(int parameter, uint64_t value);
  Statement& bindBytes(int parameter, std::string_view bytes);
  Statement& bindNull(int parameter);

  bool step();  ///< true: there is a row
  void run();   ///< steps to the end and resets

  uint64_t number(int column);
  std::string_view bytes(int column);  ///< valid until the next step
  bool isNull(int column);
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code);

  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection. It is used by one thread at a time.
class Database {
 public:
  /// Opens or makes the file, for this process alone. Fails [conflict] if another one has it open,
  /// [invalid] if it is damaged or no database, [exhausted] if the disk is full.
  explicit Database(std::string path);

  void execute(const char* sql);
  uint64_t queryNumber(const char* sql);
  std::string queryText(const char* sql);
  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_.get(); }

  /// Throws what an SQLite result code means.
  [[noreturn]] void failWith(int code, std::string_view attempted);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace stave::sqlite
