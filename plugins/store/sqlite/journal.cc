#include "journal.h"

#include <fmt/format.h>
#include <kj/debug.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <sys/stat.h>

namespace stave::sqlite {

namespace {

constexpr uint64_t applicationId = 0x53545653;  // "STVS"
constexpr uint64_t fileVersion = 1;

uint64_t sizeOf(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

}  // namespace

struct Journal::Statements {
  explicit Statements(Database& database)
      : begin(database, "BEGIN IMMEDIATE"),
        commit(database, "COMMIT"),
        rollback(database, "ROLLBACK"),
        insert(database,
               "INSERT INTO versions (revision, sequence, key, value, created, version, lease) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)"),
        remove(database, "DELETE FROM versions WHERE revision = ? AND sequence = ?"),
        compacted(database, "UPDATE state SET compact_revision = ?"),
        grant(database, "INSERT OR REPLACE INTO leases (id, ttl_ms) VALUES (?, ?)"),
        end(database, "DELETE FROM leases WHERE id = ?") {}

  Statement begin, commit, rollback, insert, remove, compacted, grant, end;
};

Journal::Opened Journal::open(Options options) {
  auto journal = kj::heap<Journal>(std::move(options));
  auto state = journal->load();
  return {kj::mv(journal), std::move(state)};
}

Journal::Journal(Options options) : options_(std::move(options)), database_(options_.path) {
  // One process only; the log's index then needs no shared memory.
  database_.execute("PRAGMA locking_mode = EXCLUSIVE");
  checkFile();
  prepareFile();
  statements_ = std::make_unique<Statements>(database_);
}

Journal::~Journal() noexcept {}

void Journal::checkFile() {
  auto id = database_.queryNumber("PRAGMA application_id");
  auto version = database_.queryNumber("PRAGMA user_version");
  bool fresh = database_.queryNumber("SELECT count(*) FROM sqlite_master") == 0;
  if (fresh) return;
  if (id != applicationId) {
    fail(ErrorCode::INVALID, options_.path +
                                 " is an SQLite database of some other program; name "
                                 "another file in the setting `file`");
  }
  if (version > fileVersion) {
    fail(ErrorCode::INVALID,
         fmt::format("{} was written by a later version (file version {}, known {})", options_.path,
                     version, fileVersion));
  }
  auto finding = database_.queryText("PRAGMA quick_check(1)");
  if (finding != "ok") database_.failWith(SQLITE_CORRUPT, finding);
}

void Journal::prepareFile() {
  database_.execute("PRAGMA auto_vacuum = INCREMENTAL");
  if (database_.queryText("PRAGMA journal_mode = WAL") != "wal") {
    fail(ErrorCode::UNSUPPORTED, options_.path + ": its file system cannot hold a write-ahead log");
  }
  database_.execute("PRAGMA wal_autocheckpoint = 0");
  database_.execute("PRAGMA synchronous = FULL");
  database_.execute("BEGIN IMMEDIATE");
  database_.execute(
      "CREATE TABLE IF NOT EXISTS versions ("
      "revision INTEGER, sequence INTEGER, key BLOB NOT NULL, value BLOB, created INTEGER, "
      "version INTEGER, lease INTEGER, PRIMARY KEY (revision, sequence)) WITHOUT ROWID");
  database_.execute("CREATE TABLE IF NOT EXISTS leases (id INTEGER PRIMARY KEY, ttl_ms INTEGER)");
  database_.execute("CREATE TABLE IF NOT EXISTS state (compact_revision INTEGER)");
  database_.execute("INSERT INTO state SELECT 0 WHERE NOT EXISTS (SELECT * FROM state)");
  database_.execute(fmt::format("PRAGMA application_id = {}", applicationId).c_str());
  database_.execute(fmt::format("PRAGMA user_version = {}", fileVersion).c_str());
  database_.execute("COMMIT");
}

StoreState Journal::load() {
  StoreState state;
  Statement rows(database_,
                 "SELECT revision, sequence, key, value, created, version, lease FROM versions "
                 "ORDER BY revision, sequence");
  while (rows.step()) {
    StoreRow row{std::string(rows.bytes(2)), {}};
    row.version.modRevision = rows.number(0);
    row.version.sequence = rows.number(1);
    if (!rows.isNull(3)) {
      row.version.value = std::make_shared<const std::string>(rows.bytes(3));
    }
    row.version.createRevision = rows.number(4);
    row.version.version = rows.number(5);
    row.version.lease = rows.number(6);
    state.index.apply(row);
  }
  compactRevision_ = database_.queryNumber("SELECT compact_revision FROM state");
  state.forgotten = state.index.compact(compactRevision_);
  Statement leases(database_, "SELECT id, ttl_ms FROM leases");
  while (leases.step()) state.leases.push_back({leases.number(0), leases.number(1)});
  return state;
}

kj::Promise<void> Journal::write(std::shared_ptr<const StoreBatch> batch) {
  return thread_.run([this, batch]() { writeBatch(*batch); }).then([this]() {
    // After the answer: merging the log into the file must not hold up who waits for this batch.
    if (checkpointDue_.exchange(false)) {
      checkpointing_ = thread_.run([this]() { checkpoint(); }).eagerlyEvaluate([](auto&& failure) {
        KJ_LOG(WARNING, "the store's log could not be merged into its file", failure);
      });
    }
  });
}

void Journal::writeBatch(const StoreBatch& batch) {
  if (broken_) {
    fail(ErrorCode::UNAVAILABLE,
         options_.path + ": an earlier write failed half way; restart the store");
  }
  if (batch.durable != fullSync_) {
    // NORMAL leaves out the flush of the log at a commit; the next FULL commit flushes all before
    // it.
    database_.execute(batch.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    fullSync_ = batch.durable;
  }
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 statements_->begin.run();
                 insertRows(batch);
                 forget(batch);
                 statements_->commit.run();
               })) {
    // SQLite may have rolled back by itself.
    if (!sqlite3_get_autocommit(database_.handle())) statements_->rollback.run();
    // After anything but a full disk nobody knows what the file holds.
    broken_ = codeOf(*exception) != ErrorCode::EXHAUSTED;
    kj::throwFatalException(kj::mv(*exception));
  }
  compactRevision_ = batch.compactRevision;
  if (sizeOf(options_.path + "-wal") > options_.checkpointBytes) checkpointDue_ = true;
}

