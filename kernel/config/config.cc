#include "kernel/config/config.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "stave/error.h"
#include "stave/json.h"
#include "stave/name.h"
#include "stave/os/file.h"
#include "stave/settings.h"

namespace stave::config {

namespace {

constexpr const char* systemFile = "/etc/stave/stave.toml";

const std::vector<std::string> ownTables = {"daemon", "endpoint", "plugins", "stack"};

using Values = std::vector<const Value*>;

/// Values as the settings of a struct, `skip` leading parts of their keys left out.
kj::Own<capnp::MallocMessageBuilder> settingsOf(const Values& values, size_t skip) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto list = message->initRoot<schema::PluginHost::CheckParams>().initSettings(values.size());
  for (size_t i = 0; i < values.size(); i++) {
    auto& value = *values[i];
    auto key = list[i].initKey(value.key.size() - skip);
    for (size_t part = skip; part < value.key.size(); part++) key.set(part - skip, value.key[part]);
    list[i].setJson(value.json);
    list[i].setFile(value.file);
    list[i].setLine(value.line);
  }
  return message;
}

template <typename Struct>
void bindTable(const Values& values, size_t skip, typename Struct::Builder target) {
  auto message = settingsOf(values, skip);
  bindSettings(message->getRoot<schema::PluginHost::CheckParams>().getSettings(),
               capnp::DynamicStruct::Builder(target));
}

std::vector<std::string> textsOf(capnp::List<capnp::Text>::Reader list) {
  std::vector<std::string> texts;
  for (auto text : list) texts.emplace_back(text.cStr());
  return texts;
}

struct StackEntry {
  std::string kind, name, place;
};

class Interpreter {
 public:
  Interpreter(const Source& source, std::string executableDirectory)
      : source_(source), executableDirectory_(std::move(executableDirectory)) {}

  Config run() {
    readStack();
    refuseUnknownTables();
    bindOwn();
    Config config;
    config.message = message_;
    config.files = source_.files;
    for (auto* value : ownValues()) config.own.push_back(*value);
    for (auto& entry : stack_) config.plugins.push_back(pluginFor(entry));
    for (auto& plugin : config.plugins) checkFallback(plugin);
    return config;
  }

 private:
  void readStack() {
    for (auto& value : source_.values) {
      if (value.key[0] != "stack") continue;
      if (value.key.size() != 2)
        refuse(value, "the stack names plug-ins by kind: storage = \"overlay\"");
      auto names = nlohmann::json::parse(value.json);
      if (names.is_string()) names = nlohmann::json::array({names});
      if (!names.is_array()) refuse(value, "expected a plug-in's name or a list of names");
      for (auto& name : names) {
        if (!name.is_string()) refuse(value, "expected a plug-in's name or a list of names");
        addToStack(value, name.get<std::string>());
      }
    }
    if (stack_.empty()) {
      auto file = source_.files.empty() ? "configuration" : source_.files.back();
      fail(ErrorCode::INVALID, file + ": there is no [stack]: no plug-in is named");
    }
    requireOneStore();
  }

