#include <stave/error.h>
#include <stave/task.h>
#include <stave/testing/null_services.h>

namespace stave::testing {

namespace {

constexpr const char* configDigest =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
constexpr const char* manifestDigest =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The image without layers that every reference names.
void fill(schema::ResolvedImage::Builder image, capnp::Text::Reader reference) {
  static constexpr kj::byte emptyObject[] = {'{', '}'};
  image.setReference(reference);
  image.initManifest().setDigest(manifestDigest);
  image.initIndex().setDigest(manifestDigest);
  image.initConfig().setDigest(configDigest);
  image.getConfig().setSize(sizeof(emptyObject));
  image.setConfigJson(kj::arrayPtr(emptyObject, sizeof(emptyObject)));
}

class NullRegistry final : public schema::Registry::Server {
 public:
  explicit NullRegistry(schema::Content::Client content) : content_(kj::mv(content)) {}

  kj::Promise<void> resolve(ResolveContext context) override {
    fill(context.getResults().initImage(), context.getParams().getReference());
    return kj::READY_NOW;
  }

  kj::Promise<void> pull(PullContext context) override {
    return async([this, context]() mutable -> Task<> {
      auto params = context.getParams();
      auto ingest = content_.ingestRequest();
      ingest.setDigest(manifestDigest);
      auto answer = co_await ingest.send();
      auto state = answer.getUnion();
      if (state.isWriter()) {
        auto commit = state.getWriter().commitRequest();
        commit.setDigest(manifestDigest);
        commit.setVerified(true);
        co_await commit.send().ignoreResult();
      }
      if (params.hasSink()) {
        auto resolved = params.getSink().resolvedRequest();
        fill(resolved.initImage(), params.getReference());
        co_await resolved.send().ignoreResult();
      }
      fill(context.getResults().initImage(), params.getReference());
    });
  }

  kj::Promise<void> push(PushContext context) override {
    context.getResults().setDigest(context.getParams().getManifestDigest());
    return kj::READY_NOW;
  }

  kj::Promise<void> tags(TagsContext) override {
    fail(ErrorCode::UNSUPPORTED, "the null registry lists no tags");
  }

  kj::Promise<void> search(SearchContext context) override { return kj::READY_NOW; }
  kj::Promise<void> check(CheckContext context) override { return kj::READY_NOW; }

  kj::Promise<void> normalize(NormalizeContext context) override {
    if (context.getParams().getReference() == "") fail(ErrorCode::INVALID, "an empty reference");
    context.getResults().setReference(context.getParams().getReference());
    return kj::READY_NOW;
  }

  kj::Promise<void> images(ImagesContext context) override {
    context.getResults().initReferences(1).set(0, context.getParams().getReference());
    return kj::READY_NOW;
  }

 private:
  schema::Content::Client content_;
};

}  // namespace

schema::Registry::Client newNullRegistry(schema::Content::Client content) {
  return kj::heap<NullRegistry>(kj::mv(content));
}

}  // namespace stave::testing
