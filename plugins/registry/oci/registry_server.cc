#include "registry_server.h"

#include "docker_config.h"
#include "listing_job.h"
#include "pusher.h"
#include "resolve_job.h"

namespace stave::oci {

namespace {

constexpr unsigned controlThreads = 4;

std::string textFrom(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

Credentials readCredentials(schema::Credentials::Reader credentials) {
  return {textFrom(credentials.getUsername()), textFrom(credentials.getPassword()),
          textFrom(credentials.getIdentityToken())};
}

template <typename Params>
kj::Own<image::ProgressReporter> reporterFor(Params params) {
  kj::Maybe<schema::ProgressSink::Client> sink;
  if (params.hasProgress()) sink = params.getProgress();
  return kj::refcounted<image::ProgressReporter>(kj::mv(sink));
}

}  // namespace

RegistryServer::RegistryServer(Context& context, schema::OciRegistrySettings::Reader settings)
    : credentialsFile_(textFrom(settings.getCredentials())),
      control_(controlThreads),
      transfers_(settings.getParallelDownloads()),
      workplace_{context,
                 std::make_shared<Services>(settings),
                 std::make_shared<SourceRecord>(std::string(context.statePath()) + "/sources.json"),
                 context.service<schema::Content>("content"),
                 control_,
                 transfers_} {}

Task<Caller> RegistryServer::callerFor(Credentials given, std::string domain) {
  Caller caller{std::move(given), workplace_.services->newCancellation()};
  if (caller.credentials.empty()) {
    Context& context = workplace_.context;
    caller.credentials = co_await lookUpCredentials(context.port(), context.fds(), context.timer(),
                                                    credentialsFile_, domain);
  }
  co_return caller;
}

kj::Promise<void> RegistryServer::resolve(ResolveContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto reference = image::parseReference(textFrom(params.getReference()));
    auto platform = image::readPlatform(params.getPlatform());
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), reference.domain);
    auto reporter = kj::refcounted<image::ProgressReporter>(nullptr);
    Puller puller(workplace_, reference, caller, kj::mv(reporter));
    co_await puller.resolve(platform);
    image::fill(puller.image(), context.getResults().initImage());
  });
}

kj::Promise<void> RegistryServer::pull(PullContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto reference = image::parseReference(textFrom(params.getReference()));
    auto platform = image::readPlatform(params.getPlatform());
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), reference.domain);
    Puller puller(workplace_, reference, caller, reporterFor(params));
    co_await puller.resolve(platform);
    co_await puller.beginLayers();
    if (params.hasSink()) {
      auto request = params.getSink().resolvedRequest();
      image::fill(puller.image(), request.initImage());
      co_await request.send().ignoreResult();
    }
    co_await puller.finishLayers();
    image::fill(puller.image(), context.getResults().initImage());
  });
}

kj::Promise<void> RegistryServer::push(PushContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto reference = image::parseReference(textFrom(params.getReference()));
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), reference.domain);
    Pusher pusher(workplace_, reference, caller, reporterFor(params));
    auto digest = co_await pusher.push(textFrom(params.getManifestDigest()));
    context.getResults().setDigest(digest.c_str());
  });
}

kj::Promise<void> RegistryServer::tags(TagsContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto repository = image::parseRepository(textFrom(params.getRepository()));
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), repository.domain);
    CancelOnExit cancelOnExit(caller.cancellation);
    auto job = [services = workplace_.services, repository, caller]() {
      return listTags(services, repository, caller);
    };
    auto tags = co_await control_.run(job);
    auto list = context.getResults().initTags(tags.size());
    for (size_t i = 0; i < tags.size(); ++i) list.set(i, tags[i].c_str());
  });
}

/// "quay.io/term" searches there; a bare term on Docker Hub.
kj::Promise<void> RegistryServer::search(SearchContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    std::string term = textFrom(params.getTerm()), domain = "docker.io";
    size_t slash = term.find('/');
    if (slash != std::string::npos &&
        term.substr(0, slash).find_first_of(".:") != std::string::npos) {
      domain = term.substr(0, slash);
      term.erase(0, slash + 1);
    }
    uint32_t limit = params.getLimit();
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), domain);
    CancelOnExit cancelOnExit(caller.cancellation);
    auto job = [services = workplace_.services, domain, term, limit, caller]() {
      return searchImages(services, domain, term, limit, caller);
    };
    auto found = co_await control_.run(job);
    auto list = context.getResults().initResults(found.size());
    for (size_t i = 0; i < found.size(); ++i) {
      list[i].setName(found[i].name.c_str());
      list[i].setDescription(found[i].description.c_str());
      list[i].setStars(found[i].stars);
      list[i].setOfficial(found[i].official);
    }
  });
}

kj::Promise<void> RegistryServer::check(CheckContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    std::string host = textFrom(params.getHost());
    std::string domain = image::parseReference((host.empty() ? "docker.io" : host) + "/x").domain;
    auto caller = co_await callerFor(readCredentials(params.getCredentials()), domain);
    CancelOnExit cancelOnExit(caller.cancellation);
    auto job = [services = workplace_.services, domain, caller]() {
      return checkLogin(services, domain, caller);
    };
    auto token = co_await control_.run(job);
    context.getResults().setIdentityToken(token.c_str());
  });
}

kj::Promise<void> RegistryServer::normalize(NormalizeContext context) {
  auto reference = image::parseReference(textFrom(context.getParams().getReference()));
  context.getResults().setReference(reference.text().c_str());
  return kj::READY_NOW;
}

kj::Promise<void> RegistryServer::images(ImagesContext context) {
  auto reference = image::parseReference(textFrom(context.getParams().getReference()));
  context.getResults().initReferences(1).set(0, reference.text().c_str());
  return kj::READY_NOW;
}

}  // namespace stave::oci
