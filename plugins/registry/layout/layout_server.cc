#include "layout_server.h"

#include <stave/image/reference.h>

#include "import_job.h"

namespace stave::layout {

namespace {

constexpr auto reportInterval = 200 * kj::MILLISECONDS;

std::string textFrom(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

template <typename Params>
kj::Own<image::ProgressReporter> reporterFor(Params params) {
  kj::Maybe<schema::ProgressSink::Client> sink;
  if (params.hasProgress()) sink = params.getProgress();
  return kj::refcounted<image::ProgressReporter>(kj::mv(sink));
}

Task<os::Fd> openBlob(schema::Content::Client content, std::string digest) {
  auto request = content.openRequest();
  request.setDigest(digest.c_str());
  auto reply = co_await request.send();
  auto file = co_await takeFd(reply.getBlob(), "a layer to export");
  co_return kj::mv(file);
}

Task<std::shared_ptr<OutgoingImage>> gather(schema::Content::Client content, std::string digest) {
  auto image = std::make_shared<OutgoingImage>();
  image->progress = std::make_shared<std::atomic<uint64_t>>(0);
  auto bytes = co_await image::loadBlob(content, digest);
  image->manifest = image::makeDocument(std::move(bytes), "", digest, "manifest " + digest);
  if (image::isIndexType(image->manifest.mediaType)) {
    fail(ErrorCode::UNSUPPORTED,
         "exporting " + digest + ": is an index of several images; export one of them");
  }
  image->parsed = image::parseManifest(image->manifest.bytes, "manifest " + digest);
  image->configBytes = co_await image::loadBlob(content, image->parsed.config.digest);
  for (const image::Descriptor& layer : image->parsed.layers) {
    auto file = co_await openBlob(content, layer.digest);
    image->layers[layer.digest] = std::make_shared<os::Fd>(kj::mv(file));
  }
  co_return image;
}

uint64_t totalOf(const OutgoingImage& image) {
  uint64_t total = 0;
  for (const image::Descriptor& layer : image.parsed.layers) total += layer.size;
  return total;
}

/// Copies the counter into reports until it is dropped.
Task<> watch(kj::Timer& timer, kj::Own<image::ProgressReporter> reporter, std::string item,
             std::shared_ptr<OutgoingImage> image) {
  for (;;) {
    reporter->report({item, "pushing", image->progress->load(), totalOf(*image)});
    co_await timer.afterDelay(reportInterval);
  }
}

}  // namespace

kj::Promise<void> LayoutServer::resolve(ResolveContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto reference = parseLayoutReference(textFrom(params.getReference()));
    auto reporter = kj::refcounted<image::ProgressReporter>(nullptr);
    ImportJob job(context_, content_, reference, kj::mv(reporter));
    co_await job.resolve(image::readPlatform(params.getPlatform()));
    image::fill(job.image(), context.getResults().initImage());
  });
}

kj::Promise<void> LayoutServer::pull(PullContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto reference = parseLayoutReference(textFrom(params.getReference()));
    ImportJob job(context_, content_, reference, reporterFor(params));
    co_await job.resolve(image::readPlatform(params.getPlatform()));
    co_await job.beginLayers();
    if (params.hasSink()) {
      auto request = params.getSink().resolvedRequest();
      image::fill(job.image(), request.initImage());
      co_await request.send().ignoreResult();
    }
    co_await job.finishLayers();
    image::fill(job.image(), context.getResults().initImage());
  });
}

kj::Promise<void> LayoutServer::push(PushContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto target = parseLayoutReference(textFrom(params.getReference()));
    std::string digest = textFrom(params.getManifestDigest());
    auto reporter = reporterFor(params);
    auto image = co_await gather(content_, digest);
    auto watcher = watch(context_.timer(), kj::addRef(*reporter), target.text(), image)
                       .promise()
                       .eagerlyEvaluate(nullptr);
    auto job = [target, image]() { exportImage(target, *image); };
    co_await context_.workers().run(job);
    watcher = nullptr;
    reporter->report({target.text(), "done", totalOf(*image), totalOf(*image)});
    co_await reporter->drain();
    context.getResults().setDigest(digest.c_str());
  });
}

kj::Promise<void> LayoutServer::tags(TagsContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto reference = parseLayoutReference(textFrom(context.getParams().getRepository()));
    auto job = [reference]() { return openSource(reference)->names(); };
    auto names = co_await context_.workers().run(job);
    auto list = context.getResults().initTags(names.size());
    for (size_t i = 0; i < names.size(); ++i) list.set(i, names[i].c_str());
  });
}

kj::Promise<void> LayoutServer::search(SearchContext context) {
  fail(ErrorCode::UNSUPPORTED, "searching: directories and archives have no search");
}

kj::Promise<void> LayoutServer::check(CheckContext context) {
  fail(ErrorCode::UNSUPPORTED, "logging in: directories and archives want no credentials");
}

kj::Promise<void> LayoutServer::normalize(NormalizeContext context) {
  auto reference = parseLayoutReference(textFrom(context.getParams().getReference()));
  context.getResults().setReference(reference.text().c_str());
  return kj::READY_NOW;
}

kj::Promise<void> LayoutServer::images(ImagesContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto reference = parseLayoutReference(textFrom(context.getParams().getReference()));
    auto job = [reference]() { return openSource(reference)->names(); };
    auto names = co_await context_.workers().run(job);
    auto list = context.getResults().initReferences(names.size());
    for (size_t i = 0; i < names.size(); ++i) list.set(i, names[i].c_str());
  });
}

}  // namespace stave::layout
