#include "database.h"

#include <fmt/format.h>
#include <stave/error.h>

#include <cerrno>

namespace stave::sqlite {

Statement::Statement(Database& database, const char* sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database_.failWith(code, sql);
}

void Statement::check(int code) {
  if (code != SQLITE_OK) database_.failWith(code, sqlite3_sql(statement_.get()));
}

Statement& Statement::bind(int parameter, uint64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(value)));
  return *this;
}

Statement& Statement::bindBytes(int parameter, std::string_view bytes) {
  // A null pointer would be NULL and not an empty value.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  check(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bindNull(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter));
  return *this;
}

bool Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_.get());
  database_.failWith(code, sqlite3_sql(statement_.get()));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

uint64_t Statement::number(int column) {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string_view Statement::bytes(int column) {
  auto data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data == nullptr ? "" : data,
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::isNull(int column) {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(std::string path) : path_(std::move(path)) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(
      path_.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) failWith(code, "opening it");
  // The one before us may be about to end.
  sqlite3_busy_timeout(handle, 2'000);
}

void Database::execute(const char* sql) {
  Statement(*this, sql).run();
}

uint64_t Database::queryNumber(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string Database::queryText(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? std::string(statement.bytes(0)) : "";
}

void Database::failWith(int code, std::string_view attempted) {
  auto detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  int systemError = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  auto text = fmt::format("store file {}: {} ({})", path_, detail, attempted);
  switch (code & 0xff) {
    case SQLITE_FULL:
      fail(ErrorCode::EXHAUSTED, text + "; free some space on its file system");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      fail(ErrorCode::INVALID, text +
                                   "; it is damaged or no store: restore a copy of it, or move it "
                                   "away to begin with an empty one");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail(ErrorCode::CONFLICT, text + "; another process has it open");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
      if (systemError != 0) failErrno(text, systemError);
      break;
  }
  fail(ErrorCode::INTERNAL, text);
}

}  // namespace stave::sqlite
