#pragma once

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/testing/fake_broker.h>
#include <stave/testing/plugin_harness.h>
#include <stave/testing/wait.h>

#include <string>

/// What a conformance suite is written against: the plug-in under test, whichever it is and however
/// it is isolated. Every test gets a fresh one with empty directories; it is ended after the test.
namespace stave::conformance {

/// The running service; started by the first call in a test.
capnp::Capability::Client anySubject();

template <typename Interface>
typename Interface::Client subject() {
  return anySubject().castAs<Interface>();
}

/// Kills the plug-in (SIGKILL when it is a process) and starts it again with the same directories.
/// Take the subject anew afterwards.
void restartSubject();
void killSubject();

/// Ends it in good order and starts it again.
void stopAndStartSubject();

/// What runs, for what is not behind the interface; null before the first `subject()` of a test.
testing::PluginHarness& harness();
testing::Isolation isolation();
testing::FakeBroker&
broker();  ///< fresh for every test; provide services and objects before subject()
Loop& loop();

/// Waits for an answer, with a bound.
template <typename T>
T wait(kj::Promise<T> promise, std::string_view what = "an answer") {
  return testing::wait(loop(), kj::mv(promise), what);
}
template <typename T>
capnp::Response<T> wait(capnp::RemotePromise<T> promise, std::string_view what = "an answer") {
  return testing::wait(loop(), kj::Promise<capnp::Response<T>>(kj::mv(promise)), what);
}

/// Waits for the promise to fail and gives the error's code; success fails the test with an
/// exception.
template <typename T>
ErrorCode failureOf(kj::Promise<T> promise, std::string_view what = "a refusal") {
  return testing::codeOfFailure(loop(), kj::mv(promise), what);
}
template <typename T>
ErrorCode failureOf(capnp::RemotePromise<T> promise, std::string_view what = "a refusal") {
  return testing::codeOfFailure(loop(), kj::Promise<capnp::Response<T>>(kj::mv(promise)), what);
}

inline void waitUntil(kj::Function<bool()> condition, std::string_view what) {
  testing::waitUntil(loop(), kj::mv(condition), what);
}

}  // namespace stave::conformance
