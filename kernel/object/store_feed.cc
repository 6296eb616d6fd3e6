#include "kernel/object/store_feed.h"

#include <kj/debug.h>
#include <stave/error.h>

namespace stave {

namespace {

constexpr uint32_t pageSize = 1'000;
constexpr auto firstPause = 10 * kj::MILLISECONDS;
constexpr auto longestPause = 2 * kj::SECONDS;

/// Adds what an entry of the store holds. One that cannot be read is left out and logged: it must
/// not keep the kernel from serving the others.
void addEntry(Batch& batch, schema::Entry::Reader entry) {
  std::string_view key = view(entry.getKey());
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 if (key.starts_with(kindPrefix)) {
                   batch.kinds.push_back(decodeMessage<schema::KindDefinition>(entry.getValue()));
                   return;
                 }
                 auto object = ObjectKey::parse(key);
                 if (!object) return;
                 auto version = ObjectVersion::decode(
                     *object, entry.getValue(), entry.getCreateRevision(), entry.getModRevision());
                 batch.steps.push_back({std::move(*object), std::move(version), nullptr});
               })) {
    KJ_LOG(ERROR, "an entry of the store cannot be read", std::string(key).c_str(), *exception);
  }
}

}  // namespace

/// The store's own watch. It is dropped when the store process dies, which is how that is noticed.
class StoreFeed::Sink final : public schema::StoreWatchSink::Server {
 public:
  Sink(StoreFeed& feed, kj::Own<kj::PromiseFulfiller<void>> gone)
      : feed_(&feed), gone_(kj::mv(gone)) {
    feed.sink_ = this;
  }
  ~Sink() noexcept(false) {
    if (feed_ != nullptr && feed_->sink_ == this) feed_->sink_ = nullptr;
    gone_->fulfill();
  }

  void detach() { feed_ = nullptr; }
  void giveUp() { gone_->fulfill(); }

  kj::Promise<void> events(EventsContext context) override {
    if (feed_ == nullptr) return kj::READY_NOW;
    std::vector<Batch> batches;
    auto params = context.getParams();
    for (auto event : params.getEvents()) {
      auto entry = event.isPut() ? event.getPut() : event.getDelete();
      uint64_t revision = entry.getModRevision();
      if (batches.empty() || batches.back().revision != revision) {
        batches.emplace_back().revision = revision;
      }
      if (event.isPut()) {
        addEntry(batches.back(), entry);
      } else if (auto key = ObjectKey::parse(view(entry.getKey()))) {
        batches.back().steps.push_back({std::move(*key), nullptr, nullptr});
      }
    }
    feed_->replica_.watched(params.getRevision(), std::move(batches));
    return kj::READY_NOW;
  }

  kj::Promise<void> ended(EndedContext context) override {
    KJ_LOG(WARNING, "the store ended its watch", context.getParams().getError());
    giveUp();
    return kj::READY_NOW;
  }

 private:
  StoreFeed* feed_;
  kj::Own<kj::PromiseFulfiller<void>> gone_;
};

StoreFeed::StoreFeed(kj::Timer& timer, schema::Store::Client store, Replica& replica)
    : timer_(timer), store_(kj::mv(store)), replica_(replica) {}

StoreFeed::~StoreFeed() noexcept {
  if (sink_ != nullptr) sink_->detach();
}

Task<> StoreFeed::load() {
  co_await list();
  following_ = keepFollowing().promise().eagerlyEvaluate(nullptr);
}

void StoreFeed::refresh() {
  listNext_ = true;
  if (sink_ != nullptr) sink_->giveUp();
}

Task<> StoreFeed::list() {
  Batch all;
  std::string start(storeRangeStart);
  replica_.beginListing();
  for (bool more = true; more;) more = co_await listPage(all, start);
  listNext_ = false;
  uint64_t revision = all.revision;
  replica_.listed(revision, std::move(all));
}

Task<bool> StoreFeed::listPage(Batch& all, std::string& start) {
  auto request = store_.rangeRequest();
  request.setStart(dataOf(start));
  request.setEnd(dataOf(storeRangeEnd));
  request.setRevision(all.revision);
  request.setLimit(pageSize);
  auto response = co_await request.send();
  if (all.revision == 0) all.revision = response.getRevision();
  for (auto entry : response.getEntries()) addEntry(all, entry);
  if (!response.getMore() || response.getEntries().size() == 0) co_return false;
  auto entries = response.getEntries();
  start = std::string(view(entries[entries.size() - 1].getKey())) + '\0';
  co_return true;
}

Task<bool> StoreFeed::mustList() {
  if (listNext_) co_return true;
  auto status = co_await store_.statusRequest().send();
  co_return status.getRevision() < replica_.revision();
}

Task<> StoreFeed::follow() {
  bool anew = co_await mustList();
  if (anew) co_await list();
  auto gone = kj::newPromiseAndFulfiller<void>();
  auto request = store_.watchRequest();
  request.setStart(dataOf(storeRangeStart));
  request.setEnd(dataOf(storeRangeEnd));
  request.setFrom(replica_.revision() + 1);
  request.setSink(kj::heap<Sink>(*this, kj::mv(gone.fulfiller)));
  auto response = co_await request.send();
  auto watch = response.getWatch();
  co_await kj::mv(gone.promise);
}

Task<> StoreFeed::keepFollowing() {
  auto pause = firstPause;
  for (;;) {
    uint64_t before = replica_.revision();
    kj::Maybe<kj::Exception> failure;
    try {
      co_await follow();
    } catch (const kj::Exception& exception) {
      failure = kj::cp(exception);
    }
    KJ_IF_MAYBE (exception, failure) {
      if (codeOf(*exception) == ErrorCode::TOO_OLD) listNext_ = true;
      KJ_LOG(WARNING, "following the store failed; it is tried again", textOf(*exception).c_str());
    }
    pause = replica_.revision() != before ? firstPause : kj::min(pause * 2, longestPause);
    co_await timer_.afterDelay(pause);
  }
}

}  // namespace stave