  void addToStack(const Value& value, const std::string& name) {
    // Both become parts of file names.
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   fileName("a kind", value.key[1]);
                   fileName("a plug-in", name);
                 })) {
      refuse(value, textOf(*exception));
    }
    for (auto& entry : stack_) {
      if (entry.kind == value.key[1] && entry.name == name)
        refuse(value, "\"" + name + "\" is there twice");
    }
    stack_.push_back({value.key[1], name, value.place()});
  }

  void requireOneStore() {
    std::vector<std::string> places;
    for (auto& entry : stack_) {
      if (entry.kind == "store") places.push_back(entry.place);
    }
    if (places.size() == 1) return;
    fail(ErrorCode::INVALID,
         (places.empty() ? stack_.front().place : places.back()) +
             ": [stack] must name exactly one store: the kernel keeps its objects there");
  }

  /// Tables for kinds that the stack does not use are allowed (a shared file may describe more than
  /// one stack uses), but their names must be kinds that exist.
  void refuseUnknownTables() {
    std::set<std::string> known(ownTables.begin(), ownTables.end());
    for (auto kind : {"store", "content", "engine", "runtime", "storage", "network", "registry",
                      "builder", "scheduler", "controller", "api", "volume", "logging"}) {
      known.insert(kind);
    }
    for (auto& entry : stack_) known.insert(entry.kind);
    for (auto& value : source_.values) {
      if (!known.contains(value.key[0])) {
        auto nearest = nearestName(value.key[0], {known.begin(), known.end()});
        refuse(value, "unknown table or key" + hint(nearest));
      }
      bool ownTable = std::count(ownTables.begin(), ownTables.end(), value.key[0]) > 0;
      if (!ownTable && value.key.size() < 3 && value.json != "{}") {
        refuse(value, "a plug-in's table is called [" + value.key[0] + ".NAME]");
      }
    }
  }

  Values ownValues() const {
    Values values;
    for (auto& value : source_.values) {
      bool own =
          value.key[0] == "daemon" || value.key[0] == "endpoint" || value.key[0] == "plugins";
      if (own) values.push_back(&value);
    }
    return values;
  }

  void bindOwn() {
    auto values = ownValues();
    auto root = message_->initRoot<schema::Configuration>();
    bindTable<schema::Configuration>(values, 0, root);
    auto plugins = root.getPlugins();
    if (plugins.getDirectory().size() == 0) {
      plugins.setDirectory(
          firstExisting({executableDirectory_ + "/../lib/stave",
                         executableDirectory_ + "/../lib/x86_64-linux-gnu/stave"}));
    }
    if (plugins.getHost().size() == 0) {
      plugins.setHost(firstExisting({executableDirectory_ + "/stave-host",
                                     executableDirectory_ + "/../libexec/stave/stave-host"}));
    }
  }

  PluginConfig pluginFor(const StackEntry& entry) {
    Values table, settings;
    for (auto& value : source_.values) {
      if (value.key.size() < 3 || value.key[0] != entry.kind || value.key[1] != entry.name)
        continue;
      (value.key[2] == "settings" ? settings : table).push_back(&value);
    }
    capnp::MallocMessageBuilder message;
    auto bound = message.initRoot<schema::PluginTable>();
    bindTable<schema::PluginTable>(table, 2, bound);
    PluginConfig plugin;
    plugin.kind = entry.kind;
    plugin.name = entry.name;
    plugin.place = entry.place;
    plugin.file = fileOf(entry, bound.getFile().cStr());
    plugin.filePlace = filePlaceOf(entry, table);
    plugin.isolation = isolationOf(bound.getIsolation());
    plugin.policy = bound.getPolicy();
    plugin.fallback = bound.getFallback().cStr();
    plugin.grants = textsOf(bound.getGrants());
    plugin.capabilities = textsOf(bound.getCapabilities());
    plugin.deadlineMs = bound.getDeadline();
    plugin.network = bound.getNetwork();
    for (auto* value : settings) {
      if (value->key.size() < 4 && value->json == "{}") continue;
      auto own = *value;
      own.key.erase(own.key.begin(), own.key.begin() + 3);
      plugin.settings.push_back(std::move(own));
    }
    return plugin;
  }

  std::string fileOf(const StackEntry& entry, std::string file) {
    auto directory =
        std::string(message_->getRoot<schema::Configuration>().getPlugins().getDirectory().cStr());
    if (file.empty()) file = entry.kind + "-" + entry.name + ".so";
    return file.starts_with('/') ? file : directory + "/" + file;
  }

  static std::string filePlaceOf(const StackEntry& entry, const Values& table) {
    for (auto* value : table) {
      if (value->key[2] == "file") return value->place() + ": " + value->dottedKey();
    }
    return entry.place + ": stack." + entry.kind;
  }

  schema::PluginSpec::Isolation isolationOf(schema::PluginTable::IsolationChoice choice) {
    switch (choice) {
      case schema::PluginTable::IsolationChoice::PROCESS:
        return schema::PluginSpec::Isolation::PROCESS;
      case schema::PluginTable::IsolationChoice::INLINE:
        return schema::PluginSpec::Isolation::INLINE;
      default:
        return message_->getRoot<schema::Configuration>().getPlugins().getIsolation();
    }
  }

  void checkFallback(const PluginConfig& plugin) {
    if (plugin.policy != schema::PluginSpec::Policy::FALLBACK) return;
    for (auto& entry : stack_) {
      if (entry.kind == plugin.kind && entry.name == plugin.fallback && entry.name != plugin.name)
        return;
    }
    fail(ErrorCode::INVALID, placeIn(plugin) + ": [" + plugin.kind + "." + plugin.name +
                                 "]: fallback = \"" + plugin.fallback +
                                 "\" is not another plug-in of that kind in the stack");
  }

  /// Where the fallback of a plug-in is named, or else its policy.
  std::string placeIn(const PluginConfig& plugin) const {
    std::string place = plugin.place;
    for (auto& value : source_.values) {
      bool own =
          value.key.size() == 3 && value.key[0] == plugin.kind && value.key[1] == plugin.name;
      if (own && value.key[2] == "fallback") return value.place();
      if (own && value.key[2] == "policy") place = value.place();
    }
    return place;
  }

  static std::string firstExisting(const std::vector<std::string>& paths) {
    for (auto& path : paths) {
      if (os::exists(path)) return path;
    }
    return paths[0];
  }

  static std::string hint(const std::string& nearest) {
    return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
  }

  [[noreturn]] static void refuse(const Value& value, const std::string& why) {
    fail(ErrorCode::INVALID, value.place() + ": " + value.dottedKey() + ": " + why);
  }

  const Source& source_;
  std::string executableDirectory_;
  std::shared_ptr<capnp::MallocMessageBuilder> message_ =
      std::make_shared<capnp::MallocMessageBuilder>();
  std::vector<StackEntry> stack_;
};

}  // namespace

