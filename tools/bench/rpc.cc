// What a call costs: a plug-in in this process, in a stave-host, and the daemon behind its socket.
//
// usage: bench-rpc PLUGIN.so ENDPOINT
//
// The ways take turns, round by round, and all rounds are printed as JSON: micros of one call after
// the other, and of each of many calls that are under way at once.
#include <fmt/format.h>
#include <kj/function.h>
#include <kj/vector.h>
#include <stave/client.h>
#include <stave/schema/storage.capnp.h>
#include <stave/task.h>
#include <stave/testing/plugin_harness.h>
#include <stdio.h>

#include <chrono>
#include <string>
#include <vector>

namespace stave::bench {
namespace {

constexpr int rounds = 30;
constexpr int atOnce = 64;

using Call = kj::Function<kj::Promise<void>()>;

struct Way {
  std::string name;
  int calls;  ///< in each round and style, so that a round takes a few milliseconds
  Call call;
  std::vector<double> single = {};
  std::vector<double> many = {};
};

Task<> callInTurn(Call& call, int count) {
  for (int i = 0; i < count; i++) co_await call();
}

kj::Promise<void> callAtOnce(Call& call, int count) {
  kj::Vector<kj::Promise<void>> lanes;
  for (int i = 0; i < atOnce; i++) lanes.add(callInTurn(call, count / atOnce));
  return kj::joinPromises(lanes.releaseAsArray());
}

/// Microseconds per call.
double timed(Loop& loop, int count, kj::Function<kj::Promise<void>()> work) {
  auto begin = std::chrono::steady_clock::now();
  loop.wait(work());
  std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / count;
}

void runRound(Loop& loop, Way& way, bool counted) {
  int grouped = way.calls / atOnce * atOnce;
  double single = timed(loop, way.calls,
                        [&]() -> kj::Promise<void> { return callInTurn(way.call, way.calls); });
  double many = timed(loop, grouped, [&]() { return callAtOnce(way.call, grouped); });
  if (!counted) return;
  way.single.push_back(single);
  way.many.push_back(many);
}

void printResults(const std::vector<Way>& ways) {
  fmt::print("{{");
  const char* separator = "";
  for (auto& way : ways) {
    fmt::print("{}\"{}\": {{\"single\": [{:.3f}], \"many\": [{:.3f}]}}", separator, way.name,
               fmt::join(way.single, ", "), fmt::join(way.many, ", "));
    separator = ", ";
  }
  fmt::print("}}\n");
}

Call hasLayer(schema::Storage::Client storage) {
  return [storage]() mutable {
    auto request = storage.hasLayerRequest();
    request.setChainId("sha256:0000000000000000000000000000000000000000000000000000000000000000");
    return request.send().ignoreResult();
  };
}

int measure(const std::string& plugin, const std::string& endpoint) {
  Loop loop;
  testing::FakeBroker broker;
  testing::PluginHarness within(
      loop, broker, {.file = plugin, .isolation = testing::Isolation::inlined, .name = "inline"});
  testing::PluginHarness apart(
      loop, broker, {.file = plugin, .isolation = testing::Isolation::process, .name = "process"});
  within.start();
  apart.start();
  Connection connection(loop.port(), connectToKernel(endpoint), true, nullptr);
  Client client(connection.peer().castAs<schema::Kernel>());
  std::vector<Way> ways;
  ways.push_back({"inline", 6400, hasLayer(within.service<schema::Storage>())});
  ways.push_back({"process", 640, hasLayer(apart.service<schema::Storage>())});
  ways.push_back({"daemon", 640, [kernel = client.kernel]() mutable {
                    return kernel.infoRequest().send().ignoreResult();
                  }});
  ways.push_back({"through", 320, hasLayer(client.service<schema::Storage>("storage"))});
  for (int round = -1; round < rounds; round++) {
    for (auto& way : ways) runRound(loop, way, round >= 0);  // the first one warms up
  }
  printResults(ways);
  return 0;
}

}  // namespace
}  // namespace stave::bench

int main(int count, char** words) {
  if (count != 3) {
    fprintf(stderr, "usage: bench-rpc PLUGIN.so ENDPOINT\n");
    return 2;
  }
  int code = 1;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { code = stave::bench::measure(words[1], words[2]); })) {
    fprintf(stderr, "bench-rpc: %s\n", kj::str(*exception).cStr());
  }
  return code;
}
