#include "attachments.h"

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/task.h>

namespace stave::node {

namespace {

/// What an attachment has once the container exists.
struct Opened {
  schema::Process::Client process;
  std::shared_ptr<kj::AutoCloseFd> socket;
};

Task<Opened> openAttachment(schema::Container::Client container) {
  auto process = container.attachRequest().send().getProcess();  // both calls leave together
  auto streams = co_await process.streamsRequest().send();
  auto socket = co_await takeFd(streams.getSocket(), "attachment");
  co_return Opened{process, std::make_shared<kj::AutoCloseFd>(kj::mv(socket))};
}

/// Forwards to a process whose streams were taken already.
template <typename Get>
class ForwardingProcess final : public schema::Process::Server {
 public:
  explicit ForwardingProcess(Get get) : get_(std::move(get)) {}

  kj::Promise<void> streams(StreamsContext context) override {
    context.allowCancellation();
    return get_().then([context](Opened opened) mutable {
      if (opened.socket->get() < 0) {
        fail(ErrorCode::CONFLICT, "the streams of this attachment were taken already");
      }
      context.getResults().setSocket(makeFd(kj::mv(*opened.socket)));
    });
  }
  kj::Promise<void> wait(WaitContext context) override {
    context.allowCancellation();
    return get_().then([context](Opened opened) mutable {
      return opened.process.waitRequest().send().then(
          [context](auto&& response) mutable { context.getResults().setExit(response.getExit()); });
    });
  }
  kj::Promise<void> resize(ResizeContext context) override {
    return get_().then([context](Opened opened) mutable {
      auto request = opened.process.resizeRequest();
      request.setWidth(context.getParams().getWidth());
      request.setHeight(context.getParams().getHeight());
      return request.send().ignoreResult();
    });
  }
  kj::Promise<void> signal(SignalContext context) override {
    return get_().then([context](Opened opened) mutable {
      auto request = opened.process.signalRequest();
      request.setNumber(context.getParams().getNumber());
      return request.send().ignoreResult();
    });
  }
  kj::Promise<void> pid(PidContext context) override {
    return get_().then([context](Opened opened) mutable {
      return opened.process.pidRequest().send().then(
          [context](auto&& response) mutable { context.getResults().setPid(response.getPid()); });
    });
  }

 private:
  Get get_;
};

template <typename Get>
schema::Process::Client forwarding(Get get) {
  return kj::heap<ForwardingProcess<Get>>(std::move(get));
}

}  // namespace

struct Attachments::Pending {
  Pending() : pair(kj::newPromiseAndFulfiller<Opened>()), opened(pair.promise.fork()) {}
  kj::PromiseFulfillerPair<Opened> pair;
  kj::ForkedPromise<Opened> opened;
};

schema::Process::Client Attachments::waitForStart() {
  auto pending = std::make_shared<Pending>();
  waiting_.push_back(pending);
  KJ_IF_MAYBE (onAttached, onAttached_) (*onAttached)->fulfill();
  return forwarding([pending]() { return pending->opened.addBranch(); });
}

kj::Promise<void> Attachments::whenAttached() {
  if (!waiting_.empty()) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  onAttached_ = kj::mv(pair.fulfiller);
  return kj::mv(pair.promise);
}

kj::Promise<void> Attachments::open(schema::Container::Client container,
                                    kj::Promise<void> created) {
  auto exists = created.then([]() { return true; }, [](kj::Exception&&) { return false; }).fork();
  auto promises = kj::Vector<kj::Promise<void>>();
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (auto& weak : waiting) {
    auto pending = weak.lock();
    if (pending == nullptr) continue;
    kj::Promise<Opened> opening = openAttachment(container);
    auto failed = [this, pending, there = exists.addBranch()](kj::Exception&& exception) mutable {
      return there.then([this, pending, exception = kj::mv(exception)](bool created) mutable {
        if (created) {
          pending->pair.fulfiller->reject(kj::mv(exception));
        } else {
          waiting_.push_back(pending);
        }
      });
    };
    promises.add(opening.then(
        [pending](Opened opened) -> kj::Promise<void> {
          pending->pair.fulfiller->fulfill(kj::mv(opened));
          return kj::READY_NOW;
        },
        kj::mv(failed)));
  }
  return kj::joinPromises(promises.releaseAsArray());
}

void Attachments::reject(const kj::Exception& why) {
  for (auto& weak : waiting_) {
    if (auto pending = weak.lock()) pending->pair.fulfiller->reject(kj::cp(why));
  }
  waiting_.clear();
}

kj::Promise<schema::Process::Client> attachNow(schema::Container::Client container) {
  kj::Promise<Opened> opening = openAttachment(container);
  return opening.then([](Opened opened) -> schema::Process::Client {
    return forwarding([opened]() mutable { return kj::Promise<Opened>(opened); });
  });
}

}  // namespace stave::node
