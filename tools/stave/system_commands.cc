// Rows for the platform itself: version, system, events, plug-ins.
#include <stave/error.h>
#include <stave/schema/objects/system.capnp.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "inspect.h"
#include "output.h"
#include "prune.h"
#include "session.h"
#include "table.h"
#include "template.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

Json infoJson(Session& session) {
  auto reply = session.wait(session.client().kernel.infoRequest().send());
  auto info = reply.getInfo();
  Json files = Json::array();
  for (auto file : info.getConfig()) files.push_back(file.cStr());
  return {{"Version", info.getVersion().cStr()},   {"Pid", info.getPid()},
          {"Started", isoTime(info.getStarted())}, {"Revision", info.getRevision()},
          {"Node", info.getNode().cStr()},         {"Root", info.getRoot().cStr()},
          {"Run", info.getRun().cStr()},           {"Config", files}};
}

// The command's own version is told without a daemon.
Action version(Flags& flags) {
  auto format = std::make_shared<std::string>();
  auto client = std::make_shared<bool>(false);
  flags.text("-f,--format", *format, "A template, or json", "format");
  flags.toggle("--client", *client, "Only this command's; no daemon is asked");
  return [format, client](Session& session, const Words&) {
    Json all{{"Client", {{"Version", STAVE_VERSION}}}};
    int code = 0;
    if (!*client) {
      KJ_IF_MAYBE (exception,
                   kj::runCatchingExceptions([&]() { all["Server"] = infoJson(session); })) {
        complain(textOf(*exception));
        code = 1;
      }
    }
    if (*format == "json") {
      print(all.dump() + "\n");
    } else if (!format->empty()) {
      print(Template(*format).render(all) + "\n");
    } else {
      print("Client: " STAVE_VERSION "\n");
      if (all.contains("Server"))
        print("Server: " + all["Server"]["Version"].get<std::string>() + "\n");
    }
    return code;
  };
}

Action info(Flags& flags) {
  auto format = std::make_shared<std::string>();
  flags.text("-f,--format", *format, "A template, or json", "format");
  return [format](Session& session, const Words&) {
    auto all = infoJson(session);
    if (*format == "json") {
      print(all.dump() + "\n");
    } else if (!format->empty()) {
      print(Template(*format).render(all) + "\n");
    } else {
      std::vector<std::vector<std::string>> rows;
      for (auto& [key, value] : all.items()) {
        rows.push_back({key + ":", value.is_string() ? value.get<std::string>() : value.dump()});
      }
      print(alignColumns(rows));
    }
    return 0;
  };
}

Json usageRow(const char* type, schema::DiskUsage::Part::Reader part) {
  auto share = part.getBytes() == 0 ? 0 : part.getReclaimable() * 100 / part.getBytes();
  return {{"Type", type},
          {"TotalCount", part.getCount()},
          {"Active", part.getActive()},
          {"Size", humanBytes(double(part.getBytes()))},
          {"Reclaimable",
           humanBytes(double(part.getReclaimable())) + " (" + std::to_string(share) + "%)"}};
}

Action diskUsage(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  flags.text("--format", style->format, "A template, \"table TEMPLATE\" or json", "format");
  return [style](Session& session, const Words&) {
    auto reply = session.wait(session.client().engine().diskUsageRequest().send());
    auto usage = reply.getUsage();
    std::vector<Json> rows{
        usageRow("Images", usage.getImages()), usageRow("Containers", usage.getContainers()),
        usageRow("Local Volumes", usage.getVolumes()), usageRow("Content", usage.getContent()),
        usageRow("Logs", usage.getLogs())};
    print(renderListing(rows,
                        {{"TYPE", "Type"},
                         {"TOTAL", "TotalCount"},
                         {"ACTIVE", "Active"},
                         {"SIZE", "Size"},
                         {"RECLAIMABLE", "Reclaimable"}},
                        "Type", *style));
    return 0;
  };
}

Action pruneAll(Flags& flags) {
  auto all = std::make_shared<bool>(false);
  auto volumes = std::make_shared<bool>(false);
  flags.toggle("-a,--all", *all, "All unused images, not only those without a name");
  flags.toggle("--volumes", *volumes, "Anonymous volumes too");
  return makePrune(flags, [all, volumes](schema::PruneWhat::Builder what) {
    what.setPods(true);
    what.setNetworks(true);
    what.setImages(true);
    what.setAllImages(*all);
    what.setVolumes(*volumes);
    what.setContent(true);
  });
}