void PluginConfig::fillSettings(capnp::List<schema::Setting>::Builder list) const {
  for (size_t i = 0; i < settings.size(); i++) {
    auto key = list[i].initKey(settings[i].key.size());
    for (size_t part = 0; part < settings[i].key.size(); part++)
      key.set(part, settings[i].key[part]);
    list[i].setJson(settings[i].json);
    list[i].setFile(settings[i].file);
    list[i].setLine(settings[i].line);
  }
}

bool PluginConfig::sameHost(const PluginConfig& other) const {
  return file == other.file && isolation == other.isolation && policy == other.policy &&
         fallback == other.fallback && capabilities == other.capabilities &&
         network == other.network && deadlineMs == other.deadlineMs;
}

bool PluginConfig::sameSettings(const PluginConfig& other) const {
  auto same = [](const Value& a, const Value& b) { return a.key == b.key && a.json == b.json; };
  return std::equal(settings.begin(), settings.end(), other.settings.begin(), other.settings.end(),
                    same);
}

schema::Configuration::Reader Config::main() const {
  return message->getRoot<schema::Configuration>().asReader();
}

std::string Config::socketPath() const {
  auto configured = main().getEndpoint().getSocket();
  if (configured.size() > 0) return configured.cStr();
  return std::string(main().getDaemon().getRun().cStr()) + "/stave.sock";
}

Config interpret(const Source& source, const std::string& executableDirectory) {
  return Interpreter(source, executableDirectory).run();
}

std::vector<std::string> differencesOutsidePlugins(const Config& before, const Config& after) {
  std::map<std::vector<std::string>, const Value*> old;
  for (auto& value : before.own) old.emplace(value.key, &value);
  std::vector<std::string> differences;
  for (auto& value : after.own) {
    auto found = old.find(value.key);
    bool same = found != old.end() && found->second->json == value.json;
    if (!same) differences.push_back(value.place() + ": " + value.dottedKey());
    if (found != old.end()) old.erase(found);
  }
  for (auto& [key, value] : old)
    differences.push_back(value->place() + ": " + value->dottedKey() + " is gone");
  return differences;
}

Config load(const std::string& path) {
  auto self = os::selfPath();
  auto directory = self.substr(0, self.rfind('/'));
  if (!path.empty()) return interpret(readToml(path), directory);
  if (os::exists(systemFile)) return interpret(readToml(systemFile), directory);
  return interpret(parseToml(defaultConfig(), "default configuration"), directory);
}

}  // namespace stave::config
