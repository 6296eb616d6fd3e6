#include <stave/error.h>
#include <stave/testing/null_services.h>

#include <map>
#include <memory>

namespace stave::testing {

namespace {

using Phase = schema::ContainerState::Phase;

struct Record {
  explicit Record(kj::PromiseFulfillerPair<void> pair)
      : fulfiller(kj::mv(pair.fulfiller)), stopped(pair.promise.fork()) {}

  std::string id;
  Phase phase = Phase::CREATED;
  int code = 0;
  kj::Own<kj::PromiseFulfiller<void>> fulfiller;
  kj::ForkedPromise<void> stopped;

  void stop(int exitCode) {
    if (phase == Phase::STOPPED) return;
    phase = Phase::STOPPED;
    code = exitCode;
    fulfiller->fulfill();
  }

  void fill(schema::ContainerState::Builder state) const {
    state.setId(id);
    state.setPhase(phase);
    state.initExit().setCode(code);
  }
};

using Records = std::map<std::string, std::shared_ptr<Record>>;

class NullContainer final : public schema::Container::Server {
 public:
  NullContainer(std::shared_ptr<Records> records, std::shared_ptr<Record> record)
      : records_(kj::mv(records)), record_(kj::mv(record)) {}

  kj::Promise<void> start(StartContext) override {
    move(Phase::CREATED, Phase::RUNNING);
    return kj::READY_NOW;
  }
  kj::Promise<void> state(StateContext context) override {
    record_->fill(context.getResults().initState());
    return kj::READY_NOW;
  }
  kj::Promise<void> wait(WaitContext context) override {
    context.allowCancellation();
    return record_->stopped.addBranch().then([context, record = record_]() mutable {
      context.getResults().initExit().setCode(record->code);
    });
  }
  kj::Promise<void> signal(SignalContext context) override {
    require(Phase::RUNNING);
    record_->stop(128 + context.getParams().getNumber());
    return kj::READY_NOW;
  }
  kj::Promise<void> pause(PauseContext) override {
    if (record_->phase != Phase::PAUSED) move(Phase::RUNNING, Phase::PAUSED);
    return kj::READY_NOW;
  }
  kj::Promise<void> resume(ResumeContext) override {
    if (record_->phase != Phase::RUNNING) move(Phase::PAUSED, Phase::RUNNING);
    return kj::READY_NOW;
  }
  kj::Promise<void> update(UpdateContext) override { return kj::READY_NOW; }
  kj::Promise<void> delete_(DeleteContext) override {
    record_->stop(128 + 9);
    records_->erase(record_->id);
    return kj::READY_NOW;
  }
  kj::Promise<void> statistics(StatisticsContext context) override {
    context.getResults().initStatistics();
    return kj::READY_NOW;
  }
  kj::Promise<void> processes(ProcessesContext context) override { return kj::READY_NOW; }
  kj::Promise<void> exec(ExecContext) override { unsupported("a process in it"); }
  kj::Promise<void> attach(AttachContext) override { unsupported("output"); }
  kj::Promise<void> namespaces(NamespacesContext) override { unsupported("namespaces"); }
  kj::Promise<void> resize(ResizeContext) override { unsupported("a terminal"); }
  kj::Promise<void> reopenLog(ReopenLogContext) override { return kj::READY_NOW; }

 private:
  void require(Phase phase) {
    if (record_->phase != phase) {
      fail(ErrorCode::CONFLICT, "container " + record_->id + " is not in the state for that");
    }
  }
  void move(Phase from, Phase to) {
    require(from);
    record_->phase = to;
  }
  [[noreturn]] void unsupported(const char* what) {
    fail(ErrorCode::UNSUPPORTED, std::string("a container of the null runtime has no ") + what);
  }

  std::shared_ptr<Records> records_;
  std::shared_ptr<Record> record_;
};

class NullRuntime final : public schema::Runtime::Server {
 public:
  kj::Promise<void> create(CreateContext context) override {
    auto spec = context.getParams().getSpec();
    auto record = std::make_shared<Record>(kj::newPromiseAndFulfiller<void>());
    record->id = spec.getId().cStr();
    if (spec.getArguments().size() == 0) fail(ErrorCode::INVALID, "arguments: empty");
    if (!records_->insert({record->id, record}).second) {
      fail(ErrorCode::ALREADY_EXISTS, "container " + record->id);
    }
    context.getResults().setContainer(kj::heap<NullContainer>(records_, record));
    return kj::READY_NOW;
  }

  kj::Promise<void> get(GetContext context) override {
    auto found = records_->find(context.getParams().getId().cStr());
    if (found == records_->end()) {
      fail(ErrorCode::NOT_FOUND, std::string("container ") + context.getParams().getId().cStr());
    }
    context.getResults().setContainer(kj::heap<NullContainer>(records_, found->second));
    found->second->fill(context.getResults().initState());
    return kj::READY_NOW;
  }

  kj::Promise<void> list(ListContext context) override {
    auto list = context.getResults().initContainers(records_->size());
    unsigned i = 0;
    for (auto& [id, record] : *records_) record->fill(list[i++]);
    return kj::READY_NOW;
  }

  kj::Promise<void> reserve(ReserveContext context) override {
    class Nothing final : public schema::Reservation::Server {};
    context.getResults().setReservation(kj::heap<Nothing>());
    return kj::READY_NOW;
  }

  kj::Promise<void> features(FeaturesContext context) override {
    context.getResults().initMissing(1).set(0, "The null runtime runs nothing.");
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<Records> records_ = std::make_shared<Records>();
};

}  // namespace

schema::Runtime::Client newNullRuntime() {
  return kj::heap<NullRuntime>();
}

}  // namespace stave::testing