Action pruneContainers(Flags& flags) {
  return makePrune(flags, [](schema::PruneWhat::Builder what) { what.setPods(true); });
}

Action pruneImages(Flags& flags) {
  auto all = std::make_shared<bool>(false);
  flags.toggle("-a,--all", *all, "All unused images, not only those without a name");
  return makePrune(flags, [all](schema::PruneWhat::Builder what) {
    what.setImages(true);
    what.setAllImages(*all);
    what.setContent(true);
  });
}

Action reload(Flags&) {
  return [](Session& session, const Words&) {
    auto reply = session.wait(session.client().kernel.reloadRequest().send());
    for (auto name : reply.getApplied()) print("applied: " + std::string(name.cStr()) + "\n");
    for (auto name : reply.getRestart())
      print("needs a restart: " + std::string(name.cStr()) + "\n");
    return 0;
  };
}

class EventPrinter final : public schema::EventSink::Server {
 public:
  explicit EventPrinter(bool json) : json_(json) {}

  kj::Promise<void> event(EventContext context) override {
    for (auto event : context.getParams().getEvents()) {
      if (event.getLost() > 0) complain(std::to_string(event.getLost()) + " events were lost");
      show(event);
    }
    return kj::READY_NOW;
  }

 private:
  void show(schema::BusEvent::Reader event) {
    Json attributes = Json::object();
    for (auto pair : event.getAttributes())
      attributes[pair.getKey().cStr()] = pair.getValue().cStr();
    if (json_) {
      Json line{{"topic", event.getTopic().cStr()},
                {"time", isoTime(event.getTime())},
                {"source", event.getSource().cStr()},
                {"attributes", attributes}};
      print(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
      return;
    }
    std::string text = isoTime(event.getTime()) + " " + event.getTopic().cStr();
    for (auto pair : event.getAttributes()) {
      text += std::string(" ") + pair.getKey().cStr() + "=" + pair.getValue().cStr();
    }
    print(text + "\n");
  }

  bool json_;
};

Action events(Flags& flags) {
  auto json = std::make_shared<bool>(false);
  auto format = std::make_shared<std::string>();
  flags.toggle("--json", *json, "One JSON object a line");
  flags.text("--format", *format, "json", "format");
  return [json, format](Session& session, const Words& words) {
    if (!format->empty() && *format != "json") failFlag("--format", *format, "want json");
    auto request = session.client().events.subscribeRequest();
    request.setPrefix(words.empty() ? "" : words[0].c_str());
    request.setSink(kj::heap<EventPrinter>(*json || *format == "json"));
    auto subscription = session.wait(request.send());
    session.wait(kj::Promise<void>(kj::NEVER_DONE));
    return 0;
  };
}

Action listPlugins(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  declareListing(flags, *style);
  return [style](Session& session, const Words&) {
    static constexpr const char* states[] = {"starting", "loaded",     "skipped",
                                             "failed",   "restarting", "stopped"};
    std::vector<Json> rows;
    for (auto& plugin : session.list("Plugin")) {
      auto status = plugin.status<schema::PluginStatus>();
      auto spec = plugin.spec<schema::PluginSpec>();
      bool isInline = spec.getIsolation() == schema::PluginSpec::Isolation::INLINE;
      rows.push_back({{"Name", plugin.name()},
                      {"Kind", status.getKind().cStr()},
                      {"Version", status.getVersion().cStr()},
                      {"State", states[int(status.getState())]},
                      {"Isolation", isInline ? "inline" : "process"},
                      {"Pid", status.getPid()},
                      {"Restarts", status.getRestarts()},
                      {"Memory", humanBinaryBytes(double(status.getMemory()))},
                      {"Summary", status.getReason().size() > 0 ? status.getReason().cStr()
                                                                : status.getSummary().cStr()}});
    }
    print(renderListing(rows,
                        {{"NAME", "Name"},
                         {"KIND", "Kind"},
                         {"VERSION", "Version"},
                         {"STATE", "State"},
                         {"ISOLATION", "Isolation"},
                         {"PID", "Pid"},
                         {"SUMMARY", "Summary"}},
                        "Name", *style));
    return 0;
  };
}

Action restartPlugin(Flags&) {
  return [](Session& session, const Words& words) {
    auto plugins = session.client().kernel.pluginsRequest().send().getPlugins();
    return forEach(words, [&](const std::string& word) {
      auto request = plugins.restartRequest();
      request.setName(word);
      session.wait(request.send().ignoreResult());
      print(word + "\n");
    });
  };
}

Action swapPlugin(Flags&) {
  return [](Session& session, const Words& words) {
    auto request = session.client().kernel.pluginsRequest().send().getPlugins().swapRequest();
    request.setName(words[0]);
    request.setFile(std::filesystem::absolute(words[1]).lexically_normal().string());
    session.wait(request.send().ignoreResult());
    print(words[0] + "\n");
    return 0;
  };
}

Action pluginMetrics(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  declareListing(flags, *style);
  return [style](Session& session, const Words& words) {
    auto request = session.client().kernel.pluginsRequest().send().getPlugins().metricsRequest();
    request.setName(words[0]);
    auto reply = session.wait(request.send());
    std::vector<Json> rows;
    for (auto metric : reply.getCalls()) {
      auto calls = metric.getCalls();
      rows.push_back({{"Method", metric.getMethod().cStr()},
                      {"Calls", calls},
                      {"Failures", metric.getFailures()},
                      {"MeanMicros", calls == 0 ? 0 : metric.getTotalMicros() / calls},
                      {"MaxMicros", metric.getMaxMicros()}});
    }
    print(renderListing(rows,
                        {{"METHOD", "Method"},
                         {"CALLS", "Calls"},
                         {"FAILURES", "Failures"},
                         {"MEAN US", "MeanMicros"},
                         {"MAX US", "MaxMicros"}},
                        "Method", *style));
    return 0;
  };
}

Action inspectPlugin(Flags& flags) {
  return makeInspectOf(flags, "Plugin");
}

}  // namespace

