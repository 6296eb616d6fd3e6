#pragma once

#include "content_state.h"

namespace stave::local {

/// The content contract on a local directory.
class ContentServer final : public schema::Content::Server {
 public:
  explicit ContentServer(kj::Own<ContentState> state) : state_(kj::mv(state)) {}

  kj::Promise<void> stat(StatContext context) override;
  kj::Promise<void> open(OpenContext context) override;
  kj::Promise<void> ingest(IngestContext context) override;
  kj::Promise<void> follow(FollowContext context) override;
  kj::Promise<void> hold(HoldContext context) override;
  kj::Promise<void> release(ReleaseContext context) override;
  kj::Promise<void> holds(HoldsContext context) override;
  kj::Promise<void> list(ListContext context) override;
  kj::Promise<void> collect(CollectContext context) override;
  kj::Promise<void> usage(UsageContext context) override;

 private:
  BlobFile require(const std::string& digest);
  os::Fd openBlob(const std::string& digest);

  kj::Own<ContentState> state_;
};

}  // namespace stave::local
