#include "kernel/object/explain.h"

#include <algorithm>
#include <set>

namespace stave {

namespace {

constexpr size_t maximumSteps = 16;

void writeReference(const ObjectKey& key, const VersionPtr& version,
                    schema::ObjectRef::Builder target) {
  target.setKind(key.kind.c_str());
  target.setNamespace(key.space.c_str());
  target.setName(key.name.c_str());
  if (version == nullptr) return;
  target.setUid(version->metadata().getUid());
  target.setRevision(version->revision());
}

/// Walks from cause to cause.
class Walk {
 public:
  explicit Walk(ObjectStore& store) : store_(store) {}

  Task<> from(VersionPtr version) {
    while (version != nullptr && steps.size() < maximumSteps && visit(*version)) {
      auto metadata = version->metadata();
      add(version, version, false);
      VersionPtr next = co_await follow(version, metadata.getChangedBy());
      bool created = metadata.getCreatedBy().getRevision() < version->revision();
      if (next == nullptr && created && !ended_ && steps.size() < maximumSteps) {
        add(version, version, true);
        next = co_await follow(version, metadata.getCreatedBy());
      }
      version = next;
    }
  }

  std::vector<Explanation::Step> steps;

 private:
  bool visit(const ObjectVersion& version) {
    return visited_.emplace(std::string(version.uid()), version.revision()).second;
  }

  void add(VersionPtr version, VersionPtr causeFrom, bool creation) {
    steps.push_back({version->key(), version, std::move(causeFrom), creation, ""});
  }

  /// The state that a cause names. Null if it names none, or nothing is left of it.
  Task<VersionPtr> follow(VersionPtr holder, schema::Cause::Reader cause) {
    auto reference = cause.getObject();
    const Kind* kind = store_.kinds().tryFind(view(reference.getKind()));
    if (reference.getName().size() == 0 || kind == nullptr) co_return nullptr;
    ObjectKey key = resolveKey(store_.kinds(), view(reference.getKind()),
                               view(reference.getNamespace()), view(reference.getName()));
    VersionPtr found;
    if (reference.getRevision() != 0) {
      found = co_await store_.stateAt(key, reference.getRevision());
    }
    if (found == nullptr) found = store_.cache().find(key);
    std::string_view uid = view(reference.getUid());
    if (found != nullptr && (uid.empty() || found->uid() == uid)) co_return found;
    steps.push_back({key, nullptr, nullptr, false, ""});
    ended_ = true;
    co_return nullptr;
  }

  ObjectStore& store_;
  std::set<std::pair<std::string, uint64_t>> visited_;
  bool ended_ = false;
};

}  // namespace

void Explanation::Step::write(schema::Objects::Step::Builder target) const {
  writeReference(key, version, target.initObject());
  if (causeFrom != nullptr) {
    auto metadata = causeFrom->metadata();
    target.setCause(creation ? metadata.getCreatedBy() : metadata.getChangedBy());
  }
  target.setSummary(summary.c_str());
}

Task<Explanation> explain(ObjectStore& store, VersionPtr version) {
  Walk walk(store);
  co_await walk.from(version);
  Explanation explanation;
  explanation.steps = std::move(walk.steps);
  for (auto& step : explanation.steps) {
    step.summary = step.version == nullptr
                       ? "is gone"
                       : summaryOf(*step.version, store.kinds().byName(step.key.kind));
    if (step.creation) step.summary = "was created";
  }
  explanation.missing = missingFor(store, *version);
  co_return explanation;
}

}  // namespace stave
