#pragma once

#include <kj/async.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include <coroutine>

/// Coroutines on KJ promises, for Cap'n Proto 0.9 whose headers have none.
///
///     Task<int> answer(schema::Store::Client store) {
///       auto reply = co_await store.statusRequest().send();
///       co_return reply.getKeys();
///     }
///
/// A `Task<T>` starts at once, converts to `kj::Promise<T>`, and dropping either cancels it. In an
/// RPC method use `async`, which keeps the captures of its lambda alive. `kj::Promise` itself
/// cannot be the coroutine type: g++ 12 dies on any coroutine whose return type has a destructor
/// that may throw. For the same compiler `auto x = co_await y;` must stand as a statement of its
/// own.
namespace stave {

namespace detail {

namespace ki = ::kj::_;  // the only KJ internals used: PromiseNode, Event, ExceptionOr

/// One object is both the result node of the returned promise and the event that resumes the frame.
class CoroutineBase : public ki::PromiseNode, public ki::Event {
 public:
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept {
    ready_.arm();
    return {};
  }

  void onReady(ki::Event* event) noexcept override { ready_.init(event); }
  void tracePromise(ki::TraceBuilder& builder, bool stopAtNextEvent) override {
    if (!stopAtNextEvent && waiting != nullptr) waiting->tracePromise(builder, false);
  }
  void traceEvent(ki::TraceBuilder& builder) override {
    if (waiting != nullptr) waiting->tracePromise(builder, true);
    ready_.traceEvent(builder);
  }

  ki::PromiseNode* waiting = nullptr;

 protected:
  kj::Maybe<kj::Own<ki::Event>> fire() override {
    frame_.resume();
    return nullptr;
  }

  std::coroutine_handle<> frame_;
  OnReadyEvent ready_;
};

template <typename T>
class [[nodiscard]] Awaiter {
 public:
  Awaiter(CoroutineBase& coroutine, kj::Promise<T>&& promise)
      : coroutine_(coroutine), node_(ki::PromiseNode::from(kj::mv(promise))) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept {
    node_->setSelfPointer(&node_);
    coroutine_.waiting = node_.get();
    node_->onReady(&coroutine_);
  }
  T await_resume() {
    coroutine_.waiting = nullptr;
    ki::ExceptionOr<ki::FixVoid<T>> result;
    node_->get(result);
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { node_ = nullptr; })) {
      result.addException(kj::mv(*exception));
    }
    return ki::convertToReturn(kj::mv(result));
  }

 private:
  CoroutineBase& coroutine_;
  kj::Own<ki::PromiseNode> node_;
};

template <typename T>
class CoroutineResult : public CoroutineBase {
 public:
  template <typename U>
  void return_value(U&& value) {
    result_ = ki::ExceptionOr<T>(T(kj::fwd<U>(value)));
  }

 protected:
  ki::ExceptionOr<T> result_;
};

template <>
class CoroutineResult<void> : public CoroutineBase {
 public:
  void return_void() { result_ = ki::ExceptionOr<ki::Void>(ki::Void()); }

 protected:
  ki::ExceptionOr<ki::Void> result_;
};

template <typename T>
class Coroutine;

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Coroutine<T>;

  Task(Task&& other) noexcept = default;
  ~Task() noexcept {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { node_ = nullptr; })) {
      KJ_LOG(ERROR, "exception while a task was cancelled", *exception);
    }
  }

  operator kj::Promise<T>() && { return kj::mv(*this).promise(); }
  kj::Promise<T> promise() && { return detail::ki::PromiseNode::to<kj::Promise<T>>(kj::mv(node_)); }

 private:
  explicit Task(kj::Own<detail::ki::PromiseNode> node) noexcept : node_(kj::mv(node)) {}

  kj::Own<detail::ki::PromiseNode> node_;
  friend class detail::Coroutine<T>;
};

namespace detail {

template <typename T>
class Coroutine final : public CoroutineResult<T> {
  using Handle = std::coroutine_handle<Coroutine>;
  struct Disposer final : public kj::Disposer {
    void disposeImpl(void* pointer) const override {
      Handle::from_promise(*static_cast<Coroutine*>(pointer)).destroy();
    }
  };
  static constexpr Disposer disposer{};

 public:
  Task<T> get_return_object() {
    this->frame_ = Handle::from_promise(*this);
    return Task<T>(kj::Own<ki::PromiseNode>(this, disposer));
  }
  void unhandled_exception() {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([]() { throw; })) {
      this->result_.addException(kj::mv(*exception));
    }
  }
  void get(ki::ExceptionOrValue& output) noexcept override {
    output.as<ki::FixVoid<T>>() = kj::mv(this->result_);
  }
  template <typename U>
  Awaiter<U> await_transform(kj::Promise<U>&& promise) {
    return {*this, kj::mv(promise)};
  }
  template <typename U>
  Awaiter<U> await_transform(Task<U>&& task) {
    return {*this, kj::mv(task).promise()};
  }
  template <typename U>
  Awaiter<U> await_transform(kj::ForkedPromise<U>& fork) {
    return {*this, fork.addBranch()};
  }
};

}  // namespace detail

/// Runs a coroutine lambda and keeps what it captured alive until it is done.
template <typename Function>
auto async(Function&& function) -> decltype(function().promise()) {
  auto kept = kj::heap<kj::Decay<Function>>(kj::fwd<Function>(function));
  auto promise = (*kept)().promise();
  return promise.attach(kj::mv(kept));
}

}  // namespace stave