std::vector<Command> systemCommands() {
  constexpr auto nothing = Completes::nothing;
  constexpr auto plugins = Completes::plugins;
  return {
      {"version", "[OPTIONS]", "Show the versions of command and daemon", "stave version --client",
       0, 0, nothing, false, 1, &version},
      {"events", "[OPTIONS] [PREFIX]", "Show what happens while it happens",
       "stave events --json image/", 0, 1, nothing, false, 1, &events},
      {"info", "[OPTIONS]", "Show what the daemon is", "stave info", 0, 0, nothing, false, 1,
       &info},
      {"system info", "[OPTIONS]", "Show what the daemon is", "stave system info", 0, 0, nothing,
       false, 1, &info},
      {"system df", "[OPTIONS]", "Show what takes disk space", "stave system df", 0, 0, nothing,
       false, 1, &diskUsage},
      {"system prune", "[OPTIONS]", "Remove all that nothing uses", "stave system prune -af", 0, 0,
       nothing, false, 1, &pruneAll},
      {"system reload", "", "Read the configuration again", "stave system reload", 0, 0, nothing,
       false, 1, &reload},
      {"container prune", "[OPTIONS]", "Remove stopped containers", "stave container prune -f", 0,
       0, nothing, false, 1, &pruneContainers},
      {"image prune", "[OPTIONS]", "Remove unused images", "stave image prune -af", 0, 0, nothing,
       false, 1, &pruneImages},
      {"plugin ls", "[OPTIONS]", "List the plug-ins of the stack", "stave plugin ls", 0, 0, nothing,
       false, 1, &listPlugins},
      {"plugin inspect", "[OPTIONS] NAME [NAME...]", "Show all about plug-ins",
       "stave plugin inspect overlay", 1, anyNumber, plugins, false, 1, &inspectPlugin},
      {"plugin restart", "NAME [NAME...]", "Start plug-ins anew", "stave plugin restart node", 1,
       anyNumber, plugins, false, 1, &restartPlugin},
      {"plugin swap", "NAME FILE", "Replace a running plug-in by another file",
       "stave plugin swap overlay ./storage-overlay.so", 2, 2, plugins, false, 1, &swapPlugin},
      {"plugin metrics", "[OPTIONS] NAME", "Show what callers asked of a plug-in",
       "stave plugin metrics node", 1, 1, plugins, false, 1, &pluginMetrics},
  };
}

}  // namespace stave::cli
