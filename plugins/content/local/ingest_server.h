#pragma once

#include "active_ingest.h"

namespace stave::local {

/// The writer's end of an ingest. Dropping it lets another writer go on.
class IngestServer final : public schema::Ingest::Server {
 public:
  explicit IngestServer(kj::Own<ActiveIngest> ingest) : ingest_(kj::mv(ingest)) {}

  kj::Promise<void> file(FileContext context) override {
    auto results = context.getResults();
    results.setFile(ingest_->fileCapability());
    results.setOffset(ingest_->offset());
    return kj::READY_NOW;
  }
  kj::Promise<void> commit(CommitContext context) override {
    auto params = context.getParams();
    return ingest_->commit(params.getDigest().cStr(), params.getSize(), params.getVerified());
  }
  kj::Promise<void> abandon(AbandonContext context) override { return ingest_->abandon(); }

 private:
  kj::Own<ActiveIngest> ingest_;
};

}  // namespace stave::local
