#include "container_control.h"

#include <signal.h>
#include <stave/error.h>

#include "text.h"

namespace stave::node {

namespace {

constexpr auto pauseAfterFailure = 200 * kj::MILLISECONDS;
constexpr int32_t lostExitCode = 128 + SIGKILL;

kj::Promise<int32_t> startWith(schema::Container::Client& container,
                               const std::vector<ContainerControl::File>& files) {
  auto request = container.startRequest();
  auto list = request.initFiles(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    list[i].setTarget(files[i].target.c_str());
    list[i].setContent(kj::StringPtr(files[i].content.c_str(), files[i].content.size()).asBytes());
  }
  return request.send().then([](auto&& response) -> int32_t { return response.getPid(); });
}

}  // namespace

void fillIdMappings(capnp::List<schema::IdMapping>::Builder mappings) {
  mappings[0].setInside(0);
  mappings[0].setOutside(firstOutsideId);
  mappings[0].setCount(outsideIds);
}

ContainerControl::FileSystem ContainerControl::prepare(const std::string& chainId,
                                                       bool shiftedIds) {
  auto request = environment_.drivers.storage.prepareRequest();
  request.setSnapshot(id_.c_str());
  request.setParent(chainId.c_str());
  if (shiftedIds) {
    fillIdMappings(request.initOptions().initUidMappings(1));
    fillIdMappings(request.getOptions().initGidMappings(1));
  }
  auto sent = request.send();
  auto root = sent.getRoot();
  return {kj::mv(root), sent.ignoreResult()};
}

ContainerControl::FileSystem ContainerControl::open() {
  auto request = environment_.drivers.storage.openRequest();
  request.setSnapshot(id_.c_str());
  auto sent = request.send();
  auto root = sent.getRoot();
  return {kj::mv(root), sent.ignoreResult()};
}

/// A runtime that cannot do so yet says why when it is asked for the container.
void ContainerControl::reserve(const std::string& cgroupParent) {
  auto request = environment_.drivers.runtime.reserveRequest();
  request.setId(id_.c_str());
  request.setCgroupParent(cgroupParent.c_str());
  reservation_ = request.send().getReservation();
}

Task<int32_t> ContainerControl::run(std::function<void(schema::ContainerSpec::Builder)> fill,
                                    LateFiles late, Attachments& attachments) {
  KJ_DEFER(release());
  try {
    auto trying = attempt(fill, late, attachments);
    auto pid = co_await kj::mv(trying);
    co_return pid;
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::ALREADY_EXISTS) throw;
  }
  co_await discard();
  auto trying = attempt(fill, late, attachments);
  auto pid = co_await kj::mv(trying);
  co_return pid;
}

Task<int32_t> ContainerControl::attempt(std::function<void(schema::ContainerSpec::Builder)>& fill,
                                        LateFiles& late, Attachments& attachments) {
  auto request = environment_.drivers.runtime.createRequest();
  fill(request.initSpec());
  auto creating = request.send();
  auto ahead = creating.getContainer();
  auto created = kj::mv(creating)
                     .then([](auto&& response) -> schema::Container::Client {
                       return response.getContainer();
                     })
                     .fork();
  auto opening = attachments.open(ahead, created.addBranch().ignoreResult());
  auto starting =
      late()
          .then([ahead](std::vector<File> files) mutable { return startWith(ahead, files); })
          .eagerlyEvaluate(nullptr);
  co_await kj::mv(opening);
  auto container = co_await created.addBranch();
  container_ = kj::mv(container);
  auto pid = co_await kj::mv(starting);
  watch();
  co_return pid;
}

Task<> ContainerControl::signal(int number, bool all) {
  auto request = client().signalRequest();
  request.setNumber(number);
  request.setAll(all);
  co_await request.send();
}

Task<> ContainerControl::pause() {
  co_await client().pauseRequest().send();
}

Task<> ContainerControl::resume() {
  co_await client().resumeRequest().send();
}

Task<> ContainerControl::discard() {
  watching_ = nullptr;
  if (lost_) container_ = nullptr;  // nobody looks for it any more
  lost_ = false;
  KJ_IF_MAYBE (container, container_) {
    auto known = kj::mv(*container);
    container_ = nullptr;
    co_await known.deleteRequest().send();
    co_return;
  }
  auto request = environment_.drivers.runtime.getRequest();
  request.setId(id_.c_str());
  bool there = false;
  schema::Container::Client found = nullptr;
  try {
    auto response = co_await request.send();
    found = response.getContainer();
    there = true;
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::NOT_FOUND) throw;
  }
  if (there) co_await found.deleteRequest().send();
}

Task<> ContainerControl::removeSnapshot() {
  auto request = environment_.drivers.storage.removeRequest();
  request.setSnapshot(id_.c_str());
  co_await request.send();
}

void ContainerControl::adopt(schema::Container::Client container) {
  container_ = kj::mv(container);
  watch();
}

schema::Container::Client ContainerControl::client() {
  KJ_IF_MAYBE (container, container_) return *container;
  fail(ErrorCode::CONFLICT, "container " + id_ + " is not running");
}

void ContainerControl::watch() {
  watching_ = awaitExit(client()).promise().eagerlyEvaluate(
      [this](kj::Exception&& exception) { environment_.warn(id_ + ": " + textOf(exception)); });
}

Task<> ContainerControl::awaitExit(schema::Container::Client container) {
  for (;;) {
    auto begin = environment_.timer.now();
    bool done = co_await askExit(container);
    if (done) co_return;
    // The runtime is another instance now. Whoever wants something of the container waits for it.
    auto again = kj::newPromiseAndFulfiller<schema::Container::Client>();
    container_ = schema::Container::Client(kj::mv(again.promise));
    lost_ = true;
    bool soon = environment_.timer.now() - begin < pauseAfterFailure;
    if (soon) co_await environment_.timer.afterDelay(pauseAfterFailure);
    auto found = co_await findAgain();
    lost_ = false;
    KJ_IF_MAYBE (known, found) {
      again.fulfiller->fulfill(kj::cp(*known));
      container_ = container = kj::mv(*known);
      continue;
    }
    container_ = nullptr;
    onExit_({.code = lostExitCode,
             .finishedAt = environment_.now(),
             .message = "the runtime no longer knows the container"});
    co_return;
  }
}

Task<kj::Maybe<schema::Container::Client>> ContainerControl::findAgain() {
  for (;;) {
    auto request = environment_.drivers.runtime.getRequest();
    request.setId(id_.c_str());
    bool gone = false;
    try {
      auto response = co_await request.send();
      co_return response.getContainer();
    } catch (const kj::Exception& exception) {
      gone = codeOf(exception) == ErrorCode::NOT_FOUND;
    }
    if (gone) co_return nullptr;
    co_await environment_.timer.afterDelay(pauseAfterFailure);
  }
}

Task<bool> ContainerControl::askExit(schema::Container::Client container) {
  try {
    auto response = co_await container.waitRequest().send();
    noteExit(response.getExit());
    co_return true;
  } catch (const kj::Exception& exception) {
    environment_.log(schema::LogLevel::DEBUG, "waiting for " + id_ + ": " + textOf(exception));
  }
  co_return false;
}

void ContainerControl::noteExit(schema::ExitStatus::Reader status) {
  onExit_({.code = status.getCode(),
           .oomKilled = status.getOomKilled(),
           .startedAt = status.getStartedAt(),
           .finishedAt = status.getFinishedAt(),
           .message = text(status.getMessage())});
}

}  // namespace stave::node
