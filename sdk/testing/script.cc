#include <stave/testing/script.h>

#include <stave/error.h>
#include <stave/task.h>

namespace stave::testing {

Script& Script::fail(const std::string& method, unsigned call, kj::Exception exception) {
  rules_.push_back({method, call, Action::fail, kj::mv(exception), 0 * kj::SECONDS});
  return *this;
}

Script& Script::loseAnswer(const std::string& method, unsigned call) {
  rules_.push_back({method, call, Action::loseAnswer, nullptr, 0 * kj::SECONDS});
  return *this;
}

Script& Script::delay(const std::string& method, unsigned call, kj::Duration duration) {
  rules_.push_back({method, call, Action::delay, nullptr, duration});
  return *this;
}

Script& Script::swallow(const std::string& method, unsigned call) {
  rules_.push_back({method, call, Action::swallow, nullptr, 0 * kj::SECONDS});
  return *this;
}

unsigned Script::calls(const std::string& method) const {
  auto found = calls_.find(method);
  return found == calls_.end() ? 0 : found->second;
}

const Script::Rule* Script::next(const std::string& method) {
  unsigned call = ++calls_[method];
  for (auto& rule : rules_) {
    if (rule.method == method && (rule.call == every || rule.call == call)) return &rule;
  }
  return nullptr;
}

/// Passes calls on, whatever their types are.
class ScriptedServer final : public capnp::Capability::Server {
 public:
  ScriptedServer(capnp::Capability::Client target, capnp::InterfaceSchema schema, kj::Timer& timer,
                 std::shared_ptr<Script> script)
      : target_(kj::mv(target)), schema_(schema), timer_(timer), script_(kj::mv(script)) {}

  DispatchCallResult dispatchCall(
      uint64_t interfaceId, uint16_t methodId,
      capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context) override {
    return {perform(interfaceId, methodId, context), false};
  }

 private:
  using Context = capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer>;

  std::string nameOf(uint64_t interfaceId, uint16_t methodId) {
    KJ_IF_MAYBE (interface, schema_.findSuperclass(interfaceId)) {
      return interface->getMethods()[methodId].getProto().getName().cStr();
    }
    return "?";
  }

  kj::Promise<void> perform(uint64_t interfaceId, uint16_t methodId, Context context) {
    using Action = Script::Action;
    context.allowCancellation();
    auto rule = script_->next(nameOf(interfaceId, methodId));
    if (rule == nullptr) return forward(interfaceId, methodId, context);
    switch (rule->action) {
      case Action::fail:
        return kj::cp(KJ_ASSERT_NONNULL(rule->exception));
      case Action::swallow:
        return kj::NEVER_DONE;
      case Action::delay:
        return timer_.afterDelay(rule->duration)
            .then([this, interfaceId, methodId, context]() mutable {
              return forward(interfaceId, methodId, context);
            });
      case Action::loseAnswer:
        return send(interfaceId, methodId, context).ignoreResult().then([]() -> kj::Promise<void> {
          return makeError(ErrorCode::UNAVAILABLE, "the answer was lost");
        });
    }
    KJ_UNREACHABLE;
  }

  capnp::RemotePromise<capnp::AnyPointer> send(uint64_t interfaceId, uint16_t methodId,
                                               Context context) {
    auto params = context.getParams();
    auto request = target_.typelessRequest(interfaceId, methodId, params.targetSize());
    request.set(params);
    return request.send();
  }

  kj::Promise<void> forward(uint64_t interfaceId, uint16_t methodId, Context context) {
    return send(interfaceId, methodId, context)
        .then([context](capnp::Response<capnp::AnyPointer>&& response) mutable {
          context.getResults(response.targetSize()).set(response);
        });
  }

  capnp::Capability::Client target_;
  capnp::InterfaceSchema schema_;
  kj::Timer& timer_;
  std::shared_ptr<Script> script_;
};

capnp::Capability::Client scripted(capnp::Capability::Client target, capnp::InterfaceSchema schema,
                                   kj::Timer& timer, std::shared_ptr<Script> script) {
  return kj::heap<ScriptedServer>(kj::mv(target), schema, timer, kj::mv(script));
}

}  // namespace stave::testing
