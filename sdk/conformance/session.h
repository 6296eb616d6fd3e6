#pragma once

#include <stave/conformance/subject.h>

#include <memory>
#include <string>
#include <vector>

namespace stave::conformance {

/// One run of the suite of one kind against one plug-in.
struct RunOptions {
  struct Companion {
    std::string kind;
    std::string name;
    std::string file;
    std::string settings = "{}";
  };

  std::string kind;
  std::string file;
  std::string settings = "{}";
  testing::Isolation isolation = testing::Isolation::process;
  std::vector<Companion> companions;  ///< real plug-ins that the broker provides
};

/// The plug-in of the test that runs, with its broker and companions.
class Session {
 public:
  Session(Loop& loop, const RunOptions& options);

  testing::PluginHarness& harness();
  testing::PluginHarness& started();
  testing::FakeBroker& broker() { return broker_; }

 private:
  void startCompanions();

  Loop& loop_;
  const RunOptions& options_;
  testing::FakeBroker broker_;
  std::vector<std::unique_ptr<testing::PluginHarness>> companions_;
  std::unique_ptr<testing::PluginHarness> harness_;  // ends before what it depends on
};

/// Runs those tests of `options.kind` whose names match `filter`; the result is the exit code.
int runSuite(const RunOptions& options, const std::string& filter);

}  // namespace stave::conformance
