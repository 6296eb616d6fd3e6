#pragma once

#include <kj/refcount.h>
#include <stave/plugin.h>
#include <stave/schema/content.capnp.h>
#include <stave/task.h>

#include <memory>

#include "blob_directory.h"
#include "hold_files.h"
#include "hold_table.h"
#include "ingest_directory.h"
#include "settings.capnp.h"

namespace stave::local {

class ActiveIngest;

/// Plain copy of the settings.
struct Limits {
  uint64_t highWater, lowWater;
  int64_t graceNanos, ingestExpiryNanos;
  uint64_t intervalMillis;

  explicit Limits(schema::LocalContentSettings::Reader settings);
};

/// What all capabilities of this plug-in share. Belongs to the loop's thread; what blocks goes to
/// the workers, who see the directories (paths only) and copies.
class ContentState : public kj::Refcounted {
 public:
  /// Reads what there is on disk. Blocks: at start only.
  ContentState(Context& context, schema::LocalContentSettings::Reader settings);

  Context& context() { return context_; }
  const std::shared_ptr<BlobDirectory>& blobs() { return blobs_; }
  const std::shared_ptr<IngestDirectory>& ingests() { return ingests_; }
  const std::shared_ptr<HoldFiles>& holdFiles() { return holdFiles_; }
  HoldTable& holds() { return holds_; }
  const std::map<std::string, BlobFile>& index() { return index_; }

  /// Looks into the index, and on disk for what another instance has put there.
  std::optional<BlobFile> find(const std::string& digest);
  void remember(const std::string& digest, BlobFile blob);
  void forget(const std::string& digest);

  kj::Maybe<ActiveIngest&> findActive(const std::string& key);
  void activate(const std::string& key, ActiveIngest& ingest) { active_[key] = &ingest; }
  void deactivate(const std::string& key) { active_.erase(key); }
  bool isActive(const std::string& key) const { return active_.contains(key); }

  struct Removed {
    uint32_t blobs = 0;
    uint64_t bytes = 0;
  };
  /// `all`: whatever nothing holds; otherwise down to the low water, sparing what is younger than
  /// `graceNanos`. Out of sight when this returns; the bytes are given back by emptyTrash().
  Removed collectBlobs(bool all, int64_t graceNanos);
  uint64_t collectIngests(const std::vector<IngestFile>& found, bool all);
  kj::Promise<void> emptyTrash();

  /// Looks every now and then, and after a commit, whether there is something to collect.
  void startBackground();
  void noticeGrowth();
  bool needsCollection() const;

 private:
  Task<> watchWater();
  Task<> collectInBackground();
  void loadHolds();

  Context& context_;
  Limits limits_;
  std::shared_ptr<BlobDirectory> blobs_;
  std::shared_ptr<IngestDirectory> ingests_;
  std::shared_ptr<HoldFiles> holdFiles_;
  HoldTable holds_;
  std::map<std::string, BlobFile> index_;
  uint64_t total_ = 0;
  std::map<std::string, ActiveIngest*> active_;
  bool collecting_ = false;
  std::string holdDefect_;  ///< a hold that could not be read: then nothing is collected
};

}  // namespace stave::local
