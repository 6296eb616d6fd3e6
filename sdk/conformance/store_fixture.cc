#include "store_fixture.h"

#include <stave/task.h>

namespace stave::conformance {

namespace {

kj::ArrayPtr<const kj::byte> bytesOf(const std::string& text) {
  return kj::arrayPtr(reinterpret_cast<const kj::byte*>(text.data()), text.size());
}

std::string stringOf(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

EntryValue valueOf(schema::Entry::Reader entry) {
  return {stringOf(entry.getKey()), stringOf(entry.getValue()), entry.getCreateRevision(),
          entry.getModRevision(),   entry.getVersion(),         entry.getLease()};
}

std::vector<EntryValue> valuesOf(capnp::List<schema::Entry>::Reader list) {
  std::vector<EntryValue> values;
  for (auto entry : list) values.push_back(valueOf(entry));
  return values;
}

/// The record holds the watch, and so, in one process, this.
class RecordingSink final : public schema::StoreWatchSink::Server {
 public:
  explicit RecordingSink(std::weak_ptr<WatchRecord> record) : record_(kj::mv(record)) {}

  kj::Promise<void> events(EventsContext context) override {
    auto record = record_.lock();
    if (record == nullptr) return kj::READY_NOW;
    auto params = context.getParams();
    for (auto event : params.getEvents()) {
      bool deleted = event.isDelete();
      record->events.push_back({deleted, valueOf(deleted ? event.getDelete() : event.getPut())});
    }
    record->batches.push_back(params.getRevision());
    if (record->slowness == 0 * kj::SECONDS) return kj::READY_NOW;
    return loop().timer().afterDelay(record->slowness);
  }

  kj::Promise<void> ended(EndedContext context) override {
    auto record = record_.lock();
    if (record != nullptr) record->ended = context.getParams().getError().cStr();
    return kj::READY_NOW;
  }

 private:
  std::weak_ptr<WatchRecord> record_;
};

}  // namespace

std::vector<std::string> RangeResult::keys() const {
  std::vector<std::string> keys;
  for (auto& entry : entries) keys.push_back(entry.key);
  return keys;
}

std::vector<std::string> RangeResult::values() const {
  std::vector<std::string> values;
  for (auto& entry : entries) values.push_back(entry.value);
  return values;
}

std::vector<std::string> WatchRecord::keys() const {
  std::vector<std::string> keys;
  for (auto& event : events) keys.push_back(event.entry.key);
  return keys;
}

static auto rangeRequest(schema::Store::Client store, const std::string& start,
                         const std::string& end, uint64_t revision) {
  auto request = store.rangeRequest();
  request.setStart(bytesOf(start));
  request.setEnd(bytesOf(end));
  request.setRevision(revision);
  return request;
}

RangeResult StoreClient::range(const std::string& start, const std::string& end, uint64_t revision,
                               uint32_t limit, bool keysOnly) {
  auto request = rangeRequest(store_, start, end, revision);
  request.setLimit(limit);
  request.setKeysOnly(keysOnly);
  auto response = wait(request.send(), "a range");
  return {valuesOf(response.getEntries()), response.getRevision(), response.getMore()};
}

ErrorCode StoreClient::rangeFailure(const std::string& start, const std::string& end,
                                    uint64_t revision) {
  return failureOf(rangeRequest(store_, start, end, revision).send(), "a range to be refused");
}

std::optional<EntryValue> StoreClient::get(const std::string& key) {
  auto result = range(key);
  if (result.entries.empty()) return std::nullopt;
  return result.entries[0];
}

kj::Promise<TxnResult> StoreClient::sendTxn(const std::vector<CompareValue>& compares,
                                            const std::vector<WriteValue>& writes, bool durable) {
  auto request = store_.txnRequest();
  request.setDurable(durable);
  auto compareList = request.initCompares(compares.size());
  for (size_t i = 0; i < compares.size(); ++i) {
    compareList[i].setKey(bytesOf(compares[i].key));
    compareList[i].setTarget(compares[i].target);
    compareList[i].setRevision(compares[i].revision);
  }
  auto writeList = request.initWrites(writes.size());
  for (size_t i = 0; i < writes.size(); ++i) {
    writeList[i].setKey(bytesOf(writes[i].key));
    writeList[i].setLease(writes[i].lease);
    if (writes[i].value) {
      writeList[i].setPut(bytesOf(*writes[i].value));
    } else {
      writeList[i].setDelete();
    }
  }
  return request.send().then([](auto&& response) -> TxnResult {
    return {response.getSucceeded(), response.getRevision(), valuesOf(response.getCurrent())};
  });
}

TxnResult StoreClient::txn(const std::vector<CompareValue>& compares,
                           const std::vector<WriteValue>& writes, bool durable) {
  return wait(sendTxn(compares, writes, durable), "a transaction");
}

ErrorCode StoreClient::txnFailure(const std::vector<CompareValue>& compares,
                                  const std::vector<WriteValue>& writes) {
  return failureOf(sendTxn(compares, writes), "a transaction to be refused");
}

uint64_t StoreClient::put(const std::string& key, const std::string& value, uint64_t lease) {
  return txn({}, {{key, value, lease}}).revision;
}

uint64_t StoreClient::remove(const std::string& key) {
  return txn({}, {erase(key)}).revision;
}

static auto compactRequest(schema::Store::Client store, uint64_t revision) {
  auto request = store.compactRequest();
  request.setRevision(revision);
  return request.send();
}

void StoreClient::compact(uint64_t revision) {
  wait(compactRequest(store_, revision), "compaction");
}

ErrorCode StoreClient::compactFailure(uint64_t revision) {
  return failureOf(compactRequest(store_, revision), "compaction to be refused");
}

StatusResult StoreClient::status() {
  auto response = wait(store_.statusRequest().send(), "the status");
  return {response.getRevision(), response.getCompactRevision(), response.getKeys(),
          response.getBytes()};
}

static auto watchRequest(schema::Store::Client store, const std::string& start,
                         const std::string& end, uint64_t from,
                         const std::shared_ptr<WatchRecord>& record) {
  auto request = store.watchRequest();
  request.setStart(bytesOf(start));
  request.setEnd(bytesOf(end));
  request.setFrom(from);
  request.setSink(kj::heap<RecordingSink>(record));
  return request.send();
}

std::shared_ptr<WatchRecord> StoreClient::watch(const std::string& start, const std::string& end,
                                                uint64_t from, kj::Duration slowness) {
  auto record = std::make_shared<WatchRecord>();
  record->slowness = slowness;
  record->handle = wait(watchRequest(store_, start, end, from, record), "a watch").getWatch();
  return record;
}

ErrorCode StoreClient::watchFailure(const std::string& start, uint64_t from) {
  return failureOf(watchRequest(store_, start, "", from, std::make_shared<WatchRecord>()),
                   "a watch to be refused");
}

}  // namespace stave::conformance
