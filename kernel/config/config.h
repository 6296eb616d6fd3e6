#pragma once

#include <capnp/message.h>
#include <config/config.capnp.h>
#include <stave/schema/plugin.capnp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/config/toml_source.h"

/// From TOML to typed configuration. Strict: every key must be known to somebody.
namespace stave::config {

struct PluginConfig {
  std::string kind, name, file;
  schema::PluginSpec::Isolation isolation;
  schema::PluginSpec::Policy policy;
  std::string fallback;
  std::vector<std::string> grants, capabilities;
  uint64_t deadlineMs;
  bool network;
  std::vector<Value> settings;  ///< keys below [KIND.NAME.settings]
  std::string place;            ///< where the stack names it
  std::string filePlace;        ///< what leads to the file: "stave.toml:3: stack.volume"

  std::string fullName() const { return kind + "/" + name; }
  void fillSettings(capnp::List<schema::Setting>::Builder list) const;
  bool sameHost(const PluginConfig& other) const;  ///< all but settings and grants
  bool sameSettings(const PluginConfig& other) const;
};

struct Config {
  std::vector<PluginConfig>
      plugins;  ///< of one kind in the stack's order: the first is the default
  std::vector<std::string> files;
  std::vector<Value> own;  ///< what was written in [daemon], [endpoint] and [plugins]

  schema::Configuration::Reader main() const;
  std::string socketPath() const;

  std::shared_ptr<capnp::MallocMessageBuilder> message;
};

/// Checks a source and fills in defaults. `executableDirectory`: of the running daemon, for the
/// places that are beside it. Fails [invalid] with file, line, key and the nearest known key.
Config interpret(const Source& source, const std::string& executableDirectory);

/// Where [daemon], [endpoint] or [plugins] differ: "file:line: daemon.root". None of it is taken
/// live.
std::vector<std::string> differencesOutsidePlugins(const Config& before, const Config& after);

/// The text of the stack that is used when there is no file; equals config/single.toml.
std::string_view defaultConfig();

/// The configuration at `path`; an empty path takes /etc/stave/stave.toml, or else the default
/// stack.
Config load(const std::string& path);

}  // namespace stave::config
