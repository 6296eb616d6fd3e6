#include <stave/client.h>
#include <stave/error.h>

namespace stave {

namespace {

void fill(schema::Query::Builder query, const Selection& selection) {
  query.setKind(selection.kind);
  query.setName(selection.name);
  query.setNamespace(selection.nameSpace);
}

class Sink final : public schema::WatchSink::Server {
 public:
  Sink(WatchCallback callback, kj::Own<kj::PromiseFulfiller<void>> ended)
      : callback_(kj::mv(callback)), ended_(kj::mv(ended)) {}

  kj::Promise<void> events(EventsContext context) override {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   for (auto event : context.getParams().getEvents()) callback_(event);
                 })) {
      ended_->reject(kj::mv(*exception));
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> lost(LostContext context) override {
    ended_->reject(makeError(ErrorCode::TOO_OLD, context.getParams().getMessage().cStr()));
    return kj::READY_NOW;
  }

 private:
  WatchCallback callback_;
  kj::Own<kj::PromiseFulfiller<void>> ended_;
};

}  // namespace

Task<std::vector<ObjectCopy>> listObjects(schema::Objects::Client objects, Selection selection) {
  auto request = objects.listRequest();
  fill(request.initQuery(), selection);
  auto reply = co_await request.send();
  std::vector<ObjectCopy> found;
  for (auto object : reply.getObjects()) found.emplace_back(object);
  co_return found;
}

Task<ObjectCopy> getObject(schema::Objects::Client objects, std::string kind, std::string nameSpace,
                           std::string name) {
  auto request = objects.getRequest();
  auto reference = request.initRef();
  reference.setKind(kind);
  reference.setNamespace(nameSpace);
  reference.setName(name);
  auto reply = co_await request.send();
  co_return ObjectCopy(reply.getObject());
}

kj::Promise<void> watchObjects(schema::Objects::Client objects, Selection selection, uint64_t from,
                               WatchCallback callback) {
  auto request = objects.watchRequest();
  fill(request.initQuery(), selection);
  request.setFrom(from);
  auto ended = kj::newPromiseAndFulfiller<void>();
  request.setSink(kj::heap<Sink>(kj::mv(callback), kj::mv(ended.fulfiller)));
  // The watch lives as long as its handle, and the handle as long as the promise.
  return request.send().then(
      [over = kj::mv(ended.promise)](auto reply) mutable { return over.attach(reply.getWatch()); });
}

kj::Promise<void> waitForObject(schema::Objects::Client objects, Selection selection, uint64_t from,
                                kj::Function<bool(schema::WatchEvent::Reader)> isIt) {
  auto found = kj::newPromiseAndFulfiller<void>();
  auto watching = watchObjects(kj::mv(objects), kj::mv(selection), from,
                               [isIt = kj::mv(isIt), fulfiller = kj::mv(found.fulfiller)](
                                   schema::WatchEvent::Reader event) mutable {
                                 if (fulfiller->isWaiting() && isIt(event)) fulfiller->fulfill();
                               });
  return found.promise.exclusiveJoin(kj::mv(watching));
}

}  // namespace stave
