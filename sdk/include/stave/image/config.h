#pragma once

#include <stave/image/platform.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The image configuration: OCI image specification, "image configuration", with Docker's
/// additions.
namespace stave::image {

struct Healthcheck {
  std::vector<std::string>
      test;              ///< {"NONE"}, {"CMD", ...}, {"CMD-SHELL", "..."}; empty: inherited
  int64_t interval = 0;  ///< nanoseconds, as all of these; 0: the default
  int64_t timeout = 0;
  int64_t startPeriod = 0;
  int64_t startInterval = 0;
  int64_t retries = 0;
};

/// How a container of the image runs unless told otherwise.
struct RunConfig {
  std::string user;
  std::vector<std::string> environment;  ///< NAME=value
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::string workingDirectory;
  std::vector<std::string> exposedPorts;  ///< "80/tcp"
  std::vector<std::string> volumes;       ///< paths
  std::map<std::string, std::string> labels;
  std::string stopSignal;
  int64_t stopTimeout = 0;         ///< seconds; 0: not said
  std::vector<std::string> shell;  ///< of RUN in the shell form
  std::vector<std::string> onBuild;
  std::optional<Healthcheck> healthcheck;
};

struct History {
  std::string created;  ///< RFC 3339
  std::string createdBy;
  std::string author;
  std::string comment;
  bool emptyLayer = false;
};

struct ImageConfig {
  Platform platform;
  std::string created;  ///< RFC 3339; empty: not said
  std::string author;
  RunConfig run;
  std::vector<std::string> diffIds;  ///< digests of the uncompressed layers, lowest first
  std::vector<History> history;
};

/// Fails [invalid] naming the member that is wrong. `what` is named in errors.
ImageConfig parseConfig(std::string_view bytes, std::string_view what);

std::string write(const ImageConfig& config);

/// Chain ids of a stack of layers: how storage knows each (OCI image specification, "layer
/// ChainID").
std::vector<std::string> chainIds(const std::vector<std::string>& diffIds);

}  // namespace stave::image