void Journal::insertRows(const StoreBatch& batch) {
  for (auto& [key, version] : batch.rows) {
    auto& insert = statements_->insert;
    insert.bind(1, version.modRevision).bind(2, version.sequence).bindBytes(3, key);
    if (version.deleted()) {
      insert.bindNull(4);
    } else {
      insert.bindBytes(4, *version.value);
    }
    insert.bind(5, version.createRevision).bind(6, version.version).bind(7, version.lease).run();
  }
  for (auto& lease : batch.granted) statements_->grant.bind(1, lease.id).bind(2, lease.ttlMs).run();
  for (auto lease : batch.ended) statements_->end.bind(1, lease).run();
}

/// The compact revision is written with the first rows that go: what is half forgotten must never
/// be read.
void Journal::forget(const StoreBatch& batch) {
  if (batch.compactRevision > compactRevision_) {
    statements_->compacted.bind(1, batch.compactRevision).run();
  }
  for (auto& place : batch.forgotten) {
    statements_->remove.bind(1, place.revision).bind(2, place.sequence).run();
  }
}

/// In this mode of locking nobody else reads, so the whole log is merged and begins anew; the pages
/// that compaction freed are given back to the file system.
void Journal::checkpoint() {
  database_.execute("PRAGMA incremental_vacuum(1000)");
  database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

uint64_t Journal::bytes() {
  return sizeOf(options_.path) + sizeOf(options_.path + "-wal");
}

}  // namespace stave::sqlite
