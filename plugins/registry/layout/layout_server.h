#pragma once

#include <stave/image/blobs.h>
#include <stave/image/progress.h>
#include <stave/plugin.h>
#include <stave/schema/registry.capnp.h>

#include <atomic>

#include "image_export.h"
#include "image_source.h"

namespace stave::layout {

/// The registry contract on directories and tar files of this machine.
class LayoutServer final : public schema::Registry::Server {
 public:
  explicit LayoutServer(Context& context)
      : context_(context), content_(context.service<schema::Content>("content")) {}

  kj::Promise<void> resolve(ResolveContext context) override;
  kj::Promise<void> pull(PullContext context) override;
  kj::Promise<void> push(PushContext context) override;
  kj::Promise<void> tags(TagsContext context) override;
  kj::Promise<void> search(SearchContext context) override;
  kj::Promise<void> check(CheckContext context) override;
  kj::Promise<void> normalize(NormalizeContext context) override;
  kj::Promise<void> images(ImagesContext context) override;

 private:
  Context& context_;
  schema::Content::Client content_;
};

}  // namespace stave::layout
