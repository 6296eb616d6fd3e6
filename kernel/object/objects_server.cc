#include "kernel/object/objects_server.h"

#include <stave/error.h>

#include "kernel/event/query.h"
#include "kernel/object/explain.h"

namespace stave {

void ObjectsServer::deny(const std::string& what) const {
  fail(ErrorCode::DENIED, caller_.actor + " may not " + what +
                              (caller_.missingGrantHint.empty() ? "" : ": ") +
                              caller_.missingGrantHint);
}

void ObjectsServer::requireRead(const std::string& kind) const {
  if (!caller_.mayRead(kind)) deny("read objects of kind " + kind);
}

void ObjectsServer::requireWrite(const std::string& kind) const {
  if (!caller_.mayWrite(kind)) deny("write objects of kind " + kind);
}

VersionPtr ObjectsServer::find(schema::ObjectRef::Reader reference) const {
  ObjectKey key = resolveKey(store_.kinds(), view(reference.getKind()),
                             view(reference.getNamespace()), view(reference.getName()));
  requireRead(key.kind);
  VersionPtr version = store_.cache().find(key);
  std::string_view uid = view(reference.getUid());
  if (version == nullptr || (!uid.empty() && version->uid() != uid)) {
    fail(ErrorCode::NOT_FOUND, key.text() + " does not exist");
  }
  return version;
}

kj::Promise<void> ObjectsServer::get(GetContext context) {
  VersionPtr version = find(context.getParams().getRef());
  context.releaseParams();
  auto results = context.getResults(capnp::MessageSize{version->words() + 8, 0});
  results.setObject(version->object());
  return kj::READY_NOW;
}

kj::Promise<void> ObjectsServer::list(ListContext context) {
  Query query(store_.kinds(), context.getParams().getQuery());
  requireRead(query.kind());
  std::vector<VersionPtr> found;
  size_t words = 16;
  store_.cache().forEach(query.kind(), query.space(), [&](const VersionPtr& version) {
    if (!query.matches(*version)) return;
    found.push_back(version);
    words += version->words() + 4;
  });
  auto results = context.getResults(capnp::MessageSize{words, 0});
  results.setRevision(store_.revision());
  auto objects = results.initObjects(found.size());
  for (unsigned i = 0; i < found.size(); ++i) objects.setWithCaveats(i, found[i]->object());
  return kj::READY_NOW;
}

kj::Promise<void> ObjectsServer::commit(CommitContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    for (auto change : params.getChanges()) {
      auto word = view(change.getObject().getMetadata().getKind());
      requireWrite(store_.kinds().find(word).name);
    }
    CauseStamp stamp{caller_.actor, params.getCause(), unixNow()};
    auto result = co_await store_.commit(params.getChanges(), stamp);
    auto results = context.getResults();
    results.setRevision(result.revision);
    auto objects = results.initObjects(result.objects.size());
    for (unsigned i = 0; i < result.objects.size(); ++i) {
      objects.setWithCaveats(i, result.objects[i]->object());
    }
  });
}

kj::Promise<void> ObjectsServer::watch(WatchContext context) {
  auto params = context.getParams();
  Query query(store_.kinds(), params.getQuery());
  requireRead(query.kind());
  auto handle = store_.hub().watch(std::move(query), params.getFrom(), params.getSink());
  context.getResults().setWatch(kj::mv(handle));
  return kj::READY_NOW;
}

kj::Promise<void> ObjectsServer::registerKind(RegisterKindContext context) {
  return async([this, context]() mutable -> Task<> {
    if (!caller_.mayRegisterKinds) deny("register kinds");
    co_await store_.registerKind(context.getParams().getKind());
  });
}

kj::Promise<void> ObjectsServer::kinds(KindsContext context) {
  auto& all = store_.kinds().all();
  auto list = context.getResults().initKinds(all.size());
  unsigned index = 0;
  for (auto& [name, kind] : all) list.setWithCaveats(index++, kind.reader());
  return kj::READY_NOW;
}

kj::Promise<void> ObjectsServer::explain(ExplainContext context) {
  return async([this, context]() mutable -> Task<> {
    context.allowCancellation();
    VersionPtr version = find(context.getParams().getRef());
    auto explanation = co_await stave::explain(store_, version);
    auto results = context.getResults();
    auto steps = results.initSteps(explanation.steps.size());
    for (unsigned i = 0; i < explanation.steps.size(); ++i) explanation.steps[i].write(steps[i]);
    auto missing = results.initMissing(explanation.missing.size());
    for (unsigned i = 0; i < explanation.missing.size(); ++i) {
      missing.set(i, explanation.missing[i].c_str());
    }
  });
}

}  // namespace stave
