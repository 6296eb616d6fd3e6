#pragma once

#include <stave/conformance/subject.h>
#include <stave/schema/store.capnp.h>

#include <optional>
#include <string>
#include <vector>

/// The store under test with plain values in place of messages.
namespace stave::conformance {

struct EntryValue {
  std::string key;
  std::string value;
  uint64_t createRevision = 0;
  uint64_t modRevision = 0;
  uint64_t version = 0;
  uint64_t lease = 0;

  bool operator==(const EntryValue&) const = default;
};

struct CompareValue {
  std::string key;
  schema::Compare::Target target;
  uint64_t revision;
};

struct WriteValue {
  std::string key;
  std::optional<std::string> value;
  uint64_t lease = 0;
};

inline WriteValue put(std::string key, std::string value, uint64_t lease = 0) {
  return {std::move(key), std::move(value), lease};
}
inline WriteValue erase(std::string key) {
  return {std::move(key), std::nullopt, 0};
}
inline CompareValue modIs(std::string key, uint64_t revision) {
  return {std::move(key), schema::Compare::Target::MOD_REVISION, revision};
}
inline CompareValue createIs(std::string key, uint64_t revision) {
  return {std::move(key), schema::Compare::Target::CREATE_REVISION, revision};
}

struct RangeResult {
  std::vector<EntryValue> entries;
  uint64_t revision;
  bool more;

  std::vector<std::string> keys() const;
  std::vector<std::string> values() const;
};

struct TxnResult {
  bool succeeded;
  uint64_t revision;
  std::vector<EntryValue> current;
};

struct StatusResult {
  uint64_t revision;
  uint64_t compactRevision;
  uint64_t keys;
  uint64_t bytes;
};

struct EventValue {
  bool deleted;
  EntryValue entry;

  bool operator==(const EventValue&) const = default;
};

/// What one watch was told.
struct WatchRecord {
  std::vector<EventValue> events;
  std::vector<uint64_t> batches;  ///< the revision that each message named
  std::optional<std::string> ended;
  kj::Maybe<schema::Handle::Client> handle;
  kj::Duration slowness = 0 * kj::SECONDS;  ///< how long the sink takes for each message

  std::vector<std::string> keys() const;
};

class StoreClient {
 public:
  StoreClient() : store_(subject<schema::Store>()) {}

  RangeResult range(const std::string& start, const std::string& end = "", uint64_t revision = 0,
                    uint32_t limit = 0, bool keysOnly = false);
  ErrorCode rangeFailure(const std::string& start, const std::string& end, uint64_t revision);
  std::optional<EntryValue> get(const std::string& key);

  kj::Promise<TxnResult> sendTxn(const std::vector<CompareValue>& compares,
                                 const std::vector<WriteValue>& writes, bool durable = false);
  TxnResult txn(const std::vector<CompareValue>& compares, const std::vector<WriteValue>& writes,
                bool durable = false);
  ErrorCode txnFailure(const std::vector<CompareValue>& compares,
                       const std::vector<WriteValue>& writes);
  uint64_t put(const std::string& key, const std::string& value, uint64_t lease = 0);
  uint64_t remove(const std::string& key);

  void compact(uint64_t revision);
  ErrorCode compactFailure(uint64_t revision);
  StatusResult status();

  std::shared_ptr<WatchRecord> watch(const std::string& start, const std::string& end,
                                     uint64_t from, kj::Duration slowness = 0 * kj::SECONDS);
  ErrorCode watchFailure(const std::string& start, uint64_t from);

  schema::Store::Client client() { return store_; }

 private:
  schema::Store::Client store_;
};

}  // namespace stave::conformance
