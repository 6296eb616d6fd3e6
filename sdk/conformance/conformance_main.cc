// stave-conformance KIND PLUGIN.so: whether a plug-in keeps the promises of its kind's contract.
#include <stave/error.h>
#include <CLI/CLI.hpp>
#include <cstdio>

#include "session.h"

namespace stave::conformance {

namespace {

constexpr const char* companionForm = "KIND/NAME=PLUGIN.so[:JSON]";

/// "content/local=/path/content-local.so:{...}"
RunOptions::Companion parseCompanion(const std::string& text) {
  auto slash = text.find('/');
  auto equals = text.find('=');
  if (equals == std::string::npos || slash > equals) {
    fail(ErrorCode::INVALID, "--with " + text + ": expected " + companionForm);
  }
  RunOptions::Companion companion;
  companion.kind = text.substr(0, slash);
  companion.name = text.substr(slash + 1, equals - slash - 1);
  auto settings = text.find(":{", equals);
  companion.file = text.substr(equals + 1, settings - equals - 1);
  if (settings != std::string::npos) companion.settings = text.substr(settings + 1);
  return companion;
}

int parseAndRun(int argc, char** argv) {
  CLI::App app{"Checks a plug-in against the contract of its kind.", "stave-conformance"};
  RunOptions options;
  std::string isolation = "process", filter = "*";
  std::vector<std::string> companions;
  app.add_option("KIND", options.kind, "kind of the plug-in: store, content, storage...")
      ->required();
  app.add_option("PLUGIN", options.file, "its shared object")->required()->check(CLI::ExistingFile);
  app.add_option("--isolation", isolation, "where the plug-in runs")
      ->check(CLI::IsMember({"process", "inline"}))
      ->capture_default_str();
  app.add_option("--settings", options.settings, "its settings, a JSON object");
  app.add_option("--with", companions, std::string("a plug-in that it needs: ") + companionForm);
  app.add_option("--filter", filter, "only the tests of the suite that match this pattern");
  CLI11_PARSE(app, argc, argv);
  if (isolation == "inline") options.isolation = testing::Isolation::inlined;
  for (auto& text : companions) options.companions.push_back(parseCompanion(text));
  return runSuite(options, filter);
}

}  // namespace

}  // namespace stave::conformance

int main(int argc, char** argv) {
  int result = 1;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { result = stave::conformance::parseAndRun(argc, argv); })) {
    fprintf(stderr, "stave-conformance: %s\n", stave::textOf(*exception).c_str());
  }
  return result;
}
