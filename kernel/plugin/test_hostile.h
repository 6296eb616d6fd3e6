#pragma once

#include <gtest/gtest.h>
#include <stave/loop.h>
#include <stave/schema/volume.capnp.h>

#include <string>

#include "kernel/config/config.h"

namespace stave::plugin {

/// A stack whose one volume driver misbehaves as it is told (tests/plugins/hostile). `more` goes
/// into its table, `settings` into that of its settings.
inline config::Config hostileStack(const std::string& behaviour, const std::string& more = "",
                                   const std::string& settings = "") {
  auto text = std::string("[plugins]\nhost = \"") + STAVE_TEST_HOST +
              "\"\nstartDeadline = 1500\npingInterval = 100\npingDeadline = 300\ndirectory = \"" +
              STAVE_TEST_PLUGINS + "\"\n[stack]\nstore = \"unused\"\nvolume = \"hostile\"\n" +
              "[volume.hostile.settings]\nbehaviour = \"" + behaviour + "\"\n" + settings +
              "[volume.hostile]\ndeadline = 1000\n" + more;
  return config::interpret(config::parseToml(text, "test.toml"), STAVE_TEST_BIN);
}

inline config::PluginConfig hostilePlugin(const std::string& behaviour,
                                          const std::string& more = "",
                                          const std::string& settings = "") {
  for (auto& plugin : hostileStack(behaviour, more, settings).plugins) {
    if (plugin.kind == "volume") return plugin;
  }
  throw std::runtime_error("the stack has no volume driver");
}

}  // namespace stave::plugin
