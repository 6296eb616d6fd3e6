#include <stave/testing/fake_objects.h>

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/task.h>

#include <capnp/schema-loader.h>

#include <list>

#include "fake_table.h"

namespace stave::testing {

namespace {

/// One open watch: what it was told, what it is still to be told (newest state only).
struct Watch {
  Watch(schema::Query::Reader wanted, schema::WatchSink::Client to) : sink(kj::mv(to)) {
    query.setRoot(wanted);
  }

  schema::Query::Reader asked() { return query.getRoot<schema::Query>().asReader(); }

  capnp::MallocMessageBuilder query;
  schema::WatchSink::Client sink;
  std::set<FakeTable::Key> told;  // as present
  std::set<FakeTable::Key> waiting;
  bool first = true;  // the first batch is sent even if it is empty: the present state was told
  bool sending = false;
  bool ended = false;
};

struct Told {
  FakeTable::Row row;
  bool removed;
};

}  // namespace

struct FakeObjects::State : kj::TaskSet::ErrorHandler {
  FakeTable table;
  std::list<std::shared_ptr<Watch>> watches;
  uint64_t compacted = 0;
  kj::TaskSet tasks{*this};

  void taskFailed(kj::Exception&&) override {}  // a watcher went away; its watch stays silent

  std::vector<FakeTable::Row> commit(capnp::List<schema::Change>::Reader changes,
                                     schema::Cause::Reader cause) {
    std::set<FakeTable::Key> changed;
    auto rows = table.commit(changes, cause, changed);
    for (auto& watch : watches) {
      for (auto& key : changed) {
        if (table.kinds().matches(watch->asked(), table.rows().at(key).object(), true)) {
          watch->waiting.insert(key);
        }
      }
      wake(watch);
    }
    return rows;
  }

  void open(std::shared_ptr<Watch> watch, uint64_t from) {
    for (auto& [key, row] : table.rows()) {
      bool asked = table.kinds().matches(watch->asked(), row.object(), true);
      if (!asked) continue;
      if (row.revision > from) watch->waiting.insert(key);
      if (from != 0) watch->told.insert(key);
    }
    watches.push_back(watch);
    wake(watch);
  }

  void wake(const std::shared_ptr<Watch>& watch) {
    bool due = watch->first || !watch->waiting.empty();
    if (due && !watch->sending && !watch->ended) tasks.add(send(watch));
  }

  /// In order of revision: puts of what matches, removals of what was told and matches no longer.
  std::vector<Told> takeBatch(Watch& watch) {
    std::vector<Told> batch;
    for (auto& key : watch.waiting) {
      auto& row = table.rows().at(key);
      bool present = !row.removed && table.kinds().matches(watch.asked(), row.object());
      bool known = present ? !watch.told.insert(key).second : watch.told.erase(key) > 0;
      if (present || known) batch.push_back({row, !present});
    }
    watch.waiting.clear();
    std::stable_sort(batch.begin(), batch.end(), [](const Told& left, const Told& right) {
      return left.row.revision < right.row.revision;
    });
    return batch;
  }

  Task<> send(std::shared_ptr<Watch> watch) {
    watch->sending = true;
    while (!watch->ended && (watch->first || !watch->waiting.empty())) {
      auto batch = takeBatch(*watch);
      bool worthTelling = watch->first || !batch.empty();
      watch->first = false;
      if (!worthTelling) continue;
      auto request = watch->sink.eventsRequest();
      request.setRevision(table.revision());
      auto events = request.initEvents(batch.size());
      for (size_t i = 0; i < batch.size(); ++i) {
        events[i].setType(batch[i].removed ? schema::WatchEvent::Type::REMOVED
                                           : schema::WatchEvent::Type::PUT);
        events[i].setObject(batch[i].row.object());
      }
      co_await request.send().ignoreResult();
    }
    watch->sending = false;
  }

  const FakeTable::Row& existing(const FakeTable::Key& key) {
    auto row = table.find(key);
    if (row == nullptr) fail(ErrorCode::NOT_FOUND, std::get<0>(key) + " " + std::get<2>(key));
    return *row;
  }

  void learn(schema::KindDefinition::Reader definition, capnp::SchemaLoader& loader) {
    for (auto node : definition.getNodes()) loader.loadOnce(node);
    FakeKind kind{nullptr, nullptr, definition.getNamespaced()};
    if (definition.getSpecType() != 0) kind.spec = loader.get(definition.getSpecType()).asStruct();
    if (definition.getStatusType() != 0) {
      kind.status = loader.get(definition.getStatusType()).asStruct();
    }
    table.kinds().add(definition.getName().cStr(), kind);
  }

  capnp::SchemaLoader loader;
  std::vector<std::unique_ptr<capnp::MallocMessageBuilder>> definitions;
};

namespace {

using State = FakeObjects::State;

class ObjectsServer final : public schema::Objects::Server {
 public:
  explicit ObjectsServer(std::shared_ptr<State> state) : state_(kj::mv(state)) {}

