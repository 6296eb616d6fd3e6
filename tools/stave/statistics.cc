#include "statistics.h"

#include <stave/error.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "output.h"
#include "session.h"
#include "table.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

struct StatisticsFlags {
  bool all = false, once = false, full = false;
  ListingStyle style;
};

struct Sample {
  std::string name, id;
  schema::Engine::Client engine = nullptr;
  uint64_t cpu = 0, system = 0;  // of the last look
};

std::string percent(double value) {
  char text[32];
  ::snprintf(text, sizeof(text), "%.2f%%", value);
  return text;
}

Json rowOf(Sample& sample, schema::Engine::StatisticsResults::Reader reply) {
  auto now = reply.getStatistics();
  uint64_t received = 0, sent = 0;
  for (auto use : reply.getNetworks()) {
    received += use.getStatistics().getReceivedBytes();
    sent += use.getStatistics().getSentBytes();
  }
  double cpu = 0;
  bool comparable = sample.system != 0 && now.getSystemCpuNanos() > sample.system;
  if (comparable) {
    cpu = double(now.getCpuNanos() - sample.cpu) / double(now.getSystemCpuNanos() - sample.system) *
          100.0 * now.getOnlineCpus();
  }
  sample.cpu = now.getCpuNanos();
  sample.system = now.getSystemCpuNanos();
  auto limit = double(now.getMemoryLimit());
  return {{"ID", sample.id},
          {"Container", sample.id},
          {"Name", sample.name},
          {"CPUPerc", percent(cpu)},
          {"MemUsage",
           humanBinaryBytes(double(now.getMemoryUsage())) + " / " + humanBinaryBytes(limit)},
          {"MemPerc", percent(limit > 0 ? double(now.getMemoryUsage()) / limit * 100 : 0)},
          {"NetIO", humanBytes(double(received)) + " / " + humanBytes(double(sent))},
          {"BlockIO", humanBytes(double(now.getReadBytes())) + " / " +
                          humanBytes(double(now.getWriteBytes()))},
          {"PIDs", now.getPids()}};
}

std::vector<Sample> samplesOf(Session& session, const StatisticsFlags& options,
                              const Words& words) {
  std::vector<ObjectCopy> pods;
  for (auto& word : words) pods.push_back(session.findPod(word));
  if (words.empty()) pods = session.list("Pod");
  std::vector<Sample> samples;
  for (auto& pod : pods) {
    auto phase = pod.status<schema::PodStatus>().getPhase();
    bool runs =
        phase == schema::PodStatus::Phase::RUNNING || phase == schema::PodStatus::Phase::PAUSED;
    if (!runs && words.empty() && !options.all) continue;
    auto id = options.full ? pod.uid() : pod.uid().substr(0, 12);
    samples.push_back({engineName(pod), id, session.client().engine()});
  }
  return samples;
}

/// All samples at once, then their rows; what has ended meanwhile has none.
std::vector<Json> look(Session& session, std::vector<Sample>& samples) {
  using Reply = capnp::Response<schema::Engine::StatisticsResults>;
  std::vector<kj::Promise<Reply>> replies;
  for (auto& sample : samples) {
    auto request = sample.engine.statisticsRequest();
    request.setPod(sample.name);
    replies.push_back(request.send());
  }
  std::vector<Json> rows;
  for (size_t i = 0; i < samples.size(); ++i) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   auto reply = session.wait(kj::mv(replies[i]));
                   rows.push_back(rowOf(samples[i], reply));
                 })) {
      bool ended =
          codeOf(*exception) == ErrorCode::CONFLICT || codeOf(*exception) == ErrorCode::NOT_FOUND;
      if (!ended) kj::throwFatalException(kj::mv(*exception));
    }
  }
  return rows;
}

void show(const std::vector<Json>& rows, const StatisticsFlags& options) {
  print(renderListing(rows,
                      {{"CONTAINER ID", "ID"},
                       {"NAME", "Name"},
                       {"CPU %", "CPUPerc"},
                       {"MEM USAGE / LIMIT", "MemUsage"},
                       {"MEM %", "MemPerc"},
                       {"NET I/O", "NetIO"},
                       {"BLOCK I/O", "BlockIO"},
                       {"PIDS", "PIDs"}},
                      "ID", options.style));
}

int showStatistics(Session& session, const StatisticsFlags& options, const Words& words) {
  auto samples = samplesOf(session, options, words);
  look(session, samples);  // a share of the processor needs two looks
  auto& timer = session.io().provider->getTimer();
  for (bool first = true;; first = false) {
    session.wait(timer.afterDelay((first ? 200 : 1000) * kj::MILLISECONDS));
    if (words.empty() && !first) {
      auto fresh = samplesOf(session, options, words);
      for (auto& sample : fresh) {
        for (auto& known : samples) {
          if (known.id == sample.id) sample.cpu = known.cpu, sample.system = known.system;
        }
      }
      samples = kj::mv(fresh);
    }
    auto rows = look(session, samples);
    if (!options.once && outputIsTerminal() && !options.style.json) print("\033[H\033[2J");
    show(rows, options);
    if (options.once) return 0;
  }
}

}  // namespace

Action makeStatistics(Flags& flags) {
  auto options = std::make_shared<StatisticsFlags>();
  flags.toggle("-a,--all", options->all, "Also those that do not run");
  flags.toggle("--no-stream", options->once, "Look once");
  flags.toggle("--no-trunc", options->full, "Shorten nothing");
  flags.text("--format", options->style.format, "A template, \"table TEMPLATE\" or json", "format");
  flags.toggle("--json", options->style.json, "One JSON object a line");
  return [options](Session& session, const Words& words) {
    return showStatistics(session, *options, words);
  };
}

}  // namespace stave::cli
