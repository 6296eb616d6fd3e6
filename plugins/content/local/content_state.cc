#include "content_state.h"

#include <stave/image/digest.h>

#include <algorithm>
#include <chrono>

#include "collector.h"

namespace stave::local {

namespace {

constexpr int64_t nanosPerMilli = 1'000'000;

int64_t now() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string rootOf(Context& context, schema::LocalContentSettings::Reader settings) {
  std::string root = settings.getRoot().cStr();
  return root.empty() ? std::string(context.statePath()) : root;
}

}  // namespace

Limits::Limits(schema::LocalContentSettings::Reader settings)
    : highWater(settings.getHighWater()),
      lowWater(std::min(settings.getLowWater(), settings.getHighWater())),
      graceNanos(settings.getGrace() * nanosPerMilli),
      ingestExpiryNanos(settings.getIngestExpiry() * nanosPerMilli),
      intervalMillis(settings.getInterval()) {}

ContentState::ContentState(Context& context, schema::LocalContentSettings::Reader settings)
    : context_(context),
      limits_(settings),
      blobs_(std::make_shared<BlobDirectory>(rootOf(context, settings))),
      ingests_(std::make_shared<IngestDirectory>(blobs_->root())),
      holdFiles_(std::make_shared<HoldFiles>(blobs_->root())) {
  loadHolds();
  ingests_->removeOrphans();
  for (auto& [digest, blob] : blobs_->scan()) remember(digest, blob);
}

void ContentState::loadHolds() {
  std::vector<std::string> defects;
  for (HoldEntry& entry : holdFiles_->load(defects)) holds_.add(std::move(entry));
  for (const std::string& defect : defects) {
    holdDefect_ = defect;
    context_.log(schema::LogLevel::ERROR, "a hold cannot be read; nothing will be collected",
                 {{"defect", defect}});
  }
}

std::optional<BlobFile> ContentState::find(const std::string& digest) {
  auto found = index_.find(digest);
  if (found != index_.end()) return found->second;
  auto blob = blobs_->find(image::parseDigest(digest, "blob"));
  if (blob) remember(digest, *blob);
  return blob;
}

void ContentState::remember(const std::string& digest, BlobFile blob) {
  forget(digest);
  index_.emplace(digest, blob);
  total_ += blob.size;
}

void ContentState::forget(const std::string& digest) {
  auto found = index_.find(digest);
  if (found == index_.end()) return;
  total_ -= found->second.size;
  index_.erase(found);
}

kj::Maybe<ActiveIngest&> ContentState::findActive(const std::string& key) {
  auto found = active_.find(key);
  if (found == active_.end()) return nullptr;
  return *found->second;
}

ContentState::Removed ContentState::collectBlobs(bool all, int64_t graceNanos) {
  if (!holdDefect_.empty()) {
    fail(ErrorCode::CONFLICT, "collecting blobs: a hold cannot be read (" + holdDefect_ +
                                  "); remove the file or put it right");
  }
  CollectionGoal goal{all ? 0 : std::max<uint64_t>(limits_.lowWater, 1), now() - graceNanos};
  auto mayGo = [this](const std::string& digest) { return !holds_.isHeld(digest); };
  Removed removed;
  for (const std::string& digest : chooseVictims(index_, mayGo, goal)) {
    removed.bytes += index_.at(digest).size;
    ++removed.blobs;
    blobs_->discard(image::parseDigest(digest, "blob"));
    forget(digest);
  }
  return removed;
}

uint64_t ContentState::collectIngests(const std::vector<IngestFile>& found, bool all) {
  int64_t oldest = now() - limits_.ingestExpiryNanos;
  uint64_t bytes = 0;
  for (const IngestFile& ingest : found) {
    bool wanted = isActive(ingest.key) || (!ingest.digest.empty() && holds_.isHeld(ingest.digest));
    bool expired = ingest.touched < oldest;
    if (isActive(ingest.key) || (!expired && (wanted || !all))) continue;
    if (ingests_->discard(ingest.key, blobs_->trash())) bytes += ingest.bytes;
  }
  return bytes;
}

kj::Promise<void> ContentState::emptyTrash() {
  return context_.workers().run([blobs = blobs_]() { blobs->emptyTrash(); });
}

bool ContentState::needsCollection() const {
  return limits_.highWater > 0 && total_ > limits_.highWater && holdDefect_.empty();
}

void ContentState::startBackground() {
  context_.spawn(watchWater());
}

void ContentState::noticeGrowth() {
  if (needsCollection() && !collecting_) context_.spawn(collectInBackground());
}

Task<> ContentState::watchWater() {
  auto self = kj::addRef(*this);
  for (;;) {
    co_await collectInBackground();
    co_await context_.timer().afterDelay(limits_.intervalMillis * kj::MILLISECONDS);
  }
}

Task<> ContentState::collectInBackground() {
  auto self = kj::addRef(*this);
  if (collecting_) co_return;
  collecting_ = true;
  KJ_DEFER(collecting_ = false);
  try {
    auto scan = [ingests = ingests_]() { return ingests->scan(); };
    auto found = co_await context_.workers().run(scan);
    uint64_t bytes = collectIngests(found, false);
    if (needsCollection()) bytes += collectBlobs(false, limits_.graceNanos).bytes;
    co_await emptyTrash();
    if (bytes > 0) {
      context_.log(schema::LogLevel::INFO, "collected", {{"bytes", std::to_string(bytes)}});
    }
  } catch (const kj::Exception& exception) {
    context_.log(schema::LogLevel::WARNING, "background collection failed",
                 {{"reason", textOf(exception)}});
  }
}

}  // namespace stave::local