  kj::Promise<void> get(GetContext context) override {
    auto ref = context.getParams().getRef();
    auto& row =
        state_->existing(state_->table.keyOf(ref.getKind(), ref.getNamespace(), ref.getName()));
    if (ref.getUid() != "" && ref.getUid() != row.object().getMetadata().getUid()) {
      fail(ErrorCode::NOT_FOUND, std::string("an object with uid ") + ref.getUid().cStr());
    }
    context.getResults().setObject(row.object());
    return kj::READY_NOW;
  }

  kj::Promise<void> list(ListContext context) override {
    std::vector<schema::Object::Reader> found;
    for (auto& [key, row] : state_->table.rows()) {
      bool matches = !row.removed &&
                     state_->table.kinds().matches(context.getParams().getQuery(), row.object());
      if (matches) found.push_back(row.object());
    }
    auto results = context.getResults();
    results.setRevision(state_->table.revision());
    auto objects = results.initObjects(found.size());
    for (size_t i = 0; i < found.size(); ++i) objects.setWithCaveats(i, found[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> commit(CommitContext context) override {
    auto params = context.getParams();
    auto rows = state_->commit(params.getChanges(), params.getCause());
    auto results = context.getResults();
    results.setRevision(state_->table.revision());
    auto objects = results.initObjects(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) objects.setWithCaveats(i, rows[i].object());
    return kj::READY_NOW;
  }

  kj::Promise<void> watch(WatchContext context) override {
    auto params = context.getParams();
    if (params.getFrom() != 0 && params.getFrom() < state_->compacted) {
      fail(ErrorCode::TOO_OLD, "that revision is compacted; list again");
    }
    auto watch = std::make_shared<Watch>(params.getQuery(), params.getSink());
    state_->open(watch, params.getFrom());
    context.getResults().setWatch(makeHandle([state = state_, watch]() {
      watch->ended = true;
      state->watches.remove(watch);
    }));
    return kj::READY_NOW;
  }

  kj::Promise<void> registerKind(RegisterKindContext context) override {
    auto kept = std::make_unique<capnp::MallocMessageBuilder>();
    kept->setRoot(context.getParams().getKind());
    state_->learn(kept->getRoot<schema::KindDefinition>().asReader(), state_->loader);
    state_->definitions.push_back(kj::mv(kept));
    return kj::READY_NOW;
  }

  kj::Promise<void> kinds(KindsContext context) override {
    auto list = context.getResults().initKinds(state_->definitions.size());
    for (size_t i = 0; i < state_->definitions.size(); ++i) {
      list.setWithCaveats(i, state_->definitions[i]->getRoot<schema::KindDefinition>().asReader());
    }
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

FakeObjects::FakeObjects() : state_(std::make_shared<State>()) {}

schema::Objects::Client FakeObjects::client() {
  return kj::heap<ObjectsServer>(state_);
}

uint64_t FakeObjects::revision() const {
  return state_->table.revision();
}

kj::Maybe<schema::Object::Reader> FakeObjects::find(const Name& name) const {
  auto row = state_->table.find(
      state_->table.keyOf(name.kind.c_str(), name.space.c_str(), name.name.c_str()));
  if (row == nullptr) return nullptr;
  return row->object();
}

std::vector<std::string> FakeObjects::names(const std::string& kind) const {
  std::vector<std::string> names;
  for (auto& [key, row] : state_->table.rows()) {
    auto& [rowKind, space, name] = key;
    if (rowKind == kind && !row.removed) names.push_back(space.empty() ? name : space + "/" + name);
  }
  return names;
}

void FakeObjects::remove(const Name& name) {
  write(schema::Change::Op::DELETE, name, [](schema::Object::Builder) {});
}

void FakeObjects::write(schema::Change::Op op, const Name& name,
                        kj::Function<void(schema::Object::Builder)> fill) {
  capnp::MallocMessageBuilder message;
  auto params = message.initRoot<schema::Objects::CommitParams>();
  auto change = params.initChanges(1)[0];
  change.setOp(op);
  auto object = change.initObject();
  fill(object);
  auto metadata = object.getMetadata();
  metadata.setKind(name.kind);
  metadata.setNamespace(name.space);
  metadata.setName(name.name);
  params.initCause().setActor("user/test");
  state_->commit(params.asReader().getChanges(), params.asReader().getCause());
}

void FakeObjects::writePresent(schema::Change::Op op, const Name& name,
                               kj::Function<void(schema::Object::Builder)> change) {
  capnp::MallocMessageBuilder copy;
  auto key = state_->table.keyOf(name.kind.c_str(), name.space.c_str(), name.name.c_str());
  copy.setRoot(state_->existing(key).object());
  auto object = copy.getRoot<schema::Object>();
  change(object);
  write(op, name, [&](schema::Object::Builder builder) {
    builder.setMetadata(object.asReader().getMetadata());
    builder.getSpec().set(object.asReader().getSpec());
    builder.getStatus().set(object.asReader().getStatus());
  });
}

void FakeObjects::compact() {
  state_->compacted = state_->table.revision();
  for (auto& watch : state_->watches) {
    watch->ended = true;
    auto request = watch->sink.lostRequest();
    request.setMessage("compacted");
    state_->tasks.add(request.send().ignoreResult());
  }
  state_->watches.clear();
}

}  // namespace stave::testing
