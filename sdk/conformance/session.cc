#include "session.h"

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <stave/error.h>

#include <algorithm>
#include <cctype>

namespace stave::conformance {

namespace {

/// What the free functions of subject.h stand on: gtest's tests are functions without parameters.
struct Run {
  const RunOptions& options;
  Loop loop;
  std::unique_ptr<Session> session;
};

Run* currentRun = nullptr;

Session& session() {
  KJ_REQUIRE(currentRun != nullptr, "no conformance run is under way");
  if (!currentRun->session) {
    currentRun->session = std::make_unique<Session>(currentRun->loop, currentRun->options);
  }
  return *currentRun->session;
}

/// Ends the plug-in after each test, so that none sees what another left.
class EndSession : public ::testing::EmptyTestEventListener {
  void OnTestEnd(const ::testing::TestInfo&) override { currentRun->session = nullptr; }
};

/// "store" to "StoreConformance", "my-kind" to "MyKindConformance".
std::string suiteOf(const std::string& kind) {
  std::string name;
  bool upper = true;
  for (char letter : kind) {
    if (letter == '-' || letter == '_') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(letter)) : letter;
    upper = false;
  }
  return name + "Conformance";
}

/// "A*:B-C" with the suite's name in front of each pattern.
std::string qualified(const std::string& suite, const std::string& filter) {
  std::string result = suite + ".";
  for (char letter : filter) {
    result += letter;
    if (letter == ':' || letter == '-') result += suite + ".";
  }
  return result;
}

bool knownSuite(const std::string& suite) {
  auto& unitTest = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < unitTest.total_test_suite_count(); ++i) {
    if (unitTest.GetTestSuite(i)->name() == suite) return true;
  }
  return false;
}

}  // namespace

Session::Session(Loop& loop, const RunOptions& options) : loop_(loop), options_(options) {}

testing::PluginHarness& Session::harness() {
  if (!harness_) {
    startCompanions();
    testing::PluginHarness::Options options{options_.file, options_.isolation, options_.settings};
    harness_ = std::make_unique<testing::PluginHarness>(loop_, broker_, options);
  }
  return *harness_;
}

testing::PluginHarness& Session::started() {
  if (!harness().running()) harness().start();
  return harness();
}

void Session::startCompanions() {
  for (auto& companion : options_.companions) {
    testing::PluginHarness::Options options{companion.file, options_.isolation, companion.settings};
    auto harness = std::make_unique<testing::PluginHarness>(loop_, broker_, options);
    harness->start();
    broker_.provide(companion.kind, companion.name, harness->anyService());
    companions_.push_back(std::move(harness));
  }
}

capnp::Capability::Client anySubject() {
  return session().started().anyService();
}

void killSubject() {
  session().started().kill();
}

void restartSubject() {
  killSubject();
  session().started();
}

void stopAndStartSubject() {
  session().started().stop();
  session().started();
}

testing::PluginHarness& harness() {
  return session().started();
}
testing::Isolation isolation() {
  return currentRun->options.isolation;
}
testing::FakeBroker& broker() {
  return session().broker();
}
Loop& loop() {
  return currentRun->loop;
}

int runSuite(const RunOptions& options, const std::string& filter) {
  ::testing::InitGoogleTest();
  auto suite = suiteOf(options.kind);
  if (!knownSuite(suite)) {
    fail(ErrorCode::NOT_FOUND,
         "there is no conformance suite for plug-ins of kind " + options.kind);
  }
  ::testing::GTEST_FLAG(filter) = qualified(suite, filter);
  ::testing::UnitTest::GetInstance()->listeners().Append(new EndSession);
  Run run{options, {}, nullptr};
  currentRun = &run;
  int result = RUN_ALL_TESTS();
  currentRun = nullptr;
  return result;
}

}  // namespace stave::conformance
