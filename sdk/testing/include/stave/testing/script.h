#pragma once

#include <capnp/capability.h>
#include <capnp/schema.h>
#include <kj/timer.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stave::testing {

/// What is to go wrong with which call. Calls of a method are counted from 1; 0 means every one.
class Script {
 public:
  static constexpr unsigned every = 0;

  /// The call fails and does not reach the target.
  Script& fail(const std::string& method, unsigned call, kj::Exception exception);
  /// The call is done, but its answer is lost: it fails as if the process had died then.
  Script& loseAnswer(const std::string& method, unsigned call);
  /// The call reaches the target only after a while.
  Script& delay(const std::string& method, unsigned call, kj::Duration duration);
  /// The call is never answered and does not reach the target.
  Script& swallow(const std::string& method, unsigned call);

  /// How often the method was called.
  unsigned calls(const std::string& method) const;
  /// No rule applies any more.
  void clear() { rules_.clear(); }

 private:
  enum class Action { fail, loseAnswer, delay, swallow };
  struct Rule {
    std::string method;
    unsigned call;
    Action action;
    kj::Maybe<kj::Exception> exception;
    kj::Duration duration;
  };

  const Rule* next(const std::string& method);

  std::vector<Rule> rules_;
  std::map<std::string, unsigned> calls_;
  friend class ScriptedServer;
};

/// A capability in front of `target` that follows a script: the mock of every kind of plug-in.
capnp::Capability::Client scripted(capnp::Capability::Client target, capnp::InterfaceSchema schema,
                                   kj::Timer& timer, std::shared_ptr<Script> script);

template <typename Interface>
typename Interface::Client scripted(typename Interface::Client target, kj::Timer& timer,
                                    std::shared_ptr<Script> script) {
  return scripted(capnp::Capability::Client(kj::mv(target)), capnp::Schema::from<Interface>(),
                  timer, kj::mv(script))
      .template castAs<Interface>();
}

}  // namespace stave::testing
