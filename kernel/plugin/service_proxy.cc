#include "kernel/plugin/service_proxy.h"

#include "stave/error.h"
#include "stave/task.h"

namespace stave::plugin {

namespace {

constexpr int mostRepeats = 3;

using AnyContext = capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer>;

class ServiceProxy final : public capnp::Capability::Server {
 public:
  ServiceProxy(kj::Timer& timer, Supervisor& supervisor, MethodTable& methods,
               kj::Maybe<Supervisor&> fallback)
      : timer_(timer), supervisor_(supervisor), methods_(methods), fallback_(fallback) {}

  DispatchCallResult dispatchCall(uint64_t interfaceId, uint16_t methodId,
                                  AnyContext context) override {
    context.allowCancellation();
    auto traits = methods_.traits(interfaceId, methodId);
    auto call = forward(interfaceId, methodId, context, traits).promise();
    if (!traits.unbounded) call = call.exclusiveJoin(deadline(traits.name));
    return {counted(kj::mv(call), traits.name), false};
  }

 private:
  Supervisor& target() {
    KJ_IF_MAYBE (other, fallback_) {
      if (supervisor_.state() != Supervisor::State::LOADED) return *other;
    }
    return supervisor_;
  }

  Task<> forward(uint64_t interfaceId, uint16_t methodId, AnyContext context, MethodTraits traits) {
    for (int attempt = 0;; attempt++) {
      auto& supervisor = target();
      auto service = co_await supervisor.service();
      auto parameters = context.getParams();
      auto request =
          service.capability.typelessRequest(interfaceId, methodId, parameters.targetSize());
      request.set(parameters);
      kj::Maybe<kj::Exception> lost;
      try {
        auto sent = request.send();
        // What is asked of the answer goes on at once. The answer of a repeated call is another.
        if (!traits.idempotent) context.setPipeline(kj::mv(sent));
        auto response = co_await kj::mv(sent);
        context.getResults(response.targetSize()).set(response);
      } catch (kj::Exception& exception) {
        if (isAnswer(exception, supervisor)) throw;
        if (exception.getType() == kj::Exception::Type::UNIMPLEMENTED) {
          fail(ErrorCode::UNSUPPORTED, "plug-in " + supervisor.config().fullName() +
                                           " does not have the method " + traits.name);
        }
        lost = kj::mv(exception);
      }
      if (lost == nullptr) co_return;
      supervisor.disconnected(service.generation);
      auto how = co_await supervisor.endOf(service.generation);
      if (traits.idempotent && attempt < mostRepeats) continue;
      fail(ErrorCode::UNAVAILABLE, "plug-in " + supervisor.config().fullName() + " died during " +
                                       traits.name + (how.empty() ? "" : ": " + how));
    }
  }

  /// Whether a failure is the plug-in's own. What RPC itself has to say has no code: that the
  /// method does not exist, or, and then it was said on this side, that the connection is lost.
  static bool isAnswer(const kj::Exception& exception, Supervisor& supervisor) {
    auto text = exception.getDescription();
    bool remote = text.startsWith("remote exception: ");
    if (text.startsWith("[") || text.startsWith("remote exception: [")) return true;
    if (exception.getType() == kj::Exception::Type::UNIMPLEMENTED) return false;
    return exception.getType() != kj::Exception::Type::DISCONNECTED || remote ||
           supervisor.config().isolation == schema::PluginSpec::Isolation::INLINE;
  }

  kj::Promise<void> deadline(const std::string& method) {
    auto milliseconds = supervisor_.config().deadlineMs;
    return timer_.afterDelay(milliseconds * kj::MILLISECONDS)
        .then([this, method, milliseconds]() -> kj::Promise<void> {
          return makeError(ErrorCode::DEADLINE, "plug-in " + supervisor_.config().fullName() +
                                                    ": " + method + " did not finish within " +
                                                    std::to_string(milliseconds) + " ms");
        });
  }

  kj::Promise<void> counted(kj::Promise<void> call, std::string method) {
    auto& count = supervisor_.calls()[method];
    auto begin = kj::systemPreciseMonotonicClock().now();
    auto done = [&count, begin](bool failed) {
      uint64_t micros = (kj::systemPreciseMonotonicClock().now() - begin) / kj::MICROSECONDS;
      count.calls++;
      if (failed) count.failures++;
      count.totalMicros += micros;
      count.maxMicros = std::max(count.maxMicros, micros);
    };
    return call.then([done]() { done(false); },
                     [done](kj::Exception&& exception) {
                       done(true);
                       kj::throwFatalException(kj::mv(exception));
                     });
  }

  kj::Timer& timer_;
  Supervisor& supervisor_;
  MethodTable& methods_;
  kj::Maybe<Supervisor&> fallback_;
};

}  // namespace

capnp::Capability::Client newServiceProxy(kj::Timer& timer, Supervisor& supervisor,
                                          MethodTable& methods, kj::Maybe<Supervisor&> fallback) {
  return kj::heap<ServiceProxy>(timer, supervisor, methods, fallback);
}

}  // namespace stave::plugin
